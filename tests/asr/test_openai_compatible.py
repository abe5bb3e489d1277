"""The engine that forwards to an OpenAI-compatible server; the server is our own service."""

from __future__ import annotations

import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.word_errors import word_errors
from comps import MicroService
from comps.asr.engine import ENGINES, Hints
from comps.asr.engines.faster_whisper import FasterWhisperEngine
from comps.asr.engines.moonshine import MoonshineEngine
from comps.asr.engines.openai_compatible import OpenAICompatibleEngine
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import NodeError, NodeTimeout, NodeUnavailable, NoSpeech, Overloaded, UnsupportedMedia
from comps.cores.proto.avatar import Transcript
from comps.media.audio import wav_bytes
from tests.asr.flite import say

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine(service: MicroService) -> AsyncIterator[OpenAICompatibleEngine]:
    engine = OpenAICompatibleEngine(AsrSettings(endpoint=f"{service.base_url}/v1"))
    await engine.start()
    yield engine
    await engine.stop()


async def test_it_forwards_the_recording(engine: OpenAICompatibleEngine, tmp_path: Path) -> None:
    await engine.ready()
    transcript = await engine.transcribe(say("what is your name", "rms", tmp_path), "english")
    assert word_errors("what is your name", transcript.asr_result) == 0
    assert (transcript.language, transcript.engine) == ("en", "openai_compatible")
    assert transcript.duration_s > 0.5


async def test_the_servers_complaints_are_the_clients(engine: OpenAICompatibleEngine) -> None:
    with pytest.raises(NoSpeech):
        await engine.transcribe(wav_bytes(np.zeros(16_000, np.int16), 16_000), None)
    with pytest.raises(UnsupportedMedia):
        await engine.transcribe(b"no sound", None)


@contextmanager
def _answering(status: int, body: bytes, asked: list[bytes] | None = None) -> Iterator[str]:
    """A server that answers everything alike. ``asked``: what it is sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            if asked is not None:
                asked.append(sent)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"{}", NodeError),
        (401, b"{}", NodeError),
        (404, b"not here", NodeError),
        (429, b"{}", Overloaded),
        (200, b"<html>", NodeError),
        (200, b"[]", NodeError),
        (200, b'{"text": 5}', NodeError),
        (200, b'{"text": " "}', NoSpeech),
    ],
)
async def test_a_server_that_fails(status: int, body: bytes, error: type[Exception]) -> None:
    with _answering(status, body) as endpoint:
        engine = OpenAICompatibleEngine(AsrSettings(endpoint=endpoint))
        await engine.start()
        with pytest.raises(error):
            await engine.transcribe(b"x", None)
        await engine.stop()


async def test_a_server_that_is_not_there_or_too_slow(unused_address: str) -> None:
    engine = OpenAICompatibleEngine(AsrSettings(endpoint=f"http://{unused_address}/v1"))
    await engine.start()
    with pytest.raises(NodeUnavailable):
        await engine.ready()
    await engine.stop()


async def test_a_server_that_never_answers(silent_address: str) -> None:
    engine = OpenAICompatibleEngine(AsrSettings(endpoint=f"http://{silent_address}/v1", timeout_s=0.3))
    await engine.start()
    with pytest.raises(NodeTimeout):
        await engine.transcribe(b"x", None)
    await engine.stop()


def test_auto_takes_the_best_that_can_run() -> None:
    alone = ENGINES.choose("auto", AsrSettings(endpoint="", model=""))
    assert alone.name == ("pocketsphinx" if MoonshineEngine.unavailable(AsrSettings()) else "moonshine")
    assert {"faster_whisper", "openai_compatible"} <= alone.passed_over.keys()
    assert ENGINES.choose("auto", AsrSettings(endpoint="http://127.0.0.1:1/v1")).name == "openai_compatible"
    assert FasterWhisperEngine.unavailable(AsrSettings()) is not None


async def _ask(endpoint: str, **how: Any) -> Transcript:
    engine = OpenAICompatibleEngine(AsrSettings(endpoint=endpoint))
    await engine.start()
    try:
        return await engine.transcribe(b"x", None, **how)
    finally:
        await engine.stop()


async def test_a_transcript_has_a_bound_and_is_text() -> None:
    long = b'{"text": "' + b"word " * 2_000_000 + b'", "duration": 1e400}'
    with _answering(200, long) as url:
        transcript = await _ask(url)
    assert len(transcript.asr_result) <= 20_000
    assert transcript.duration_s == 0
    with _answering(200, b'{"text": "a\\u0000b"}') as url:
        assert (await _ask(url)).asr_result == "ab"
    with _answering(200, b"[" * (17 << 20)) as url, pytest.raises(NodeError, match="too long"):
        await _ask(url)


async def test_hints_go_there_and_times_come_back() -> None:
    asked: list[bytes] = []
    told = (
        b'{"text": "Hi Mei", "duration": "2.5", "segments": [{"id": 0, "start": 0.1, "end": 0.9, "text": " Hi Mei"}, 3],'
        b'"words": [{"word": "Hi", "start": 0.1, "end": 0.4}, {"word": "Mei", "start": 0.4, "end": 0.9}]}'
    )
    with _answering(200, told, asked) as url:
        timed = await _ask(url, timed=True, hints=Hints("Mei is here.", 0.2))
        plain = await _ask(url)
    assert (timed.words, timed.segments) == ([(0.1, 0.4, "Hi"), (0.4, 0.9, "Mei")], [(0.1, 0.9, "Hi Mei")])
    assert (plain.words, plain.segments) == ([], timed.segments)
    assert b"Mei is here." in asked[0]
    assert b'name="temperature"\r\n\r\n0.2' in asked[0]
    assert asked[0].count(b'name="timestamp_granularities[]"') == 2
    assert not any(name in asked[1] for name in (b"prompt", b"temperature", b"timestamp"))
