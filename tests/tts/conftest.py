"""espeak-ng and hibari as engines, and espeak-ng in a tts service, for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from comps import MicroService
from comps.cores.common.settings import TtsSettings
from comps.tts.engine import ENGINES
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.hibari import HibariEngine
from comps.tts.ensemble import Ensemble
from comps.tts.service import build
from tests.serving import serving


@pytest.fixture(scope="module")
async def engine(anyio_backend: str) -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(TtsSettings(workers=2))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def ensemble(anyio_backend: str) -> AsyncIterator[Ensemble]:
    """espeak-ng alone, for what the service does before an engine speaks."""
    settings = TtsSettings(engine="espeak")
    ensemble = Ensemble(ENGINES.create_all(settings.engine, settings), settings)
    await ensemble.start()
    yield ensemble
    await ensemble.stop()


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
    service = build(TtsSettings(port=0, engine="espeak"))
    with serving(service):
        yield service
