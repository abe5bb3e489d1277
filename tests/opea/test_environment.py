"""OPEA's environment: its names of settings, and its wav2lip server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import Request, Response

from comps import MicroService
from comps.animation.service import NAME, build
from comps.cores.common.openai import base_url
from comps.cores.common.settings import AnimationSettings, GatewaySettings, LlmSettings, StorageSettings
from comps.media.audio import wav_bytes
from tests.serving import serving


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not where an ``.env`` file may lie."""
    monkeypatch.chdir(tmp_path)


def test_addresses_are_put_together_and_ours_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    opea = {
        "MEGA_SERVICE_PORT": "8889",
        "WHISPER_SERVER_HOST_IP": "10.0.0.1",
        "WHISPER_SERVER_PORT": "7066",
        "ASR_SERVICE_HOST_IP": "10.0.0.9",
        "ASR_SERVICE_PORT": "3001",
        "LLM_SERVICE_HOST_IP": "10.0.0.2",
        "LLM_SERVICE_PORT": "3007",
        "ANIMATION_SERVICE_HOST_IP": "10.0.0.3",
        "ANIMATION_SERVICE_PORT": "3008",
        "AVATARCHATBOT_ANIMATION_URL": "http://ours:9066",
    }
    for name, value in opea.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings()
    assert (settings.port, settings.asr_url, settings.llm_url) == (8889, "http://10.0.0.1:7066", "http://10.0.0.2:3007")
    assert (settings.animation_url, settings.tts_url) == ("http://ours:9066", "http://127.0.0.1:9088")
    monkeypatch.delenv("LLM_SERVICE_PORT")
    with pytest.raises(ValueError, match="LLM_SERVICE_PORT is not"):
        GatewaySettings()


def test_the_model_server_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TGI_LLM_ENDPOINT": "http://tgi:80", "LLM_MODEL_ID": "Intel/x", "OPENAI_API_KEY": "sk-1"}.items():
        monkeypatch.setenv(name, value)
    settings = LlmSettings()
    assert (base_url(settings.endpoint), settings.model) == ("http://tgi:80/v1", "Intel/x")
    assert settings.api_key.get_secret_value() == "sk-1"
    assert base_url("http://tgi/api/v1/") == "http://tgi/api/v1"


class Wav2Lip:
    """OPEA's server, as far as it goes: it reads its body whatever its type says, and names a file of its own."""

    def __init__(self) -> None:
        self.service = MicroService("wav2lip", host="127.0.0.1", port=0)
        self.service.add_route("/v1/wav2lip", self.animate)
        self.service.add_route("/v1/health", lambda: {"message": "OK"}, methods=["GET"])
        self.broken = False
        self.heard = b""

    async def animate(self, request: Request) -> Response:
        if self.broken:
            return Response("CUDA out of memory", status_code=500)
        self.heard = base64.b64decode(json.loads(await request.body())["audio"])
        return Response(json.dumps({"wav2lip_result": "/outputs/result.mp4"}), media_type="application/json")


@pytest.fixture
def wav2lip() -> Iterator[Wav2Lip]:
    made = Wav2Lip()
    with serving(made.service):
        yield made


def test_whole_clips_are_made_by_a_wav2lip_server(wav2lip: Wav2Lip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAV2LIP_ENDPOINT", wav2lip.service.base_url)
    service = build(AnimationSettings(port=0, workers=1, storage=StorageSettings(blobs=str(tmp_path / "blobs"))))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=30, trust_env=False) as client:
        assert client.get("/health/ready").status_code == 200
        answer = client.post("/v1/animation", json={"byte_str": base64.b64encode(_sound()).decode()})
        assert (answer.status_code, answer.json()["video_path"]) == (200, "/outputs/result.mp4")
        assert set(answer.json()) == {"id", "video_path"}
        assert wav2lip.heard == _sound()
        wav2lip.broken = True
        assert client.get("/v1/statistics").json()[NAME]["average_latency"] > 0
        failed = client.post("/v1/animation", json={"byte_str": base64.b64encode(_sound()).decode()})
        assert (failed.status_code, failed.json()["node"]) == (502, "wav2lip")
    assert "CUDA" not in failed.text


def _sound() -> bytes:
    return wav_bytes(np.zeros(1600, np.int16), 16_000)
