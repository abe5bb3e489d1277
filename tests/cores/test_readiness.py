"""/health/ready of every service asks every pool of worker processes that the service has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from AvatarChatbot.gateway import AvatarChatbotGateway
from comps import MicroService
from comps.animation import service as animation
from comps.asr import service as asr
from comps.cores.common.settings import (
    AnimationSettings,
    AsrSettings,
    DescribeSettings,
    GatewaySettings,
    LandmarkSettings,
    LlmSettings,
    StorageSettings,
    TtsSettings,
)
from comps.cores.errors import NodeUnavailable
from comps.cores.mega.micro_service import opea_microservices
from comps.cores.workers.pool import WorkerPool
from comps.describe import service as describe
from comps.llms import service as llms
from comps.media.landmarks import Landmarker
from comps.tts import service as tts
from tests.serving import serving

_CHECKPOINT = Path("tests/animation/wav2lip/quarter.safetensors")
Build = Callable[[StorageSettings], MicroService]
_SERVICES: dict[str, tuple[str, Build, set[str]]] = {
    "asr": (asr.NAME, lambda _: asr.build(AsrSettings(port=0, engine="moonshine")), {"MoonshineWorker"}),
    "asr by pocketsphinx": (asr.NAME, lambda _: asr.build(AsrSettings(port=0, engine="pocketsphinx")), {"PocketsphinxWorker"}),
    "llm": (llms.NAME, lambda _: llms.build(LlmSettings(port=0, engine="responder")), {"Responder"}),
    "tts": (
        tts.NAME,
        lambda _: tts.build(TtsSettings(port=0, engine="hibari")),
        {"HibariWorker", "VoiceMatcher", "SpeechEncoder"},
    ),
    "tts by espeak": (
        tts.NAME,
        lambda _: tts.build(TtsSettings(port=0, engine="espeak")),
        {"EspeakWorker", "VoiceMatcher", "SpeechEncoder"},
    ),
    "describe": (
        describe.NAME,
        lambda storage: describe.build(DescribeSettings(port=0, engine="draft", storage=storage)),
        {"DraftWorker", "FaceMeshWorker"},
    ),
    "animation": (
        animation.NAME,
        lambda storage: animation.build(AnimationSettings(port=0, engine="warp", storage=storage)),
        {"WarpWorker", "FaceMeshWorker", "SoundDecoder"},
    ),
    "animation by wav2lip": (
        animation.NAME,
        lambda storage: animation.build(
            AnimationSettings(
                port=0, engine="wav2lip", storage=storage, wav2lip_checkpoint=_CHECKPOINT.resolve(), non_commercial=True
            )
        ),
        {"NetworkWorker", "Wav2LipWorker", "FaceMeshWorker", "SoundDecoder"},
    ),
    "gateway": ("", lambda storage: AvatarChatbotGateway(GatewaySettings(port=0, storage=storage)).service, {"EarWorker"}),
}


@pytest.mark.parametrize("name", _SERVICES)
def test_every_pool_of_a_service_is_asked(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "wav2lip" in name:
        pytest.importorskip("torch")
        pytest.importorskip("safetensors")
    if name.startswith(("describe", "animation")) and (reason := Landmarker.unavailable(LandmarkSettings())):
        pytest.skip(reason)
    registered, build, expected = _SERVICES[name]
    monkeypatch.delitem(opea_microservices, registered, raising=False)
    targets: dict[WorkerPool, str] = {}
    failing: set[str] = set()
    construct = WorkerPool.__init__

    def constructed(pool: WorkerPool, target: str, *args: Any, **kwargs: Any) -> None:
        targets[pool] = target.partition(":")[2]
        construct(pool, target, *args, **kwargs)

    async def start(_: WorkerPool) -> None:
        """No process is needed here."""

    async def ready(pool: WorkerPool) -> None:
        if targets[pool] in failing:
            raise NodeUnavailable("is not ready", node=targets[pool])

    async def call(_: WorkerPool, method: str, *__: Any) -> float:
        """What a network that starts says of its speed."""
        assert method == "seconds"
        return 0.01

    monkeypatch.setattr(WorkerPool, "__init__", constructed)
    monkeypatch.setattr(WorkerPool, "call", call)
    monkeypatch.setattr(WorkerPool, "start", start)
    monkeypatch.setattr(WorkerPool, "ready", ready)
    storage = StorageSettings(blobs=str(tmp_path / "blobs"), database=f"sqlite+aiosqlite:///{tmp_path}/records.db")
    service = build(storage)
    with serving(service):
        url = f"http://127.0.0.1:{service.port}/health/ready"
        assert httpx.get(url, trust_env=False).status_code == 200
        assert set(targets.values()) == expected
        for target in expected:
            failing = {target}
            answer = httpx.get(url, trust_env=False)
            assert (answer.status_code, answer.json()["node"]) == (503, target)
