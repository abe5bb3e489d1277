"""The socket before clients that make mistakes, and before our own: a real server on loopback, a session without a mesh."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from AvatarChatbot.keys import Keys
from AvatarChatbot.live import preparation
from AvatarChatbot.live.sessions import Sessions
from AvatarChatbot.live.socket import LiveSocket
from AvatarChatbot.rates import AddressRates
from comps.cores.errors import Overloaded
from comps.cores.workers.pool import WorkerPool
from comps.media.audio import decode_audio, encode_audio
from tests.asr.flite import say
from tests.live import toy
from tests.live.toy import Recogniser

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

START = {"type": "start", "profile": {"size": 128}}


class Gateway:
    def __init__(self, url: str, services: toy.ToyServices, sessions: Sessions) -> None:
        self.url = url
        self.services = services
        self.sessions = sessions


@asynccontextmanager
async def gateway(**settings: Any) -> AsyncIterator[Gateway]:
    """The route alone, with toy services."""
    services = toy.ToyServices(**settings)
    async with toy.sessions(services) as sessions:
        app = FastAPI()
        kept = services.settings
        app.add_api_websocket_route("/live", LiveSocket(sessions, Keys(kept), AddressRates(kept.address_rate)).serve)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws_per_message_deflate=False))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await anyio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Gateway(f"ws://127.0.0.1:{port}/live", services, sessions)
        server.should_exit = True
        await serving


@asynccontextmanager
async def connected(url: str, **start: Any) -> AsyncIterator[ClientConnection]:
    async with connect(url, proxy=None, max_size=None) as socket:
        await socket.send(json.dumps({**START, **start}))
        yield socket


async def event(socket: ClientConnection, *types: str) -> dict[str, Any]:
    """The next message of one of the types."""
    with anyio.fail_after(20):
        while True:
            message = await socket.recv()
            if isinstance(message, str) and (parsed := json.loads(message))["type"] in types:
                return dict(parsed)


async def code_of(socket: ClientConnection) -> int | None:
    """How the server closes."""
    with anyio.fail_after(20), contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


#: What must not come into a log.
SAID = "what somebody wrote"
DEEP = "[" * 100_000
#: Message → the field that its problem names.
MISTAKES: list[tuple[str | bytes, str | None]] = [
    ('{"type": "text", "text": "   "}', "text"),
    ('{"type": "text", "text": ""}', "text"),
    ('{"type": "text", "text": "\\u200b\\u200d"}', "text"),
    ('{"type": "text", "text": "\\u0301\\u0308"}', "text"),
    ('{"type": "text", "text": "\\u0007\\u001b"}', "text"),
    ('{"type": "text", "text": "\\u3164\\u2800"}', "text"),
    ('{"type": "text", "text": "a\\u0000b"}', "text"),
    ('{"type": "text", "text": 5}', "text"),
    ('{"type": "text"}', "text"),
    (json.dumps({"type": "text", "text": "x" * 5001}), "text"),
    ('{"type": "text", "text": "\\ud800"}', None),
    ('{"type": "voice", "voice": "\\udfff"}', None),
    ('{"type": "avatar", "avatar": "a", "persona": {"name": "\\ud800"}}', None),
    ('{"type": "shout"}', "type"),
    (json.dumps({"type": "x" * 500_000}), "type"),
    ('{"text": "Hello"}', "type"),
    ('{"type": ["text"]}', "type"),
    ('{"type": null, "text": "Hello"}', "type"),
    ("[]", None),
    ("null", None),
    ("5", None),
    ('"text"', None),
    ("", None),
    ("{", None),
    ("not JSON", None),
    (DEEP, None),
    ('{"type": "text", "text": ' + DEEP, None),
    ('{"type": "avatar", "avatar": "a", "persona": ' + '{"name":' * 5000 + "1" + "}" * 5001, None),
    ('{"type": "ping", "id": ' + "9" * 4000 + "}", "id"),
    ('{"type": "ping", "id": -' + "9" * 5000 + "}", None),
    ('{"type": "ping", "id": 1e400}', "id"),
    ('{"type": "ping", "id": "one"}', "id"),
    ('{"type": "position", "media_s": NaN}', "media_s"),
    ('{"type": "position", "media_s": -1}', "media_s"),
    ('{"type": "position", "media_s": 1e999}', "media_s"),
    (json.dumps(START), "type"),
    (json.dumps({"type": "ping", "id": 1, "more": "x" * (2 << 20)}), None),
    (json.dumps({"type": "avatar", "avatar": "a", "persona": {"provenance": {str(k): 5 for k in range(50_000)}}}), None),
    (bytes(1 << 20), "microphone"),
]


async def test_a_mistake_is_told_and_the_session_lives(caplog: pytest.LogCaptureFixture) -> None:
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        for message, field in MISTAKES:
            await socket.send(message)
            problem = (await event(socket, "error"))["problem"]
            assert 400 <= problem["status"] < 500, (message[:100], problem)
            assert field is None or problem["field"] == field, (message[:100], problem)
            assert len(json.dumps(problem)) < 5000, message[:100]
        await socket.send('{"type": "ping", "id": 7}')
        assert (await event(socket, "pong", "error"))["id"] == 7
        await socket.send('{"type": "text", "text": "?"}')
        assert (await event(socket, "transcript", "error"))["text"] == "?"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "message",
    [
        b"\0" * 10,
        b"",
        "[]",
        DEEP,
        '{"type": "text", "text": "Hello"}',
        json.dumps({**START, "resume": {"session": "0" * 32, "sequence": int("9" * 4000)}}),
        json.dumps({**START, "resume": {"session": "0" * 32, "sequence": -1}}),
        json.dumps({**START, "resume": {"session": "0" * 33, "sequence": 1}}),
        json.dumps({**START, "resume": {"session": "0" * 32, "sequence": 1}}),
        '{"type": "start", "persona": {"name": "\\ud800"}}',
        '{"type": "start", "microphone": {"rate": 1e400}}',
        '{"type": "start", "profile": {"size": 128, "fps": ' + "9" * 4000 + "}}",
    ],
)
async def test_a_mistaken_first_message_is_told_and_the_connection_closed(
    message: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with gateway() as served, connect(served.url, proxy=None) as socket:
        await socket.send(message)
        assert 400 <= (await event(socket, "error"))["problem"]["status"] < 500
        assert await code_of(socket) == 4000
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert not len(served.sessions)


async def test_invalid_utf_8_closes_the_connection_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")  # it says so itself
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        await socket.send(b"\xff\xfe", text=True)
        assert await code_of(socket) == 1007
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_fault_of_ours_in_a_message_is_told_and_logged_and_the_session_lives(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def face(*_: Any) -> Any:
        raise RuntimeError(SAID)

    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        monkeypatch.setattr(served.services, "face", face)
        await socket.send('{"type": "avatar", "avatar": "a"}')
        assert (await event(socket, "error"))["problem"]["status"] == 500
        await socket.send('{"type": "ping", "id": 7}')
        await event(socket, "pong")
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "RuntimeError" in said
    assert "test_socket.py" in said, "the lines of its traceback"
    assert SAID not in said


async def test_a_session_that_fails_is_told_and_logged_and_the_others_live(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway() as served, connected(served.url) as other, connected(served.url) as socket:
        await event(other, "ready")
        await event(socket, "ready")
        broken = list(served.sessions._live.values())[-1]

        async def step() -> None:
            raise RuntimeError(SAID)

        monkeypatch.setattr(broken.stage, "_step", step)
        assert (await event(socket, "error"))["problem"]["status"] == 500
        assert await code_of(socket) == 4000
        await other.send('{"type": "ping", "id": 7}')
        await event(other, "pong")
        assert len(served.sessions) == 1
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "RuntimeError" in said
    assert "stage.py" in said
    assert SAID not in said


async def test_a_session_that_cannot_begin_takes_no_other_with_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway() as served, connected(served.url) as other:
        await event(other, "ready")

        async def face(*_: Any) -> Any:
            raise ValueError(SAID)

        monkeypatch.setattr(served.services, "face", face)
        async with connected(served.url) as socket:
            assert (await event(socket, "error"))["problem"]["status"] == 500
            assert await code_of(socket) == 4000
        await other.send('{"type": "ping", "id": 7}')
        await event(other, "pong")
    assert "ValueError" in caplog.text


async def test_a_fault_of_ours_in_a_connection_is_told_and_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")

        async def send_bytes(*_: Any) -> None:
            raise ValueError(SAID)

        monkeypatch.setattr(WebSocket, "send_bytes", send_bytes)
        assert (await event(socket, "error"))["problem"]["status"] == 500
        assert await code_of(socket) == 4000
    assert "ValueError" in caplog.text


async def test_ten_thousand_messages_wait_for_the_client_that_does_not_read() -> None:
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        (live,) = served.sessions._live.values()
        for number in range(2500):
            await socket.send('{"type": "interrupt"}')
            await socket.send(f'{{"type": "ping", "id": {number}}}')
            await socket.send('{"type": "text", "text": " "}')
            await socket.send(bytes(320))
        assert (await event(socket, "error"))["problem"]["field"] == "text"
        assert len(live.outbox._kept) < 600
        await socket.send('{"type": "ping", "id": 9999}')
        while (await event(socket, "pong"))["id"] != 9999:
            pass


async def test_questions_are_counted_by_the_address_where_no_keys_are_asked_for() -> None:
    async with gateway(address_rate=4) as served, connected(served.url) as socket, connected(served.url) as another:
        await event(another, "ready")
        await event(socket, "ready")
        for number in range(4):
            await (socket, another)[number % 2].send(json.dumps({"type": "text", "text": f"Question {number}?"}))
            await event((socket, another)[number % 2], "transcript" if number < 2 else "error")
        await socket.send('{"type": "text", "text": "Once more?"}')
        problem = (await event(socket, "error"))["problem"]
        assert (problem["status"], problem["code"]) == (429, "overloaded")
        assert 10 < problem["retry_after"] <= 15
        async with connected(served.url) as third:
            assert (await event(third, "error"))["problem"]["retry_after"] <= 15
            assert await code_of(third) == 1013
        await socket.send('{"type": "ping", "id": 7}')
        await event(socket, "pong")


async def test_questions_are_counted_by_the_key() -> None:
    async with gateway(api_key="secret", key_rate=3, address_rate=1) as served, connected(served.url, key="secret") as socket:
        await event(socket, "ready")
        for kind in ("transcript", "transcript", "error"):
            await socket.send('{"type": "text", "text": "Who are you?"}')
            told = await event(socket, "transcript", "error")
            assert told["type"] == kind
        assert told["problem"]["status"] == 429


async def test_whoever_is_refused_a_place_is_told_when_to_come_again() -> None:
    async with gateway() as served:
        served.services.places.free = 1
        async with connected(served.url) as socket:
            await event(socket, "ready")
            async with connected(served.url) as refused:
                assert (await event(refused, "error"))["problem"]["retry_after"] == 7
                assert await code_of(refused) == 1013


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_closed_tab_gives_its_place_back_at_once(code: int) -> None:
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        await socket.close(code)
        with anyio.fail_after(5):
            while served.services.places.taken:
                await anyio.sleep(0.01)


async def test_a_tab_that_is_closed_while_something_is_done_for_it_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as served, connected(served.url) as socket:
        await event(socket, "ready")
        begun = anyio.Event()

        async def face(*_: Any) -> Any:
            begun.set()
            await anyio.sleep(60)

        monkeypatch.setattr(served.services, "face", face)
        await socket.send('{"type": "avatar", "avatar": "a"}')
        await begun.wait()
        await socket.close(1001)
        with anyio.fail_after(5):
            while served.services.places.taken:
                await anyio.sleep(0.01)


@pytest.mark.parametrize("how", ["abort", "3000", "1012"])
async def test_a_connection_that_breaks_is_waited_for(how: str) -> None:
    async with gateway() as served, connected(served.url) as socket:
        ready = await event(socket, "ready")
        if how == "abort":
            socket.transport.abort()
        else:
            await socket.close(int(how))
        await anyio.sleep(0.3)
        assert served.services.places.taken == 1
        async with connected(served.url, resume={"session": ready["session"], "sequence": ready["sequence"]}) as again:
            assert (await event(again, "ready"))["resumed"]
            await again.send('{"type": "stop"}')
            assert await code_of(again) == 1000
        assert served.services.places.taken == 0


async def test_a_session_in_which_nothing_happens_is_closed_with_4001() -> None:
    async with gateway(live_idle_s=0.2, live_end_s=0.6) as served, connected(served.url) as socket:
        conversation = (await event(socket, "ready"))["conversation_id"]
        assert (await event(socket, "resting", "ended"))["type"] == "resting"
        assert (await event(socket, "ended"))["conversation_id"] == conversation
        assert await code_of(socket) == 4001
        async with connected(served.url, conversation_id=conversation) as again:
            assert (await event(again, "ready"))["conversation_id"] == conversation


async def test_a_microphone_whose_bytes_are_bad_is_heard_again_with_a_new_stream(recogniser: Recogniser, tmp_path: Path) -> None:
    """By an ear of its own process; another microphone hears on meanwhile."""
    said = decode_audio(say("what do you like to do in your free time", "rms", tmp_path), rate=16_000).samples
    silence = np.zeros(16_000, np.int16)
    sound = np.concatenate([silence, said, silence])
    stream, raw = encode_audio(sound, 16_000, "opus"), sound.astype("<i2").tobytes()
    async with gateway() as served:
        ears = WorkerPool("comps.listening.ear_worker:EarWorker", node="gateway")
        served.services.ears = ears
        microphone = {"microphone": {"format": "ogg"}}
        async with connected(served.url, **microphone) as socket, connected(served.url) as other:
            await event(socket, "ready")
            await event(other, "ready")
            for garbage in (b"OggS\0\2" + bytes(2000), b"\x1aE\xdf\xa3" + bytes(2000), bytes(100_000)):
                await socket.send(garbage)
            problem = (await event(socket, "error"))["problem"]
            assert (problem["status"], problem["field"]) == (415, "microphone")
            for to, heard in ((other, raw), (socket, stream)):
                for at in range(0, len(heard), 4000):
                    await to.send(heard[at : at + 4000])
                    await anyio.sleep(0.01)
                assert (await event(to, "transcript", "error"))["text"] == recogniser.text
        await ears.stop()


async def test_a_client_is_told_what_is_done_where_its_session_is_long_in_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "TOLD_AFTER_S", 0.01)
    async with gateway() as served:
        face, known = served.services.face, anyio.Event()

        async def learnt(*asked: Any) -> Any:
            await known.wait()
            return await face(*asked)

        monkeypatch.setattr(served.services, "face", learnt)
        async with connected(served.url) as socket:
            first = await event(socket, "preparing", "ready")
            assert (first["type"], first["step"]) == ("preparing", "face")
            assert "sequence" not in first
            known.set()
            assert (await event(socket, "preparing", "ready"))["step"] == "motion"
            assert (await event(socket, "preparing", "ready"))["type"] == "ready"


@pytest.mark.parametrize(("asked", "first"), [({}, "ready"), ({"conversation_id": "0" * 32}, "error")])
async def test_a_session_that_is_there_at_once_begins_with_ready(asked: dict[str, Any], first: str) -> None:
    async with gateway() as served, connected(served.url, **asked) as socket:
        assert json.loads(await socket.recv())["type"] == first


async def test_where_waiting_does_not_help_the_connection_is_closed_for_good() -> None:
    async with gateway() as served:
        places: Any = served.services.places

        @asynccontextmanager
        async def too_slow(*_: Any) -> AsyncIterator[Any]:
            raise Overloaded("this cannot be drawn in real time here", retry_after=1, field="engine")
            yield

        places.place = too_slow
        async with connected(served.url) as socket:
            assert (await event(socket, "error"))["problem"]["field"] == "engine"
            assert await code_of(socket) == 4000
