"""Which languages each engine says that it understands."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

import httpx
import pytest

from comps import MicroService
from comps.asr.engine import AsrEngine
from comps.asr.engines.faster_whisper import FasterWhisperEngine
from comps.asr.engines.moonshine import MoonshineEngine
from comps.asr.engines.openai_compatible import OpenAICompatibleEngine
from comps.asr.engines.pocketsphinx import PocketsphinxEngine
from comps.cores.common.settings import AsrSettings

pytestmark = pytest.mark.anyio

ENGLISH = {"languages": [{"language": "en", "name": "English"}], "detects": False, "any": False}
WORKER = "comps.asr.engines.faster_whisper_worker"


@pytest.mark.parametrize("engine", [MoonshineEngine, PocketsphinxEngine])
async def test_english_alone(engine: type[AsrEngine]) -> None:
    assert (await engine(AsrSettings()).languages()).model_dump() == ENGLISH


async def test_a_server_does_not_tell() -> None:
    told = await OpenAICompatibleEngine(AsrSettings(endpoint="http://127.0.0.1:9/v1")).languages()
    assert told.model_dump() == {"languages": [], "detects": True, "any": True}


class WhisperModel:
    """In place of faster-whisper's: a model's languages without its weights."""

    def __init__(self, model: str, **_: Any) -> None:
        self.supported_languages = ["en"] if model.endswith(".en") else ["en", "de", "jw"]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """faster-whisper's worker, whether or not the package is here."""
    package = ModuleType("faster_whisper")
    package.WhisperModel = WhisperModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    monkeypatch.delitem(sys.modules, WORKER, raising=False)
    yield importlib.import_module(WORKER).FasterWhisperWorker
    sys.modules.pop(WORKER, None)


@pytest.mark.parametrize(
    ("model", "names", "detects"), [("small", ["English", "German", "Javanese"], True), ("small.en", ["English"], False)]
)
async def test_whispers_languages_are_its_models(
    worker: Any, monkeypatch: pytest.MonkeyPatch, model: str, names: list[str], detects: bool
) -> None:
    engine = FasterWhisperEngine(AsrSettings(model=model))
    asked: list[str] = []

    async def call(method: str, *, timeout: float) -> Any:
        asked.append(method)
        return getattr(worker(model, "cpu", 60.0), method)()

    monkeypatch.setattr(engine._workers, "call", call)
    for _ in range(2):
        told = await engine.languages()
        assert [language.name for language in told.languages] == names
        assert (told.detects, told.any) == (detects, False)
    assert asked == ["languages"]


async def test_the_service_tells(service: MicroService) -> None:
    async with httpx.AsyncClient(base_url=service.base_url, trust_env=False) as client:
        answer = await client.get("/v1/asr/languages")
        document = (await client.get("/openapi.json")).json()
    assert (answer.status_code, answer.json()) == (200, ENGLISH)
    told = document["paths"]["/v1/asr/languages"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/RecognisedLanguages"}
