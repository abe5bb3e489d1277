"""One Moonshine engine and one asr service for all tests of this folder."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from comps import MicroService
from comps.asr.engines.moonshine import MoonshineEngine
from comps.asr.service import build
from comps.cores.common.settings import AsrSettings
from tests.serving import serving


@pytest.fixture(scope="module")
async def engine(anyio_backend: str) -> AsyncIterator[MoonshineEngine]:
    """Skips the test where the model has not been prepared."""
    settings = AsrSettings(max_audio_s=60)
    if reason := MoonshineEngine.unavailable(settings):
        pytest.skip(f"Moonshine cannot run: {reason}")
    engine = MoonshineEngine(settings)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="session")
def service() -> Iterator[MicroService]:
    """Of the best engine that this machine has for English."""
    settings = AsrSettings(port=0)
    engine = "moonshine" if MoonshineEngine.unavailable(settings) is None else "pocketsphinx"
    service = build(AsrSettings(port=0, engine=engine))
    with serving(service):
        yield service


@pytest.fixture
def unused_address() -> str:
    """Nobody listens there."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{closed.getsockname()[1]}"


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Connections are taken there and nothing is ever said."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield f"127.0.0.1:{silent.getsockname()[1]}"
