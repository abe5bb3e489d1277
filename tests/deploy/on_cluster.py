"""The chart on a real API server, scheduler and kubelet: run by ``scripts/test-cluster``, inside the test cluster's network.

S3 (moto) and PostgreSQL run on the node; pods have no common folder.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from helm_python import Config
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from AvatarChatbot import avatars
from AvatarChatbot.keys import new_key
from AvatarChatbot.version import __version__
from tests.deploy.page import sections
from tests.live_player import LivePlayer, RefusedError, playing
from tests.storage import postgres
from tests.storage.s3 import BUCKET, s3_server

CHART = Path("kubernetes/avatarchatbot")
PATH = "/v1/avatarchatbot"
#: One of its own: the last run's may still be going.
RELEASE, NAMESPACE = "demo", f"avatars-{uuid.uuid4().hex[:8]}"
NODE = os.environ.get("NODE_ADDRESS", "198.51.100.1")
STAGES = ("asr", "describe", "llm", "tts", "animation", "gateway")

pytestmark = pytest.mark.timeout(600)
logging.getLogger("werkzeug").setLevel(logging.WARNING)


def kubectl(*arguments: str, document: dict[str, Any] | None = None) -> str:
    given = json.dumps(document) if document else None
    ran = subprocess.run(["kubectl", "-n", NAMESPACE, *arguments], input=given, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _gateway() -> str:
    service = json.loads(kubectl("get", "service", f"{RELEASE}-gateway", "-o", "json"))
    return f"http://{service['spec']['clusterIP']}:8888"


def typed(section: str, block: int, folder: Path) -> None:
    """A block of docs/deploy.md, as people type it in ``folder``, which has the chart's folder too."""
    helm = f'helm() {{ PYTHONPATH={Path.cwd()} {sys.executable} -m tests.deploy.helm "$@"; }}\n'
    alias = f'kubectl() {{ command kubectl -n {NAMESPACE} "$@"; }}\n'
    (folder / "kubernetes").symlink_to(CHART.parent.absolute())
    script = helm + alias + sections()[section][block]
    environment = {**os.environ, "HELM_NAMESPACE": NAMESPACE}
    ran = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert ran.returncode == 0, ran.stderr


def _values(revision: str) -> dict[str, Any]:
    """Two gateways, three animation services; requests small enough for a machine of two cores."""
    little = {"requests": {"cpu": "10m", "memory": "64Mi"}}
    replicas = {"gateway": 2, "animation": 3}
    services: dict[str, Any] = {
        name: {"replicas": replicas.get(name, 1), "resources": little, "podAnnotations": {"revision": revision}}
        for name in STAGES
    }
    services["animation"]["config"] = {"ANIMATION_WORKERS": "1"}
    return {
        "image": {"registry": "avatarchatbot", "tag": __version__, "pullPolicy": "Never"},
        "auth": {"keysSecret": "avatarchatbot-keys"},
        "storage": {"blobs": f"s3://{BUCKET}/avatarchatbot", "secret": "avatarchatbot-storage"},
        "networkPolicy": {"allowEgress": True},
        # Its DNS forgets in a second; the gateway looks again every five.
        "deregisterSeconds": 10,
        "services": services,
    }


class Cluster:
    """The release, and a client of its gateway's Service."""

    def __init__(self, helm: Config, client: httpx.Client) -> None:
        self.helm = helm
        self.client = client

    def upgrade(self, revision: str) -> None:
        self.helm.upgrade(CHART, RELEASE, _values(revision), namespace=NAMESPACE, wait="watcher", timeout=400)

    def pods(self, component: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            kubectl("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "json")
        )["items"]
        return found


@pytest.fixture(scope="module", autouse=True)
def namespace() -> Iterator[None]:
    kubectl("create", "namespace", NAMESPACE)
    yield
    # The cluster goes down without its containers, and would leave them behind.
    for owners in ("deployments", "replicasets"):
        kubectl("delete", owners, "--all", "--cascade=orphan")
    kubectl("delete", "pods", "--all", "--grace-period=1", "--timeout=120s")
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    key, line = new_key("tests")
    folder = tmp_path_factory.mktemp("typed")
    with ExitStack() as stack:
        endpoint = stack.enter_context(s3_server(NODE))
        store = {
            "STORAGE_DATABASE": stack.enter_context(postgres.running(NODE)).database(),
            "FSSPEC_S3_ENDPOINT_URL": endpoint,
            "FSSPEC_S3_KEY": "test",
            "FSSPEC_S3_SECRET": "test",
        }
        (folder / "storage.env").write_text("".join(f"{name}={value}\n" for name, value in store.items()))
        (folder / "keys").write_text(f"{line} 6000\n")
        typed("Kubernetes", 1, folder)
        helm = stack.enter_context(Config(namespace=NAMESPACE))
        helm.install(CHART, RELEASE, _values("1"), namespace=NAMESPACE, wait="watcher", timeout=400)
        headers = {"Authorization": f"Bearer {key}"}
        client = httpx.Client(base_url=_gateway(), headers=headers, timeout=120, trust_env=False)
        yield Cluster(helm, stack.enter_context(client))


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[None]:
    """What a provisioner would make for the claim of a release without S3."""
    (node,) = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node["metadata"]["labels"]["kubernetes.io/hostname"]]}
    name = f"{NAMESPACE}-store"
    kubectl(
        *("apply", "-f", "-"),
        document={
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": "10Gi"},
                "accessModes": ["ReadWriteOnce"],
                "local": {"path": str(tmp_path)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            },
        },
    )
    yield
    kubectl("delete", "persistentvolume", name, "--wait=false")


