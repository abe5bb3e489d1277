"""Live conversations: speech in, one endless video out; interruptions, breaks, limits."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from anyio import to_thread
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from AvatarChatbot.client import LiveClient, live
from AvatarChatbot.live.framing import Frame
from benchmarks.word_errors import word_errors
from comps.media.audio import decode_audio
from tests.asr.flite import say
from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.video import decode
from tests.live_player import LivePlayer, playing
from tests.media.browser import buffered_in_chromium

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

PATH = "/v1/avatarchatbot"


def _speech(text: str, folder: Path, voice: str = "rms") -> bytes:
    return decode_audio(say(text, voice, folder), rate=16_000).samples.astype("<i2").tobytes()


async def _asked(player: LivePlayer, text: str) -> int:
    """A typed question; the number of its turn once its answer can be seen."""
    since = anyio.current_time()
    await player.client.send("text", text=text)
    turn = int((await player.until(lambda: player.event("transcript", since)))["turn"])
    await player.until(lambda: player.first_voice(turn))
    return turn


def _contiguous(player: LivePlayer) -> list[tuple[float, float]]:
    """Gaps and overlaps of the media, but for those that an interruption announced."""
    resumed = [event["resume_s"] for _, event in player.events if event["type"] == "interrupted"]
    media = [frame for _, frame in player.arrived if frame.kind == "media"]
    ends = [(a.pts_s + a.duration_s, b.pts_s) for a, b in itertools.pairwise(media)]
    return [(end, start) for end, start in ends if abs(end - start) > 1e-4 and min(abs(start - r) for r in [*resumed, -1]) > 1e-3]


async def test_idle_answer_idle_is_one_video_that_a_browser_plays(mesh: Mesh) -> None:
    async with playing(mesh.url, avatar="aria") as player:
        await player.until(lambda: len(player.arrived) > 8)
        await _asked(player, "Who are you?")
        done = await player.until(lambda: player.event("done"))
        await player.until(lambda: player.arrived[-1][1].turn == 0 and player.arrived[-1][1].pts_s > player.position_s())
        ready, speaking = player.event("ready"), player.event("speaking")
        captions = [event for _, event in player.events if event["type"] == "caption"]
    assert ready is not None
    assert speaking is not None
    assert _contiguous(player) == []
    frames = [frame for _, frame in player.arrived]
    assert [turn for turn, _ in itertools.groupby(frame.turn for frame in frames)] == [0, 1, 0]
    assert all(frame.duration_s <= 0.2401 for frame in frames)
    assert " ".join(caption["text"] for caption in captions) == done["reply"]
    assert captions[0]["start_s"] == pytest.approx(speaking["media_s"])
    decoded = decode(b"".join(frame.data for frame in frames))
    assert decoded.codecs == ("h264", "aac")
    played = buffered_in_chromium([frame.data for frame in frames], ready["content_type"])
    assert played["error"] is None
    assert len(played["buffered"]) == 1
    assert played["buffered"][0][1] == pytest.approx(frames[-1].pts_s + frames[-1].duration_s, abs=0.1)


async def test_a_spoken_question_is_answered_and_a_voice_interrupts(mesh: Mesh, tmp_path: Path) -> None:
    async with playing(mesh.url, avatar="aria", persona={"name": "Ann", "likes": ["Ann loves long walks by the sea."]}) as player:
        await anyio.sleep(0.5)
        player.speak(_speech("what is your name", tmp_path))
        transcript = await player.until(lambda: player.event("transcript"))
        assert word_errors("what is your name", transcript["text"]) == 0
        await player.until(lambda: player.first_voice(1))
        assert [event["state"] for _, event in player.events if event["type"] == "listening"][:2] == ["started", "paused"]
        await player.until(lambda: player.event("done"))
        turn = await _asked(player, "What do you like?")
        await anyio.sleep(1.2)
        since = anyio.current_time()
        player.speak(_speech("wait a moment please", tmp_path))
        interrupted = await player.until(lambda: player.event("interrupted", since))
        at = next(when for when, event in player.events if event is interrupted)
        assert interrupted["turn"] == turn
        await anyio.sleep(1.0)
        assert not [frame for when, frame in player.arrived if when > at and frame.turn == turn]
        conversation = (player.event("ready") or {})["conversation_id"]
    assert _contiguous(player) == []
    async with httpx.AsyncClient(base_url=mesh.url, trust_env=False) as client:
        turns = (await client.get(f"{PATH}/conversations/{conversation}")).json()["turns"]
    assert [kept["status"] for kept in turns[:2]] == ["done", "cut"]
    assert turns[1]["reply"] == interrupted["heard"]
    assert len(interrupted["heard"]) < len("I love long walks by the sea. ")


async def test_echo_cough_and_hum_do_not_interrupt(mesh: Mesh) -> None:
    """The avatar's own sound comes back into the microphone, with a hum and a cough over it."""
    rng = np.random.default_rng(1)
    async with playing(mesh.url, avatar="aria") as player:
        await _asked(player, "Who are you?")
        time = np.arange(3 * 16_000) / 16_000
        hum = 400 * sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 6))
        cough = np.zeros(len(time))
        cough[16_000:19_200] = rng.normal(0, 5000, 3200) * np.linspace(1, 0.2, 3200)
        player.speak((hum + cough).astype("<i2").tobytes())
        await player.until(lambda: player.event("done"), 30)
    assert player.event("interrupted") is None


