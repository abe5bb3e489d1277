"""Two gateways and two animation services without a common folder: S3 and PostgreSQL hold what they share."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import httpx
import pytest

from tests.e2e import brought
from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.storage import postgres
from tests.storage.s3 import BUCKET, s3_server

PATH = "/v1/avatarchatbot"


class Shared:
    """``gateways``, each with an animation service of its own beside the other's; ``objects``: what the bucket holds."""

    def __init__(self, gateways: list[httpx.Client], endpoint: str) -> None:
        self.gateways = gateways
        self._s3: Any = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id="t", aws_secret_access_key="t", region_name="us-east-1"
        )

    def objects(self) -> list[str]:
        return [found["Key"] for found in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture(scope="module")
def shared(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed (requirements/debian-dev.txt)")
    with ExitStack() as stack:
        endpoint = stack.enter_context(s3_server())
        database = stack.enter_context(postgres.running()).database()
        store = {
            "STORAGE_BLOBS": f"s3://{BUCKET}/avatarchatbot",
            "STORAGE_DATABASE": database,
            "FSSPEC_S3_ENDPOINT_URL": endpoint,
            "FSSPEC_S3_KEY": "test",
            "FSSPEC_S3_SECRET": "test",
        }
        log = tmp_path_factory.mktemp("shared") / "log"
        animations, clients = [], []
        for _ in range(2):
            port = free_port()
            stack.enter_context(
                running("comps.animation.service", log=log, ANIMATION_PORT=str(port), ANIMATION_WORKERS="1", **store)
            )
            animations.append(f"http://127.0.0.1:{port}")
        urls = mesh.urls()
        urls["AVATARCHATBOT_ANIMATION_URL"] = ",".join(animations)
        for url in animations:
            ready(url)
        for _ in range(2):
            port = free_port()
            stack.enter_context(running("AvatarChatbot.gateway", log=log, AVATARCHATBOT_PORT=str(port), **urls, **store))
            clients.append(stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)))
        for client in clients:
            ready(str(client.base_url))
        yield Shared(clients, endpoint)


def test_what_one_gateway_is_told_the_other_knows(shared: Shared) -> None:
    first, second = shared.gateways
    face = base64.b64encode(brought.picture("mei")).decode()
    avatar = first.post(f"{PATH}/avatars", json={"media": face}).raise_for_status().json()["avatar_id"]
    asked = {"text": "Who are you?", "avatar": avatar}
    told = second.post(PATH, json=asked).raise_for_status().json()
    again = (
        first.post(PATH, json={"text": "What do you like?", "conversation_id": told["conversation_id"]}).raise_for_status().json()
    )
    conversation = second.get(f"{PATH}/conversations/{told['conversation_id']}").raise_for_status().json()
    assert [turn["video_id"] for turn in conversation["turns"]] == [told["id"], again["id"]]
    for client in shared.gateways:
        assert client.get(f"{PATH}/videos/{told['id']}").content[4:8] == b"ftyp"


def test_erasure_reaches_every_copy_of_a_face(shared: Shared) -> None:
    first, second = shared.gateways
    face = base64.b64encode(brought.picture("kofi")).decode()
    before = set(shared.objects())
    avatar = first.post(f"{PATH}/avatars", json={"media": face}).raise_for_status().json()["avatar_id"]
    for client in (first, second):
        answer = client.post(PATH, json={"text": "Who are you?", "avatar": avatar})
        assert answer.is_success, answer.text
    assert any(avatar in key for key in shared.objects())
    assert second.delete(f"{PATH}/avatars/{avatar}").status_code == 204
    assert set(shared.objects()) == before
    for client in (first, second):
        assert client.get(f"{PATH}/avatars/{avatar}").status_code == 404
        assert client.post(PATH, json={"text": "Hello!", "avatar": avatar}).status_code == 404