def test_a_first_look_needs_nothing_but_the_chart(volume: None, tmp_path: Path) -> None:
    typed("Kubernetes", 0, tmp_path)
    files = {"audio": Path("AvatarChatbot/demo/who_are_you.wav").read_bytes(), "avatar": avatars.path("aria").read_bytes()}
    with httpx.Client(base_url=_gateway(), timeout=120, trust_env=False) as client:
        answer = client.post(PATH, files=files).raise_for_status().json()
        assert client.get(answer["video_url"]).content[4:8] == b"ftyp"
        assert "<title>AvatarChatbot</title>" in client.get("/").text
    # Nobody asks any more: there is nothing to drain.
    kubectl("scale", "deployments", "--all", "--replicas=0")
    kubectl("delete", "pods", "--all", "--force", "--grace-period=0")
    with Config(namespace=NAMESPACE) as helm:
        helm.uninstall(RELEASE)


def test_all_pods_are_ready_and_a_question_is_answered(cluster: Cluster) -> None:
    for stage in STAGES:
        for pod in cluster.pods(stage):
            assert all(status["ready"] for status in pod["status"]["containerStatuses"])
    question, face = Path("AvatarChatbot/demo/who_are_you.wav"), avatars.path("aria")
    files = {"audio": question.read_bytes(), "avatar": face.read_bytes()}
    answer = cluster.client.post(PATH, files=files, headers={"Accept": "video/mp4"})
    assert answer.status_code == 200, answer.text
    assert answer.content[4:8] == b"ftyp"


def test_helm_test_passes(cluster: Cluster) -> None:
    cluster.helm.test(RELEASE, timeout=120)


def test_without_a_key_and_past_the_gateway_nobody_is_answered(cluster: Cluster) -> None:
    assert httpx.get(f"{cluster.client.base_url}{PATH}/videos", trust_env=False).status_code == 401
    (pod,) = cluster.pods("llm")
    assert httpx.get(f"http://{pod['status']['podIP']}:9000/v1/models", trust_env=False).status_code == 401


def test_gateways_share_avatars_and_conversations(cluster: Cluster) -> None:
    face = base64.b64encode(avatars.path("mei").read_bytes()).decode()
    addresses = [f"http://{pod['status']['podIP']}:8888" for pod in cluster.pods("gateway")]
    assert len(addresses) == 2
    avatar = cluster.client.post(f"{addresses[0]}{PATH}/avatars", json={"media": face}).raise_for_status().json()["avatar_id"]
    told = cluster.client.post(f"{addresses[1]}{PATH}", json={"text": "Who are you?", "avatar": avatar}).raise_for_status().json()
    kept = cluster.client.get(f"{addresses[0]}{PATH}/conversations/{told['conversation_id']}").raise_for_status().json()
    assert [turn["video_id"] for turn in kept["turns"]] == [told["id"]]