async def test_voice_and_avatar_change_on_the_same_socket(mesh: Mesh) -> None:
    async with playing(mesh.url, avatar="aria") as player:
        before = player.event("ready")
        await player.client.send("avatar", avatar="mei")
        await player.client.send("voice", voice="an old sailor")
        await player.client.send("ping", id=7)
        assert (await player.until(lambda: player.event("pong")))["id"] == 7
        await _asked(player, "What is your name?")
        done = await player.until(lambda: player.event("done"))
        assert "Mei" in done["reply"]
        await player.client.send("voice", voice="x" * 501)
        problem = (await player.until(lambda: player.event("error")))["problem"]
        assert (problem["status"], problem["code"]) == (422, "invalid_request")
        await _asked(player, "Hello!")
    assert before is not None
    assert _contiguous(player) == []


async def test_a_broken_connection_is_resumed_without_loss(mesh: Mesh) -> None:
    got: list[Frame] = []
    turns: list[dict[str, Any]] = []

    async def collect(client: LiveClient, enough: Any) -> None:
        async for message in client:
            if isinstance(message, Frame):
                got.append(message)
            else:
                turns.append(message)
            if enough(message):
                return

    url = mesh.url.replace("http", "ws") + PATH
    with anyio.fail_after(60):
        async with live(url, avatar="aria") as client:
            await collect(client, lambda m: isinstance(m, Frame) and m.kind == "media")
            await client.send("text", text="Who are you?")
            await collect(client, lambda m: isinstance(m, Frame) and m.turn == 1)
            session, sequence = client.session, client.sequence
            client.connection.transport.abort()
        await anyio.sleep(0.5)
        async with live(url, resume={"session": session, "sequence": sequence}) as client:
            await collect(client, lambda m: isinstance(m, dict) and m["type"] == "done")
            await client.send("stop")
    # What a busy machine says before a session is there is none of its messages.
    turns = [m for m in turns if m["type"] != "preparing"]
    numbers = [m.sequence for m in got] + [m["sequence"] for m in turns]
    assert sorted(numbers) == list(range(1, max(numbers) + 1)), "nothing is missing, nothing comes twice"
    media = [frame for frame in got if frame.kind == "media"]
    assert all(abs(a.pts_s + a.duration_s - b.pts_s) < 1e-4 for a, b in itertools.pairwise(media))
    assert [m["type"] for m in turns].count("ready") == 2
    async with connect(url, proxy=None) as socket:
        await socket.send(json.dumps({"type": "start", "resume": {"session": session, "sequence": 1}}))
        assert json.loads(await socket.recv())["problem"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": "text", "text": "Hello"}', "invalid_request"),
        ("not JSON", "invalid_request"),
        ('{"type": "start", "avatar": "nobody"}', "invalid_request"),
        ('{"type": "start", "conversation_id": "0123456789abcdef"}', "not_found"),
        ('{"type": "start", "profile": {"size": 100}}', "invalid_request"),
    ],
)
async def test_a_bad_start_is_explained(mesh: Mesh, message: str, code: str) -> None:
    async with connect(mesh.url.replace("http", "ws") + PATH, proxy=None) as socket:
        await socket.send(message)
        assert json.loads(await socket.recv())["problem"]["code"] == code
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_pages_of_other_origins_are_refused(mesh: Mesh) -> None:
    url = mesh.url.replace("http", "ws") + PATH
    with pytest.raises(InvalidStatus) as caught:
        await connect(url, proxy=None, origin="http://elsewhere.example")  # type: ignore[arg-type]
    assert caught.value.response.status_code == 403
    async with connect(url, proxy=None, origin=mesh.url):  # type: ignore[arg-type]
        pass


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh that asks for a key, and whose places the test takes."""
    mesh = Mesh(tmp_path_factory.mktemp("small"), AVATARCHATBOT_API_KEY="secret", MESH_TOKEN="ours")
    try:
        mesh.wait_until_ready()
        yield mesh
    finally:
        mesh.stop()


@asynccontextmanager
async def _all_places_taken(mesh: Mesh) -> AsyncIterator[None]:
    headers = {"Authorization": "Bearer ours"}
    async with httpx.AsyncClient(base_url=mesh.addresses()["animation"], headers=headers, trust_env=False) as animation:
        taken = await animation.post("/v1/animation/reservations", json={"fps": 1000, "at_least": 0, "ttl_s": 60})
        assert taken.status_code == 201, taken.text
        try:
            yield
        finally:
            await animation.delete(f"/v1/animation/reservations/{taken.json()['reservation']}")


async def test_over_capacity_is_said_and_closed_with_1013_and_the_others_go_on(small: Mesh) -> None:
    url = small.url.replace("http", "ws") + PATH
    async with (
        playing(small.url, avatar="aria", key="secret") as first,
        playing(small.url, avatar="mei", key="secret"),
        _all_places_taken(small),
    ):
        async with connect(url, proxy=None) as third:
            await third.send(json.dumps({"type": "start", "avatar": "aria", "key": "secret"}))
            refused = json.loads(await third.recv())
            assert (refused["type"], refused["problem"]["status"]) == ("error", 429)
            with pytest.raises(ConnectionClosed) as closed:
                await third.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
        async with httpx.AsyncClient(base_url=small.url, trust_env=False) as client:
            headers = {"Accept": "video/mp4", "X-API-Key": "secret"}
            answer = await client.post(PATH, json={"text": "Hello!"}, headers=headers)
            assert answer.status_code == 429
            assert int(answer.headers["Retry-After"]) >= 1
        await _asked(first, "Hello!")
        await first.until(lambda: first.event("done"))
    assert first.stalls == []
    assert _contiguous(first) == []


async def test_silent_sessions_give_their_places_to_who_asks(small: Mesh) -> None:
    port = free_port()
    idle = {"AVATARCHATBOT_API_KEY": "", "AVATARCHATBOT_LIVE_IDLE_S": "6", "AVATARCHATBOT_PORT": str(port), "MESH_TOKEN": "ours"}
    url = f"http://127.0.0.1:{port}"
    question = {"json": {"text": "Hello!"}, "headers": {"Accept": "video/mp4"}}
    with running("AvatarChatbot.gateway", **small.urls(), **small.storage, **idle):
        await to_thread.run_sync(ready, url)
        async with AsyncExitStack() as stack, httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            first = await stack.enter_async_context(playing(url, avatar="aria"))
            await stack.enter_async_context(playing(url, avatar="aria"))
            async with _all_places_taken(small):
                refused = await client.post(PATH, **question)
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["Retry-After"]) == refused.json()["retry_after"] <= 6
            await first.until(lambda: first.event("resting"), 10)
            await anyio.sleep(0.5)
            headers = {"Authorization": "Bearer ours"}
            load = await client.get(f"{small.addresses()['animation']}/v1/animation/load", headers=headers)
            assert load.json()["reserved_fps"] == 0
            assert (await client.post(PATH, **question)).status_code == 200
            await _asked(first, "Hello!")
            await first.until(lambda: first.event("done"))
    assert _contiguous(first) == []


async def _keep_down(mesh: Mesh, service: str) -> None:
    while True:
        with contextlib.suppress(AssertionError, ProcessLookupError):
            os.kill(mesh.pid_of(service), signal.SIGKILL)
        await anyio.sleep(0.05)


async def test_where_nothing_can_be_drawn_the_still_face_speaks(small: Mesh) -> None:
    """In the answer under way, and in those that begin while it is so."""
    persona = {"name": "Ann", "likes": [f"Ann loves {' and '.join(['long walks by the sea'] * 6)}."]}
    async with playing(small.url, avatar="aria", persona=persona, key="secret") as player:
        await player.until(lambda: len(player.arrived) > 8)
        async with anyio.create_task_group() as tasks:
            for question in ("What do you like?", "Hello!", "Who are you?"):
                turn = await _asked(player, question)
                if turn == 1:
                    # As many pictures are ahead as may be.
                    await anyio.sleep(1)
                    tasks.start_soon(_keep_down, small, "animation")
                done = await player.until(lambda turn=turn: player.event("done", _began(player, turn)), 40)
                assert (done["turn"], done["reply"] != "") == (turn, True)
            tasks.cancel_scope.cancel()
    assert [event["level"] for _, event in player.events if event["type"] == "quality"][-1] == "still"
    assert _contiguous(player) == []


async def test_where_nothing_can_be_spoken_the_answer_is_read(small: Mesh) -> None:
    """And the face lives on; once the voice is back it speaks."""
    await to_thread.run_sync(ready, small.addresses()["animation"])
    async with playing(small.url, avatar="aria", key="secret") as player:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_keep_down, small, "tts")
            await _until_down(small, "tts")
            await _asked(player, "Who are you?")
            done = await player.until(lambda: player.event("done"))
            tasks.cancel_scope.cancel()
        captions = [event for _, event in player.events if event["type"] == "caption"]
        assert " ".join(caption["text"] for caption in captions) == done["reply"]
        assert captions[-1]["end_s"] - captions[0]["start_s"] == pytest.approx(len(done["reply"].split()) * 60 / 170, abs=0.1)
        assert done["engines"]["tts"] == "silence"
        media = [frame.data for _, frame in player.arrived]
        assert np.abs(decode_audio(b"".join(media), rate=24_000).samples).max() < 100
        await to_thread.run_sync(ready, small.addresses()["tts"])
        spoken = await _asked(player, "Hello!")
        done = await player.until(lambda: player.event("done", _began(player, spoken)))
        assert done["engines"]["tts"] == "hibari"
    assert [event["level"] for _, event in player.events if event["type"] == "quality"] == ["text", "full"]
    assert _contiguous(player) == []


async def _until_down(mesh: Mesh, service: str) -> None:
    with anyio.fail_after(20), contextlib.suppress(AssertionError):
        while True:
            mesh.pid_of(service)
            await anyio.sleep(0.05)


def _began(player: LivePlayer, turn: int) -> float:
    return next(at for at, event in player.events if event["type"] == "speaking" and event["turn"] == turn)


async def test_a_key_is_asked_for(small: Mesh) -> None:
    async with httpx.AsyncClient(base_url=small.url, trust_env=False) as client:
        for path in (f"{PATH}/videos", f"{PATH}/avatars", "/v1/list_service", "/openapi.json"):
            assert (await client.get(path)).json()["code"] == "unauthorized"
            assert (await client.get(path, headers={"X-API-Key": "secret"})).status_code == 200
        refused = await client.post(PATH, json={"text": "Hello!"}, headers={"Authorization": "Bearer wrong"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        other = await client.get(f"{PATH}/videos", headers={"X-API-Key": "secret", "Origin": "https://a"})
        assert (other.status_code, other.headers.get("access-control-allow-origin")) == (403, None)
        assert (await client.get("/health/ready")).status_code == 200
    async with connect(small.url.replace("http", "ws") + PATH, proxy=None) as socket:
        await socket.send(json.dumps({"type": "start", "avatar": "aria", "key": "wrong"}))
        assert json.loads(await socket.recv())["problem"]["code"] == "unauthorized"


async def test_the_services_answer_their_own_mesh_alone(small: Mesh, tmp_path: Path) -> None:
    """Those that it is made of, asked past the gateway; the gateway itself is let in, by HTTP and by the recogniser's socket."""
    for service, url in small.addresses().items():
        if service == "gateway":
            continue
        # Other tests kill it.
        await to_thread.run_sync(ready, url)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.get("/openapi.json")).status_code == 401
            assert (await client.get("/openapi.json", headers={"Authorization": "Bearer ours"})).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200
    with pytest.raises(InvalidStatus):
        await connect(small.addresses()["asr"].replace("http", "ws") + "/v1/asr/stream", proxy=None)
    async with playing(small.url, avatar="aria", key="secret") as player:
        player.speak(_speech("what is your name", tmp_path))
        transcript = await player.until(lambda: player.event("transcript"))
        assert word_errors("what is your name", transcript["text"]) == 0
        await player.until(lambda: player.event("done"))


async def test_the_protocol_is_described(mesh: Mesh) -> None:
    async with httpx.AsyncClient(base_url=mesh.url, trust_env=False) as client:
        described = (await client.get(f"{PATH}/asyncapi.json")).json()
    assert described["asyncapi"] == "3.0.0"
    assert {"Start", "Text", "Position", "Interrupted", "microphone", "fragment"} <= described["components"]["messages"].keys()
    text = json.dumps(described)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        node: Any = described
        for name in reference.split("/"):
            node = node[name]
