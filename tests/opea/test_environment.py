"""OPEA's environment: its names of settings, and its wav2lip server."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from fastapi import Request, Response

from AvatarChatbot import avatars
from comps import MicroService
from comps.animation.service import NAME, build
from comps.cores.common.openai import base_url
from comps.cores.common.settings import AnimationSettings, GatewaySettings, LlmSettings, StorageSettings
from comps.media.audio import wav_bytes
from comps.models import checkpoints
from comps.models.checkpoints import CHECKPOINTS
from comps.opea.environment import ignored
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


def test_the_wav2lip_servers_environment_is_that_of_animation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opea = {
        "DEVICE": "HPU",
        "WAV2LIP_PORT": "7860",
        "INFERENCE_MODE": "wav2lip+gfpgan",
        "CHECKPOINT_PATH": "/models/wav2lip_gan.pth",
        "FACE": "/faces/one.jpg",
        "OUTFILE": "/outputs/result.mp4",
        "FPS": "10.",
    }
    for name, value in opea.items():
        monkeypatch.setenv(name, value)
    settings = AnimationSettings()
    assert (settings.device, settings.port, settings.restore, settings.fps) == ("hpu", 7860, "face", 10)
    assert (settings.wav2lip_checkpoint, settings.default_avatar) == (Path("/models/wav2lip_gan.pth"), Path("/faces/one.jpg"))
    assert settings.outfile == Path("/outputs/result.mp4")
    assert list(ignored(AnimationSettings)) == []
    monkeypatch.setenv("ANIMATION_DEVICE", "cpu")
    monkeypatch.setenv("INFERENCE_MODE", "wav2lip_only")
    settings = AnimationSettings()
    assert (settings.device, settings.restore) == ("cpu", "none")
    assert list(ignored(AnimationSettings)) == ["DEVICE is ignored: ANIMATION_DEVICE is set otherwise."]


@pytest.mark.parametrize(("asked", "fps"), [("5", 5), ("1", 5), ("60", 30), ("23.976", 24), ("fast", 25)])
def test_frame_rates_are_taken_as_far_as_ours_go(monkeypatch: pytest.MonkeyPatch, asked: str, fps: int) -> None:
    monkeypatch.setenv("FPS", asked)
    assert AnimationSettings().fps == fps


def test_the_version_of_gfpgan_names_a_checkpoint_that_was_pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AVATARCHATBOT_MODELS", str(tmp_path))
    monkeypatch.setenv("GFPGAN_MODEL_VERSION", "1.3")
    assert AnimationSettings().gfpgan_checkpoint is None
    said = "GFPGAN_MODEL_VERSION is ignored: "
    assert list(ignored(AnimationSettings)) == [said + "run `avatarchatbot models pull gfpgan-1.3`."]
    toy = replace(CHECKPOINTS["gfpgan-1.3"], size=3)
    monkeypatch.setitem(checkpoints.CHECKPOINTS, toy.name, toy)
    (tmp_path / toy.name).mkdir()
    (tmp_path / toy.name / toy.file_name).write_bytes(b"123")
    assert AnimationSettings().gfpgan_checkpoint == tmp_path / toy.name / toy.file_name
    assert list(ignored(AnimationSettings)) == []
    monkeypatch.setenv("GFPGAN_MODEL_VERSION", "RestoreFormer")
    assert list(ignored(AnimationSettings)) == [said + "there are gfpgan-1.4, gfpgan-1.3."]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("FACESIZE", "96", ""),
        ("FACESIZE", "192", "faces of 96 pixels"),
        ("UPSCALE_FACTOR", "1", ""),
        ("UPSCALE_FACTOR", "2", "profile.size"),
        ("AUDIO", "None", ""),
        ("AUDIO", "/home/user/sample.wav", "every request brings its sound"),
        ("ANIMATION_COMPONENT_NAME", "OPEA_ANIMATION", "ANIMATION_ENGINE"),
        ("INFERENCE_MODE", "gfpgan", "nothing that ANIMATION_RESTORE can be"),
        ("FPS", "60", "so 30 is taken"),
        ("FPS", "fast", "nothing that ANIMATION_FPS can be"),
        ("ENABLE_MCP", "false", ""),
        ("LOGFLAG", "True", "payloads are never logged"),
    ],
)
def test_what_has_no_effect_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str) -> None:
    monkeypatch.setenv(name, value)
    told = list(ignored(AnimationSettings))
    assert len(told) == bool(why)
    assert all(sentence.startswith(f"{name} is ignored: ") and why in sentence for sentence in told)


def test_of_two_names_the_newer_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WHISPER_SERVER": "10.0.0.1", "ASR_SERVICE": "10.0.0.2"}.items():
        monkeypatch.setenv(f"{name}_HOST_IP", value)
        monkeypatch.setenv(f"{name}_PORT", "7066")
    assert list(ignored(GatewaySettings)) == ["ASR_SERVICE_HOST_IP is ignored: AVATARCHATBOT_ASR_URL is set otherwise."]


@pytest.fixture
def in_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., httpx.Client]]:
    """A client of an animation service with variables of OPEA's wav2lip server."""
    with contextlib.ExitStack() as stack:

        def start(**variables: str) -> httpx.Client:
            for name, value in {"FACE": str(avatars.default_avatar()), "FPS": "10", **variables}.items():
                monkeypatch.setenv(name, value)
            service = build(AnimationSettings(port=0, workers=1, storage=StorageSettings(blobs=str(tmp_path / "blobs"))))
            stack.enter_context(serving(service))
            return stack.enter_context(httpx.Client(base_url=service.base_url, timeout=60, trust_env=False))

        yield start


