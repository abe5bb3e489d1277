"""The animation service in the place of OPEA's wav2lip server: what its clients send, and what they are answered."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from AvatarChatbot import avatars
from comps.animation.service import build
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.media.landmarks import Landmarker
from comps.opea.wav2lip import Wav2LipServer
from tests.serving import serving

PATH = "/v1/wav2lip"


def _sound(seconds: float) -> str:
    time = np.arange(int(seconds * 16_000)) / 16_000
    stored = io.BytesIO()
    with wave.open(stored, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(16_000)
        target.writeframes((3000 * np.sin(2 * np.pi * 140 * time)).astype("<i2").tobytes())
    return base64.b64encode(stored.getvalue()).decode()


def _frames(video: bytes) -> int:
    with av.open(io.BytesIO(video)) as movie:
        return sum(1 for _ in movie.decode(video=0))


@contextmanager
def _service(folder: Path, **settings: Any) -> Iterator[httpx.Client]:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    own = {"engine": "warp", "workers": 1, "default_avatar": avatars.default_avatar(), **settings}
    service = build(AnimationSettings(port=0, storage=StorageSettings(blobs=str(folder / "blobs")), **own))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=60, trust_env=False) as client:
        yield client


def test_a_default_face_that_is_not_there_is_the_services_fault_and_named(tmp_path: Path) -> None:
    with _service(tmp_path, default_avatar=tmp_path / "nowhere.png") as client:
        for path, body in ((PATH, {"audio": _sound(0.8)}), ("/v1/animation", {"byte_str": _sound(0.8)})):
            said = client.post(path, json=body)
            assert said.status_code == 503, said.text
            assert "ANIMATION_DEFAULT_AVATAR" in said.json()["detail"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def client(outputs: Path) -> Iterator[httpx.Client]:
    """Set up as OPEA's compose file sets up its server: FPS=10, OUTFILE."""
    with _service(outputs, fps=10, outfile=outputs / "result.mp4") as client:
        yield client


@pytest.mark.parametrize(
    "content_type", ["text/plain; charset=utf-8", "application/json", "application/x-www-form-urlencoded", ""]
)
def test_the_video_is_in_outfile_whatever_the_body_is_called(client: httpx.Client, outputs: Path, content_type: str) -> None:
    (outputs / "result.mp4").unlink(missing_ok=True)
    headers = {"Content-Type": content_type} if content_type else {}
    said = client.post(PATH, content=json.dumps({"audio": _sound(0.8)}), headers=headers)
    assert (said.status_code, said.json()) == (200, {"wav2lip_result": str(outputs / "result.mp4")}), said.text
    assert _frames((outputs / "result.mp4").read_bytes()) == 8
    assert sorted(path.name for path in outputs.iterdir()) == ["blobs", "result.mp4"]


def test_outfile_is_always_one_whole_video(client: httpx.Client, outputs: Path) -> None:
    lengths = (0.5, 1.1, 0.8, 1.4)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(client.post, PATH, content=json.dumps({"audio": _sound(length)})) for length in lengths]
        seen = set()
        while not all(answer.done() for answer in asked):
            seen.add(_frames((outputs / "result.mp4").read_bytes()))
    assert [answer.result().status_code for answer in asked] == [200] * 4
    assert seen <= {5, 8, 11, 14}


@pytest.mark.anyio
async def test_our_own_client_of_opeas_server_takes_it_for_one(client: httpx.Client, outputs: Path) -> None:
    server = Wav2LipServer(str(client.base_url), 60)
    await server.start()
    try:
        await server.ready()
        assert await server.video_path(base64.b64decode(_sound(0.5))) == str(outputs / "result.mp4")
    finally:
        await server.stop()


def test_health_is_that_of_the_process(client: httpx.Client) -> None:
    assert client.get("/v1/health").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("{", 400, None),
        ("{}", 422, "audio"),
        ('{"audio": "%%"}', 422, "audio"),
        ('{"audio": ""}', 422, "audio"),
        ('{"audio": "bm8gc291bmQ="}', 415, None),
    ],
)
def test_what_is_no_sound_is_told(client: httpx.Client, body: str, status: int, field: str | None) -> None:
    said = client.post(PATH, content=body, headers={"Content-Type": "text/plain"})
    assert said.status_code == status, said.text
    assert field is None or said.json()["field"] == field