def test_an_animation_pod_deleted_during_an_answer_is_not_missed(cluster: Cluster) -> None:
    card = {
        "name": "Maria",
        "likes": ["Maria loves dark bread, mountain paths, and loud brass bands.", "Maria likes to paint boats."],
    }
    body = {"text": "What do you like?", "avatar": "aria", "persona": card, "seed": 1}
    whole = cluster.client.post(PATH, json=body).raise_for_status().json()
    victim = cluster.pods("animation")[0]["metadata"]["name"]
    with cluster.client.stream("POST", PATH, json=body, headers={"Accept": "video/mp4"}) as answer:
        pieces = answer.iter_bytes()
        received = next(pieces)
        kubectl("delete", "pod", victim, "--grace-period=0", "--force", "--wait=false")
        received += b"".join(pieces)
    again = cluster.client.get(f"{PATH}/videos/{answer.headers['x-turn-id']}").content
    assert again[4:8] == b"ftyp"
    turn = cluster.client.get(f"{PATH}/turns/{answer.headers['x-turn-id']}").json()
    assert (turn["status"], turn["reply"]) == ("done", whole["reply"])
    assert len(received) > 100_000


@dataclass
class Conversation:
    """A live one: asks until it is told to stop; where its gateway stops, it goes on at another."""

    url: str
    key: str
    id: str | None = None
    asked: int = 0
    answered: int = 0
    moves: int = 0
    is_over: bool = False

    async def go_on(self) -> None:
        while not self.is_over:
            try:
                async with playing(self.url, key=self.key, conversation_id=self.id) as player:
                    ready = player.event("ready")
                    assert ready is not None
                    self.id = ready["conversation_id"]
                    await self._ask(player)
            except* RefusedError:
                # All places are taken, on two cores that start twice the pods.
                await anyio.sleep(1)

    async def _ask(self, player: LivePlayer) -> None:
        while not self.is_over and not player.is_over:
            since = time.monotonic()
            with contextlib.suppress(ConnectionClosed):
                await player.client.send("text", text="Who are you?")
            await player.until(lambda since=since: player.is_over or player.event("done", since), 120)
            # It is all there, and is played to its end; the gateway hears of that a little later.
            end = max((event["end_s"] for at, event in player.events if event["type"] == "caption" and at >= since), default=0.0)
            with anyio.fail_after(60):
                while not player.is_over and player.position_s() < end + 1:
                    await anyio.sleep(0.1)
        self.asked += len([event for _, event in player.events if event["type"] == "transcript"])
        self.answered += len([event for _, event in player.events if event["type"] == "done"])
        self.moves += player.client.connection.close_code == CloseCode.SERVICE_RESTART


def test_an_upgrade_during_a_stream_of_requests_and_a_conversation_loses_none(cluster: Cluster) -> None:
    upgraded = threading.Thread(target=cluster.upgrade, args=("2",))
    key = cluster.client.headers["Authorization"].removeprefix("Bearer ")
    conversation = Conversation(str(cluster.client.base_url).rstrip("/"), key)

    def ask(number: int) -> tuple[int, float, bytes]:
        # From before the first pod is replaced until after the last.
        time.sleep(number * 4)
        begun = time.monotonic()
        headers = {"Accept": "video/mp4" if number % 2 else "application/json", "Connection": "close"}
        while True:
            answer = cluster.client.post(PATH, json={"text": "Who are you?"}, headers=headers)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                took = time.monotonic() - begun
                return answer.status_code, took, answer.content[: 8 if answer.is_success else None]
            # All places are taken, on two cores that start twice the pods: nothing was begun, and it says when to come again.
            time.sleep(float(answer.headers["Retry-After"]))

    with ThreadPoolExecutor(21) as pool:
        conversing = pool.submit(anyio.run, conversation.go_on)
        try:
            answers = [pool.submit(ask, number) for number in range(20)]
            upgraded.start()
            told = [answer.result() for answer in answers]
            assert [answer for answer in told if answer[0] != httpx.codes.OK] == [], [round(seconds) for _, seconds, _ in told]
            for number, (_, _, beginning) in enumerate(told):
                assert beginning[4:] == b"ftyp" if number % 2 else beginning[:1] == b"{"
            upgraded.join()
            # The gateway that is replaced last is gone when it has drained.
            while any("deletionTimestamp" in pod["metadata"] for pod in cluster.pods("gateway")):
                time.sleep(1)
        finally:
            conversation.is_over = True
        conversing.result()
    assert conversation.moves >= 1
    assert conversation.asked == conversation.answered > 1
    kept = cluster.client.get(f"{PATH}/conversations/{conversation.id}").raise_for_status().json()
    assert [turn["status"] for turn in kept["turns"]] == ["done"] * conversation.asked
    for stage in STAGES:
        running = [pod for pod in cluster.pods(stage) if "deletionTimestamp" not in pod["metadata"]]
        assert {pod["metadata"]["annotations"]["revision"] for pod in running} == {"2"}
