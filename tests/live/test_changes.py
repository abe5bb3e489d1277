"""What changes in a live session: the microphone, its language, an engine that is gone; and what a client is told that waits."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from AvatarChatbot.drawer import Drawer
from AvatarChatbot.live import microphone
from AvatarChatbot.live.messages import ChangeAvatar, ChangeEngine, ChangeLanguage, ChangeMicrophone, Text
from comps.cores.errors import Overloaded, RelayedProblem, UnknownEngine
from comps.cores.proto.avatar import VideoProfile
from comps.listening.heard import Endpoint, Onset, Voice
from tests.live import toy
from tests.live.test_places import _Animation, _of
from tests.live.toy import Recogniser, told
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]

GONE = RelayedProblem({**UnknownEngine("there are: warp", field="engine").document()}, node="animation")


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


async def test_a_microphone_that_is_allowed_later_joins_in_with_its_own_rate(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await live.receive(Text(type="text", text="Who are you?"))
        await anyio.sleep(5)
        await live.receive(ChangeMicrophone(type="microphone", rate=48_000))
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
        live.hear(bytes(1920))
        await anyio.sleep(1)
        assert live._microphone._format.rate == 48_000
        assert services.toy_ears.opened == ["pcm16", "pcm16"]
        assert told(live, "transcript")[-1]["turn"] == 2


async def test_sound_of_the_microphone_before_is_not_taken_for_that_of_the_next(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.is_listening = anyio.Event()
        live.hear(b"\1\0" * 320)
        await anyio.sleep(0.1)
        live.hear(b"\2\0" * 320)
        await live.receive(ChangeMicrophone(type="microphone", format="webm"))
        live.hear(b"\x1aE\xdf\xa3 webm")
        services.toy_ears.is_listening.set()
        await anyio.sleep(0.1)
        assert services.toy_ears.sounds == [b"\1\0" * 320, b"\x1aE\xdf\xa3 webm"]
        assert services.toy_ears.opened == ["pcm16", "webm"]


async def test_whoever_was_speaking_into_the_microphone_before_has_finished(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who are you")]]
        live.hear(bytes(640))
        await anyio.sleep(0.1)
        await live.receive(ChangeMicrophone(type="microphone"))
        await anyio.sleep(1)
        assert recogniser.sound == b"who are you"
        assert told(live, "transcript")
        assert not live._microphone.is_speaking


async def test_the_language_of_the_next_utterance(recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str | None] = []

    @asynccontextmanager
    async def utterance(_: str, language: str | None, *args: Any) -> Any:
        spoken.append(language)
        async with recogniser.utterance() as made:
            yield made

    monkeypatch.setattr(microphone, "utterance", utterance)
    services = toy.ToyServices()
    async with toy.session(services, language="en") as live:
        for language in ("de", None):
            await live.receive(ChangeLanguage(type="language", language=language))
            services.toy_ears.heard = [[Onset(0.0), Voice(b"wer"), Endpoint(0.5)]]
            live.hear(bytes(640))
            await anyio.sleep(1)
    assert spoken == ["de", None]


class _Vanishing(toy.ToyServices):
    """Its engine can be gone."""

    is_gone = False

    async def drawer(self, profile: VideoProfile) -> Drawer:
        if self.is_gone and profile.engine == "hearing":
            raise GONE
        return await super().drawer(profile)


async def test_where_the_engine_is_gone_before_a_turn_another_one_draws_it() -> None:
    services = _Vanishing(live_idle_s=10)
    async with toy.session(services, engine="hearing") as live:
        await anyio.sleep(15)  # the place was given back
        services.is_gone = True
        places: Any = services.places
        place = places.place

        @asynccontextmanager
        async def taken(profile: VideoProfile, *rest: Any) -> Any:
            if profile.engine == "hearing":
                raise GONE
            async with place(profile, *rest) as given:
                yield given

        places.place = taken
        await live.receive(Text(type="text", text="Who are you?"))
        await anyio.sleep(5)
        assert [done["turn"] for done in told(live, "done")] == [1]
        (changed,) = told(live, "engine")
        assert (changed["engine"], changed["problem"]["code"]) == ("toy", "unknown_engine")
        assert {drawn.profile.engine for drawn in services.megaservice.drawn} == {"toy"}
        assert not any(drawn.pcm for drawn in services.megaservice.drawn)


async def test_where_the_engine_goes_in_a_turn_another_one_draws_the_next() -> None:
    services = _Vanishing()
    async with toy.session(services, engine="hearing") as live:
        services.is_gone, services.megaservice.failure = True, GONE
        await live.receive(Text(type="text", text="Who are you?"))
        await anyio.sleep(5)
        assert [failed["turn"] for failed in told(live, "error")] == [1]
        assert [changed["engine"] for changed in told(live, "engine")] == ["toy"]
        services.megaservice.failure = None
        await live.receive(Text(type="text", text="And now?"))
        await anyio.sleep(5)
        assert [done["turn"] for done in told(live, "done")] == [2]


async def test_a_change_says_what_it_waits_for() -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await live.receive(ChangeAvatar(type="avatar", avatar="mei"))
        assert [message["step"] for message in told(live, "preparing")] == ["face", "motion", "done"]
        with pytest.raises(RelayedProblem):
            await live.receive(ChangeEngine(type="engine", engine="sadtalker"))
        assert [message["step"] for message in told(live, "preparing")][3:] == ["motion", "done"]


async def test_what_could_not_be_drawn_if_all_were_free_names_the_engine() -> None:
    for capacity, field in ((9.0, "engine"), (100.0, None)):
        with pytest.raises(Overloaded) as refused:
            async with _of(_Animation(9.0, capacity=capacity)).place(VideoProfile()):
                pass
        assert refused.value.document().get("field") == field
