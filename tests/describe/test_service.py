"""The describe service over HTTP: every way of sending a picture, and the errors."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import msgpack
import pytest

from comps.cores.common.settings import DescribeSettings, LandmarkSettings, StorageSettings
from comps.cores.proto.avatar import PersonaDraft
from comps.describe.service import build
from comps.media.landmarks import Landmarker
from tests.describe import material
from tests.serving import serving

pytestmark = pytest.mark.skipif(
    Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    service = build(DescribeSettings(port=0, storage=storage, max_body_mb=2))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def picture() -> bytes:
    return material.png(material.scene())


def test_every_way_of_sending_gives_the_same_draft(client: httpx.Client, picture: bytes) -> None:
    text = base64.b64encode(picture).decode()
    answers = [
        client.post("/v1/describe", files={"media": ("me.png", picture, "image/png")}),
        client.post("/v1/describe", files={"file": ("me.png", picture)}),
        client.post("/v1/describe", content=picture, headers={"content-type": "image/png"}),
        client.post("/v1/describe", content=picture, headers={"content-type": "application/octet-stream"}),
        client.post("/v1/describe", json={"media": text}),
        client.post("/v1/describe", json={"media": f"data:image/png;base64,{text}"}),
        client.post("/v1/describe", json={"file": text}),
        client.post("/v1/describe", content=msgpack.packb({"media": picture}), headers={"content-type": "application/msgpack"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    drafts = [PersonaDraft.model_validate(answer.json()) for answer in answers]
    assert all(draft.persona.model_dump() == drafts[0].persona.model_dump() for draft in drafts)
    assert drafts[0].portrait.startswith(b"\x89PNG")


def test_the_answer_can_be_messagepack(client: httpx.Client, picture: bytes) -> None:
    answer = client.post("/v1/describe", files={"media": picture}, headers={"accept": "application/msgpack"})
    assert answer.headers["content-type"] == "application/msgpack"
    assert PersonaDraft.model_validate(msgpack.unpackb(answer.content)).portrait.startswith(b"\x89PNG")


def test_bad_requests_have_typed_answers(client: httpx.Client) -> None:
    grey = material.png(material.scene()[:20, :20])
    expected = [
        (client.post("/v1/describe", files={"media": grey}), 422, "no_face"),
        (client.post("/v1/describe", files={"media": b"not a picture"}), 415, "unsupported_media"),
        (client.post("/v1/describe", files={"media": b""}), 422, "invalid_request"),
        (client.post("/v1/describe", json={}), 422, "invalid_request"),
        (client.post("/v1/describe", json={"media": "%%%"}), 422, "invalid_request"),
        (client.post("/v1/describe", content=b"{", headers={"content-type": "application/json"}), 400, "malformed_body"),
        (client.post("/v1/describe", files={"media": bytes(3 << 20)}), 413, "too_large"),
    ]
    for answer, status, code in expected:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"


def test_it_is_ready(client: httpx.Client) -> None:
    assert client.get("/health/ready").status_code == 200