def _frames(video: bytes) -> int:
    with av.open(io.BytesIO(video)) as movie:
        return sum(1 for _ in movie.decode(video=0))


def test_whole_clips_have_the_frame_rate_that_is_set(in_its_place: Callable[..., httpx.Client]) -> None:
    client = in_its_place()
    sound = base64.b64encode(_second()).decode()
    for profile, frames in (({}, 10), ({"fps": 25, "size": 256}, 25)):
        said = client.post("/v1/animation", json={"byte_str": sound, "profile": profile}, headers={"Accept": "video/mp4"})
        assert _frames(said.content) == frames


def test_it_stands_in_the_place_of_opeas_wav2lip_server(in_its_place: Callable[..., httpx.Client], tmp_path: Path) -> None:
    client = in_its_place(OUTFILE=str(tmp_path / "outputs" / "result.mp4"))
    assert client.get("/v1/health").status_code == 200
    body = json.dumps({"audio": base64.b64encode(_second()).decode()}).encode()
    said = client.post("/v1/wav2lip", content=body, headers={"Content-Type": "text/plain; charset=utf-8"})
    assert (said.status_code, said.json()) == (200, {"wav2lip_result": str(tmp_path / "outputs/result.mp4")})
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["result.mp4"]
    assert _frames((tmp_path / "outputs/result.mp4").read_bytes()) == 10
    for senseless, status in ((b"{}", 422), (b"sound", 400), (b'{"audio": "!"}', 422)):
        assert client.post("/v1/wav2lip", content=senseless).status_code == status
    (tmp_path / "outputs/result.mp4").unlink()
    (tmp_path / "outputs/result.mp4").mkdir()
    (tmp_path / "outputs/result.mp4/something").touch()
    assert client.post("/v1/wav2lip", content=body).status_code == 507
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["result.mp4"]


def test_without_an_outfile_the_video_can_be_fetched(in_its_place: Callable[..., httpx.Client], tmp_path: Path) -> None:
    client = in_its_place()
    said = client.post("/v1/wav2lip", content=_second(), headers={"Content-Type": "audio/wav"})
    assert _frames(client.get(said.json()["wav2lip_result"]).content) == 10


def test_our_own_animation_service_asks_it(
    in_its_place: Callable[..., httpx.Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WAV2LIP_ENDPOINT", str(in_its_place(OUTFILE=str(tmp_path / "result.mp4")).base_url))
    service = build(AnimationSettings(port=0, workers=1, storage=StorageSettings(blobs=str(tmp_path / "other"))))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=60, trust_env=False) as client:
        said = client.post("/v1/animation", json={"byte_str": base64.b64encode(_second()).decode()})
        assert said.json()["video_path"] == str(tmp_path / "result.mp4")


def _second() -> bytes:
    return wav_bytes(np.zeros(16_000, np.int16), 16_000)
