"""Rates and places of live sessions: what is counted, who gives a place back when, and what those are told who get none."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from AvatarChatbot.capacity import Capacity
from AvatarChatbot.keys import Keys
from AvatarChatbot.live.ending import Ending
from AvatarChatbot.live.messages import ChangeAvatar, ChangeEngine, ChangeVoice, Interrupt, Ping, Position, Text
from AvatarChatbot.live.session import RESUME_S
from AvatarChatbot.rates import AddressRates
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import Overloaded, RelayedProblem, Unauthorized
from comps.cores.proto.avatar import VideoProfile
from comps.listening.heard import Endpoint, Onset, Voice
from tests.live import toy
from tests.live.toy import Recogniser, told
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


def _by_key(rate: float) -> Callable[[], None]:
    keys = Keys(GatewaySettings(api_key="secret", key_rate=rate), anyio.current_time)
    return functools.partial(keys.charge, keys.admit("secret"))


def _by_address(rate: float) -> Callable[[], None]:
    return functools.partial(AddressRates(rate, anyio.current_time).charge, "192.0.2.1")


@pytest.mark.parametrize("rated", [_by_key, _by_address])
async def test_questions_count_against_the_rate(rated: Callable[[float], Callable[[], None]]) -> None:
    services = toy.ToyServices()
    services.megaservice.clauses = [" ".join(["word"] * 20)]
    refused: list[dict[str, Any]] = []
    async with toy.session(services, toy.caller(charge=rated(30))) as live:
        for number in range(100):
            try:
                await live.receive(Text(type="text", text=f"Question {number}?"))
            except Overloaded as problem:
                refused.append(problem.document())
            await anyio.sleep(0.036)
        assert len(services.megaservice.asked) == pytest.approx(31, abs=1)
        assert len(refused) >= 68
        assert {(document["status"], document["code"]) for document in refused} == {(429, "overloaded")}
        assert all(1 <= document["retry_after"] <= 2 for document in refused)
        # What was being answered goes on: a refused question interrupts nothing.
        await anyio.sleep(8)
        (done,) = told(live, "done")
        assert done["turn"] == len(services.megaservice.asked)
        await live.receive(Text(type="text", text="And now?"))
        await anyio.sleep(8)
        assert len(told(live, "done")) == 2


async def test_spoken_questions_and_changes_of_avatar_count_and_cheap_messages_do_not(recogniser: Recogniser) -> None:
    counted: list[float] = []
    services = toy.ToyServices()
    async with toy.session(services, toy.caller(charge=lambda: counted.append(1))) as live:
        await anyio.sleep(0.1)
        for _ in range(50):
            for cheap in (Interrupt(type="interrupt"), Ping(type="ping"), Position(type="position", media_s=0)):
                await live.receive(cheap)
            await live.receive(ChangeVoice(type="voice", voice="an old sailor"))
        assert not counted
        await live.receive(ChangeAvatar(type="avatar", avatar="mei"))
        assert len(counted) == 1
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
        live.hear(bytes(640))
        await anyio.sleep(1)
        assert told(live, "transcript")
        assert len(counted) == 2


async def test_a_spoken_question_too_many_is_told_and_the_session_goes_on(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    async with toy.session(services, toy.caller(charge=_by_key(2))) as live:
        await anyio.sleep(0.1)
        for _ in range(3):
            services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
            live.hear(bytes(640))
            await anyio.sleep(1)
        assert len(told(live, "transcript")) == 1  # the key's rate counted the beginning, too
        (first, second) = told(live, "error")
        assert (first["problem"]["status"], first["problem"]["retry_after"]) == (429, 29)
        assert second["problem"]["status"] == 429
        assert told(live, "partial")[-1]["text"] == ""
        await anyio.sleep(60)
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
        live.hear(bytes(640))
        await anyio.sleep(1)
        assert told(live, "transcript")[-1]["turn"] == 2


async def test_a_key_that_was_withdrawn_asks_no_more() -> None:
    keys = Keys(GatewaySettings(api_key="secret"), anyio.current_time)
    keys.charge("api_key")
    with pytest.raises(Unauthorized):
        keys.charge("ada")


async def test_a_silent_session_gives_its_place_back_and_takes_one_with_the_next_question() -> None:
    services = toy.ToyServices(live_idle_s=120)
    async with toy.session(services) as live:
        assert services.places.taken == 1
        await anyio.sleep(118)
        assert services.places.taken == 1
        await anyio.sleep(5)
        assert services.places.taken == 0
        (resting,) = told(live, "resting")
        assert resting["ends_in_s"] == pytest.approx(1680, abs=3)
        await live.ask("Are you there?")
        await anyio.sleep(5)
        assert services.places.taken == 1
        assert told(live, "done")
        await anyio.sleep(125)
        assert services.places.taken == 0
        assert not live.ended.is_set()


async def test_where_no_place_is_left_the_question_is_refused_and_the_session_goes_on() -> None:
    services = toy.ToyServices(live_idle_s=10)
    services.places.free = 1
    async with toy.session(services) as live:
        await anyio.sleep(15)
        async with services.places.place(VideoProfile()):  # somebody's stream
            await live.ask("Are you there?")
            await anyio.sleep(1)
            (failed,) = told(live, "error")
            assert (failed["turn"], failed["problem"]["status"], failed["problem"]["retry_after"]) == (1, 429, 7)
        await live.ask("And now?")
        await anyio.sleep(5)
        assert [done["turn"] for done in told(live, "done")] == [2]


async def test_whoever_speaks_or_listens_keeps_the_place(recogniser: Recogniser) -> None:
    services = toy.ToyServices(live_idle_s=10)
    services.megaservice.clauses = [" ".join(["word"] * 20)] * 10  # a minute
    async with toy.session(services) as live:
        await anyio.sleep(5)
        await live.ask("Tell me all.")
        for _ in range(60):
            await anyio.sleep(1)
            live.stage.report(live.stage.position_s())
            assert services.places.taken == 1
        await anyio.sleep(5)
        for _ in range(8):
            # Noise that is taken for speech is somebody's, too.
            recogniser.text = ""
            services.toy_ears.heard = [[Onset(0.0), Voice(b"hm"), Endpoint(0.5)]]
            live.hear(bytes(640))
            await anyio.sleep(5)
            assert services.places.taken == 1
        await anyio.sleep(12)
        assert services.places.taken == 0


@pytest.mark.parametrize("speed", [0.0, 0.01])
async def test_an_answer_to_a_player_that_hardly_plays_holds_no_place(speed: float) -> None:
    services = toy.ToyServices(live_idle_s=10)
    services.megaservice.clauses = [" ".join(["word"] * 20)] * 3
    async with toy.session(services) as live:
        await live.ask("Tell me all.")
        for second in range(30):
            await anyio.sleep(1)
            live.stage.report(speed * second)
        assert services.places.taken == 0
        assert told(live, "interrupted")
        assert told(live, "resting")


async def test_a_question_that_comes_as_the_place_is_given_back_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    services = toy.ToyServices(live_idle_s=10)
    services.megaservice.clauses = [" ".join(["word"] * 20)] * 3
    async with toy.session(services) as live:
        await live.ask("Who are you?")
        cut, asked = live.stage.interrupt, []

        async def interrupt() -> float:
            if not asked:
                asked.append(anyio.current_time())
                live._charge()  # as a question does before it waits for the turn to be over
            return await cut()

        monkeypatch.setattr(live.stage, "interrupt", interrupt)
        for _ in range(15):
            await anyio.sleep(1)
            live.stage.report(0.0)
        assert asked
        assert services.places.taken == 1


async def test_a_session_in_which_nothing_happens_for_long_ends() -> None:
    services = toy.ToyServices(live_idle_s=10, live_end_s=60)
    async with toy.session(services) as live:
        with anyio.fail_after(63):
            await live.ended.wait()
        assert live.ending is Ending.IDLE
        assert told(live, "ended")[0] == {
            "sequence": live.outbox.last,
            "type": "ended",
            "reason": "idle",
            "conversation_id": live.conversation_id,
        }
        assert anyio.current_time() >= 60


async def test_a_connection_that_breaks_again_and_again_is_no_sign_of_life() -> None:
    services = toy.ToyServices(live_idle_s=30, live_end_s=100)
    async with toy.sessions(services) as sessions:
        live = await sessions.open(toy.start(), toy.caller())
        with anyio.fail_after(130):
            while not live.ended.is_set():
                number = sessions.connected(live)
                await anyio.sleep(1)
                sessions.disconnected(live, number)
                await anyio.sleep(RESUME_S / 2)
                live.attach(toy.caller())
        assert not len(sessions)


async def test_a_session_keeps_neither_the_picture_that_it_began_with_nor_the_key() -> None:
    asked = toy.start(avatar="x" * (8 << 20), key="secret")
    async with toy.sessions(toy.ToyServices()) as sessions:
        await sessions.open(asked, toy.caller())
        assert (asked.avatar, asked.key) == (None, None)


async def test_a_client_that_says_that_it_leaves_is_not_waited_for() -> None:
    services = toy.ToyServices()
    async with toy.sessions(services) as sessions:
        live = await sessions.open(toy.start(), toy.caller())
        older, newer = sessions.connected(live), sessions.connected(live)
        sessions.disconnected(live, older, is_leaving=True)
        assert not live.ended.is_set(), "another connection has taken over"
        sessions.disconnected(live, newer, is_leaving=True)
        await anyio.sleep(0.1)
        assert services.places.taken == 0
        broken = await sessions.open(toy.start(), toy.caller())
        sessions.disconnected(broken, sessions.connected(broken))
        await anyio.sleep(RESUME_S - 1)
        assert services.places.taken == 1
        await anyio.sleep(2)
        assert services.places.taken == 0


async def test_an_owner_has_so_many_sessions_and_others_have_theirs() -> None:
    services = toy.ToyServices(live_per_owner=2)
    async with toy.sessions(services) as sessions:
        ada = [await sessions.open(toy.start(), toy.caller("ada")) for _ in range(2)]
        with pytest.raises(Overloaded) as refused:
            await sessions.open(toy.start(), toy.caller("ada"))
        assert 1 <= refused.value.document()["retry_after"] <= 60
        await sessions.open(toy.start(), toy.caller("bob"))
        ada[0].stop()
        await anyio.sleep(0.1)
        await sessions.open(toy.start(), toy.caller("ada"))
        assert len(sessions) == 3


async def test_sessions_that_cannot_begin_count_only_meanwhile() -> None:
    services = toy.ToyServices(live_per_owner=2)
    services.places.free = 0
    outcomes: list[str] = []
    async with toy.sessions(services) as sessions:

        async def open() -> None:
            try:
                await sessions.open(toy.start(), toy.caller())
            except Overloaded as problem:
                outcomes.append(problem.detail)

        for _ in range(3):
            await open()
        assert outcomes == ["all places are taken"] * 3
        services.places.free = 10
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(open)
        assert len(sessions) == 2, "those that begin at once count, too"
        assert outcomes[3:] == ["no more than 2 live conversations at once"] * 3


class _Animation:
    """Replicas that have ``free`` frames a second each of ``capacity``, and say of a refusal what they like."""

    def __init__(self, *free: float, capacity: float = 1000.0) -> None:
        self.free = {f"http://{number}": fps for number, fps in enumerate(free)}
        self.had: dict[str, float] = {}
        self.asked: list[dict[str, Any]] = []
        self.capacity = capacity

    async def addresses(self, _: Any) -> list[str]:
        return [*self.free]

    async def call(self, _: Any, asked: Any, *, path: str, address: str, method: str = "POST") -> Any:
        if method in ("DELETE", "POST"):
            self.free[address] += self.had.pop(address, 0.0)
        if method == "POST":
            self.asked.append(asked)
            if not self.free[address]:
                document = {"status": 429, "code": "overloaded", "detail": "no more", "capacity_fps": self.capacity}
                raise RelayedProblem(document, node="animation", headers={"Retry-After": "9"})
            self.had[address] = min(asked["fps"], self.free[address])
            self.free[address] -= self.had[address]
            return {"fps": self.had[address], "cost_ms": 10.0, "capacity_fps": self.capacity}
        return None


def _of(animation: _Animation) -> Capacity:
    return Capacity(SimpleNamespace(megaservice=SimpleNamespace(client=animation), animation=None))  # type: ignore[arg-type]


class _Places(_Animation):
    """A replica that has ``places`` places, each of which is a share."""

    def __init__(self, places: int) -> None:
        super().__init__(0.0)
        self.places = places

    async def call(self, _: Any, asked: Any, *, path: str, address: str, method: str = "POST") -> Any:
        if method == "DELETE":
            self.places += 1
        elif method == "POST":
            self.free[address], self.had = 25.0 * min(self.places, 1), {}
            answer = await super().call(_, asked, path=path, address=address)
            self.places -= 1
            return answer
        return None


def _capacity(free: int) -> Capacity:
    return _of(_Places(free))


async def _told_to_wait(capacity: Capacity) -> int:
    with pytest.raises(Overloaded) as refused:
        async with capacity.place(VideoProfile()):
            pass
    assert refused.value.headers["Retry-After"] == str(refused.value.document()["retry_after"])
    return int(refused.value.document()["retry_after"])


async def test_whoever_is_refused_is_told_when_the_first_place_may_be_free() -> None:
    capacity = _capacity(2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(capacity.place(VideoProfile(), lambda: 37.2))
        await stack.enter_async_context(capacity.place(VideoProfile(), lambda: 300.0))
        assert await _told_to_wait(capacity) == 38
    async with capacity.place(VideoProfile(), lambda: 300.0), capacity.place(VideoProfile(), lambda: -2.0):
        assert await _told_to_wait(capacity) == 1
    async with capacity.place(VideoProfile(), lambda: 300.0), capacity.place(VideoProfile(), lambda: 301.0):
        assert await _told_to_wait(capacity) == 60, "people leave when they like"
    assert await _told_to_wait(_capacity(0)) == 9, "the replica's word, where nothing is known"


async def test_how_long_answers_take_is_measured() -> None:
    capacity = _capacity(1)
    for _ in range(30):
        async with capacity.place(VideoProfile()):
            await anyio.sleep(20)
    async with capacity.place(VideoProfile()):
        await anyio.sleep(5)
        assert await _told_to_wait(capacity) == pytest.approx(15, abs=1)


async def test_rates_of_addresses_know_networks_and_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("AvatarChatbot.rates._REMEMBERED", 3)
    rates = AddressRates(1, anyio.current_time)
    rates.charge("2001:db8::1")
    with pytest.raises(Overloaded):
        rates.charge("2001:db8::2")
    rates.charge("192.0.2.1")
    with pytest.raises(Overloaded):
        rates.charge("::ffff:192.0.2.1")
    for number in range(10):
        rates.charge(f"198.51.100.{number}")
    assert len(rates._left) == 3


async def test_half_of_the_frames_are_drawn_where_the_replicas_could_never_draw_more() -> None:
    slow = _Animation(9.0, 9.0, capacity=9.0)
    profile = VideoProfile(engine="wav2lip", restore="mouth")
    async with _of(slow).place(profile) as place:
        assert (place.step, sum(slow.had.values())) == (2, pytest.approx(12.5))
        assert {(asked["engine"], asked["restore"], asked["size"]) for asked in slow.asked} == {("wav2lip", "mouth", 512)}
    assert slow.free == {"http://0": 9.0, "http://1": 9.0}
    # One of them is enough for half; what the other had given is free again.
    async with _of(one := _Animation(13.0, 9.0, capacity=11.0)).place(profile) as place:
        assert (place.step, one.had) == (2, {"http://0": 12.5})
    # Others have taken what would do.
    with pytest.raises(Overloaded, match="all places are taken"):
        async with _of(_Animation(9.0, capacity=100.0)).place(profile):
            pass
    with pytest.raises(Overloaded, match="cannot be drawn in real time"):
        async with _of(too_slow := _Animation(9.0, capacity=9.0)).place(profile):
            pass
    assert too_slow.free == {"http://0": 9.0}


async def test_a_session_in_such_a_place_draws_half_and_says_so() -> None:
    services = toy.ToyServices()
    services.places.step = 2
    async with toy.session(services) as live:
        await live.receive(Text(type="text", text="Who are you?"))
        await anyio.sleep(20)
        (told_of,) = told(live, "quality")
        assert (told_of["level"], told_of["reason"]) == ("half", "no more can be drawn in real time")
        assert live._ladder.step == 2, "time to spare is no reason to draw more"
        services.places.step = 1
        await live.receive(ChangeEngine(type="engine", engine="toy", restore="mouth"))
        for _ in range(2):
            await live.receive(Text(type="text", text="And now?"))
            await anyio.sleep(20)
        assert live._ladder.step == 1


async def test_another_engine_draws_from_the_next_turn_on_in_a_place_of_its_own() -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await live.receive(Text(type="text", text="Who are you?"))
        await anyio.sleep(5)
        assert {(request.profile.engine, bool(request.pcm)) for request in services.megaservice.drawn} == {("toy", False)}
        with pytest.raises(RelayedProblem) as refused:
            await live.receive(ChangeEngine(type="engine", engine="sadtalker"))
        assert (refused.value.status, refused.value.code) == (422, "unknown_engine")
        await live.receive(ChangeEngine(type="engine", engine="hearing", restore="mouth"))
        services.megaservice.drawn.clear()
        await live.receive(Text(type="text", text="And you?"))
        await anyio.sleep(5)
        profiles = {(drawn.profile.engine, drawn.profile.restore, bool(drawn.pcm)) for drawn in services.megaservice.drawn}
        assert profiles == {("hearing", "mouth", True)}
        assert [profile.engine for profile in services.places.given] == ["toy", "hearing"]
        assert services.places.taken == 1
        assert len(told(live, "done")) == 2


async def test_a_session_with_an_engine_that_is_none_does_not_begin() -> None:
    services = toy.ToyServices()
    async with toy.sessions(services) as sessions:
        with pytest.raises(RelayedProblem) as refused:
            await sessions.open(toy.start(engine="sadtalker"), toy.caller())
        assert refused.value.extra["field"] == "engine"
        assert services.places.given == []
        live = await sessions.open(toy.start(engine="hearing", size=256), toy.caller())
        assert live._start.profile == VideoProfile(size=256, engine="hearing", restore="none")
