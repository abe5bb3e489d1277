"""One espeak engine, one hibari engine and one tts service for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from comps import MicroService
from comps.cores.common.settings import TtsSettings
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.hibari import HibariEngine
from comps.tts.service import build
from tests.serving import serving


@pytest.fixture(scope="module")
async def engine(anyio_backend: str) -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(TtsSettings(workers=2))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def hibari(anyio_backend: str) -> AsyncIterator[HibariEngine]:
    if reason := HibariEngine.unavailable(TtsSettings()):
        pytest.skip(reason)
    engine = HibariEngine(TtsSettings(workers=1))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="session")
def service() -> Iterator[MicroService]:
    service = build(TtsSettings(port=0))
    with serving(service):
        yield service
