"""``POST …/avatars/check`` of the gateway, with the describe service behind it: the report comes back, and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from AvatarChatbot import avatars
from AvatarChatbot.gateway import AvatarChatbotGateway
from comps.cores.common.settings import DescribeSettings, GatewaySettings, LandmarkSettings, StorageSettings
from comps.cores.proto.face_report import FaceReport
from comps.describe.service import build
from comps.media.image import decode_image, encode_png
from comps.media.landmarks import Landmarker
from tests.serving import serving

pytestmark = pytest.mark.skipif(
    Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
)

PATH = "/v1/avatarchatbot"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    storage = StorageSettings(blobs=f"{folder}/blobs", database=f"sqlite+aiosqlite:///{folder}/records.db")
    describe = build(DescribeSettings(port=0, storage=storage))
    gateway = AvatarChatbotGateway(GatewaySettings(port=0, describe_url=describe.base_url, storage=storage))
    with (
        serving(describe, gateway.service),
        httpx.Client(base_url=gateway.service.base_url, trust_env=False, timeout=60) as made,
    ):
        yield made


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "blobs").rglob("*") if path.is_file()]


def aria() -> bytes:
    return avatars.path("aria").read_bytes()


def test_the_report_comes_back_and_nothing_is_kept(client: httpx.Client, folder: Path) -> None:
    cut = encode_png(np.ascontiguousarray(decode_image(aria())[:, 560:]))
    said = [
        client.post(f"{PATH}/avatars/check", files={"media": ("me.png", aria(), "image/png")}),
        client.post(f"{PATH}/avatars/check", content=cut, headers={"Content-Type": "image/png"}),
    ]
    assert [one.status_code for one in said] == [200, 200]
    good, bad = (FaceReport.model_validate(one.json()) for one in said)
    assert (good.usable, good.score, good.findings) == (True, 1.0, [])
    assert [(one.code, one.severity) for one in bad.findings] == [("face_cut", "error")]
    assert not bad.usable
    assert kept(folder) == []
    assert client.get(f"{PATH}/avatars").json()["items"] == []


@pytest.mark.parametrize(
    ("media", "status", "code"), [(b"a shopping list", 415, "unsupported_media"), (b"", 422, "invalid_request")]
)
def test_what_is_no_picture_is_a_problem(client: httpx.Client, media: bytes, status: int, code: str) -> None:
    said = client.post(f"{PATH}/avatars/check", files={"media": ("me.png", media, "image/png")})
    assert (said.status_code, said.json()["code"]) == (status, code)
    assert said.headers["content-type"] == "application/problem+json"
