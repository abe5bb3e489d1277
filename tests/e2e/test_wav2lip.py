"""Answers drawn by Wav2Lip through the whole mesh, on seeded weights: several replicas, and a live conversation."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from comps.cores.common.settings import LandmarkSettings
from comps.media.landmarks import Landmarker
from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.video import decode
from tests.live_player import playing

pytest.importorskip("torch")
pytest.importorskip("openvino")

pytestmark = pytest.mark.timeout(300)

PATH = "/v1/avatarchatbot"
CARD = {
    "name": "Maria Rossi",
    "likes": ["Maria loves dark bread, mountain paths, and loud brass bands.", "Maria likes to paint boats in the old harbour."],
}
#: Somebody whose answers are short.
TERSE = {"name": "Maria Rossi", "likes": ["Maria loves boats."]}
TRAINED = Path("tests/animation/wav2lip/quarter.safetensors")


class Wav2LipMesh:
    """A gateway of its own before the mesh's services and animation services that draw with Wav2Lip.

    ``divisor``: of the width of seeded weights; None: the small trained network. ``restores``: with seeded weights of GFPGAN.
    """

    def __init__(
        self,
        mesh: Mesh,
        folder: Path,
        stack: ExitStack,
        *,
        replicas: int,
        workers: int,
        divisor: int | None = 4,
        restores: bool = False,
    ) -> None:
        if reason := Landmarker.unavailable(LandmarkSettings()):
            pytest.skip(reason)
        self.log = folder / "gateway.log"
        self.ports = [free_port() for _ in range(replicas)]
        environment = {
            "ANIMATION_WAV2LIP_CHECKPOINT": str(_checkpoint(folder, divisor) if divisor else TRAINED.resolve()),
            "ANIMATION_NON_COMMERCIAL": "true",
            "ANIMATION_WORKERS": str(workers),
            "AVATARCHATBOT_MODELS": str(folder / "models"),
            **mesh.storage,
        }
        if restores:
            environment["ANIMATION_GFPGAN_CHECKPOINT"] = str(_restorer(folder))
        log = folder / "animation.log"
        self.replicas = [
            stack.enter_context(running("comps.animation.service", log=log, **environment, ANIMATION_PORT=str(port)))
            for port in self.ports
        ]
        for port in self.ports:
            ready(f"http://127.0.0.1:{port}")
        gateway = free_port()
        urls = mesh.urls()
        urls["AVATARCHATBOT_ANIMATION_URL"] = ",".join(f"http://127.0.0.1:{port}" for port in self.ports)
        environment = {"AVATARCHATBOT_PORT": str(gateway), "AVATARCHATBOT_ADDRESS_RATE": "0", **urls, **mesh.storage}
        stack.enter_context(running("AvatarChatbot.gateway", log=self.log, **environment))
        self.url = f"http://127.0.0.1:{gateway}"
        ready(self.url)

    def drawn(self) -> list[float]:
        """Pictures that Wav2Lip drew, by replica."""
        return [self._metric(port, 'animation_frames_total{engine="wav2lip"}') for port in self.ports]

    @staticmethod
    def _metric(port: int, name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)), 0.0)


@pytest.fixture(scope="module")
def start(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Wav2LipMesh]]:
    with ExitStack() as stack:
        yield lambda **how: Wav2LipMesh(mesh, tmp_path_factory.mktemp("wav2lip"), stack, **how)


def _checkpoint(folder: Path, divisor: int) -> Path:
    from benchmarks.plain import seeded

    return seeded.save_safetensors(seeded.wav2lip(divisor), folder / "seeded.safetensors")


def _restorer(folder: Path) -> Path:
    from benchmarks.plain import gfpgan

    return gfpgan.save_safetensors(gfpgan.seeded(4), folder / "gfpgan.safetensors")


@pytest.fixture(scope="module")
def four(start: Callable[..., Wav2LipMesh]) -> Wav2LipMesh:
    return start(replicas=4, workers=1)


@pytest.mark.parametrize("killed", ["network", "replica"])
def test_one_of_four_that_is_killed_in_the_middle_is_not_missed(mesh: Mesh, four: Wav2LipMesh, killed: str) -> None:
    body = {"text": "What do you like?", "avatar": "aria", "persona": CARD, "profile": {"size": 256}}
    with httpx.Client(base_url=four.url, timeout=120, trust_env=False) as client:
        whole = client.post(PATH, json=body, headers={"Accept": "video/mp4"})
        assert whole.status_code == 200, whole.text
        assert sum(drawn > 0 for drawn in four.drawn()) >= 2, "several draw one answer"
        got: list[bytes] = []
        with client.stream("POST", PATH, json=body, headers={"Accept": "video/mp4"}) as response:
            for piece in response.iter_bytes():
                if not got:
                    replica = four.replicas[0].pid
                    os.kill(_network_of(mesh, replica) if killed == "network" else replica, signal.SIGKILL)
                got.append(piece)
        video = b"".join(got)
        assert client.get(response.headers["content-location"]).content == video
        if killed == "network":
            # It is replaced: a probe brings it back.
            ready(f"http://127.0.0.1:{four.ports[0]}")
    first, second = decode(whole.content), decode(video)
    assert abs(len(first.frames) - len(second.frames)) <= 1
    assert second.video_s == pytest.approx(second.audio_s, abs=0.1)


def _network_of(mesh: Mesh, replica: int) -> int:
    networks = [pid for pid, command in mesh.processes().items() if command.rstrip().endswith("NetworkWorker")]
    (network,) = [pid for pid in networks if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == replica]
    return network


@pytest.fixture(scope="module")
def restoring(start: Callable[..., Wav2LipMesh]) -> Wav2LipMesh:
    return start(replicas=1, workers=1, divisor=None, restores=True)


def test_an_answer_with_its_mouth_or_its_face_restored(restoring: Wav2LipMesh) -> None:
    body = {"text": "What do you like?", "avatar": "aria", "persona": TERSE, "size": 256, "engine": "wav2lip"}
    frames: dict[str, NDArray[np.float64]] = {}
    with httpx.Client(base_url=restoring.url, timeout=120, trust_env=False) as client:
        for restore in ("none", "mouth", "face"):
            before = restoring.drawn()[0]
            answer = client.post(PATH, json={**body, "restore": restore})
            assert answer.status_code == 200, answer.text
            assert answer.json()["engines"]["animation"] == "wav2lip"
            video = decode(client.get(answer.json()["video_path"]).content)
            assert video.video_s == pytest.approx(video.audio_s, abs=0.1)
            frames[restore] = video.frames.astype(float)
            assert restoring.drawn()[0] - before >= len(video.frames)
    mouth, face = (np.abs(frames[restore] - frames["none"]) for restore in ("mouth", "face"))
    above, eyes, lips = (np.s_[:, slice(*rows)] for rows in ((0, 32), (64, 96), (128, 192)))
    assert mouth[eyes].max() == 0, "eyes and brows are the picture's"
    assert mouth[lips].mean() > 2, "random weights draw something else"
    assert face[eyes].mean() > 2
    assert face[lips].mean() > 2
    assert face[above].mean() < 1, "the hair is the picture's"


@pytest.mark.parametrize("accept", ["application/json", "video/mp4"])
@pytest.mark.parametrize(
    ("asked", "there_is"),
    [
        ({"engine": "wav2lip", "restore": "eyes"}, ["none", "mouth", "face"]),
        ({"engine": "warp", "restore": "mouth"}, ["none"]),
    ],
)
def test_a_restore_that_there_is_not_is_refused_with_those_that_there_are(
    restoring: Wav2LipMesh, asked: dict[str, str], there_is: list[str], accept: str
) -> None:
    body = {"text": "What do you like?", "avatar": "aria", **asked}
    refused = httpx.post(f"{restoring.url}{PATH}", json=body, headers={"Accept": accept}, trust_env=False)
    assert (refused.status_code, refused.json()["field"]) == (422, "restore"), refused.text
    assert all(name in refused.json()["detail"] for name in there_is), refused.text


@pytest.mark.anyio
async def test_a_live_conversation_at_the_rate_that_is_to_be_had(start: Callable[..., Wav2LipMesh]) -> None:
    """The official width, on the cores that there are."""
    one = await anyio.to_thread.run_sync(lambda: start(replicas=1, divisor=1, workers=2))
    async with playing(one.url, avatar="aria", persona=CARD) as player:
        await player.until(lambda: len(player.arrived) > 8)
        since = anyio.current_time()
        await player.client.send("text", text="What do you like?")
        await player.until(lambda: player.event("done", since), 60)
        await player.until(lambda: player.arrived[-1][1].turn == 0 and player.arrived[-1][1].pts_s > player.position_s(), 60)
        begun = player.event("ready")
    assert player.stalls == []
    assert begun is not None
    print(f"{begun['fps']} pictures a second; {one.drawn()[0]:.0f} were drawn")
    assert begun["fps"] >= 5
    assert one.drawn()[0] > 0
