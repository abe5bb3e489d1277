"""Two replicas of the animation service; one is killed while it draws, and nothing of the answer is missing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import httpx
import pytest

from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.video import decode

PATH = "/v1/avatarchatbot"
CARD = {
    "name": "Maria Rossi",
    "likes": ["Maria loves dark bread, mountain paths, and loud brass bands.", "Maria likes to paint boats in the old harbour."],
}


@dataclass
class Two:
    url: str
    log: Path
    replicas: dict[int, Popen[bytes]] = field(default_factory=dict)


@pytest.fixture
def two(mesh: Mesh, tmp_path: Path) -> Iterator[Two]:
    """A gateway of its own before the mesh's services and two animation services."""
    ports, gateway = [free_port(), free_port()], free_port()
    urls = mesh.urls()
    urls["AVATARCHATBOT_ANIMATION_URL"] = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    made = Two(f"http://127.0.0.1:{gateway}", tmp_path / "gateway.log")
    with ExitStack() as stack:
        for port in ports:
            environment = {"ANIMATION_PORT": str(port), "ANIMATION_WORKERS": "1", **mesh.storage}
            made.replicas[port] = stack.enter_context(
                running("comps.animation.service", log=tmp_path / "animation.log", **environment)
            )
        for port in ports:
            ready(f"http://127.0.0.1:{port}")
        environment = {"AVATARCHATBOT_PORT": str(gateway), **urls, **mesh.storage}
        stack.enter_context(running("AvatarChatbot.gateway", log=made.log, **environment))
        ready(made.url)
        yield made


def test_a_replica_killed_in_the_middle_is_not_missed(two: Two) -> None:
    body = {"text": "What do you like?", "avatar": "aria", "persona": CARD}
    with httpx.Client(base_url=two.url, timeout=60, trust_env=False) as client:
        whole = client.post(PATH, json=body, headers={"Accept": "video/mp4"})
        assert whole.status_code == 200, whole.text
        drawn = [_pictures(port) for port in two.replicas]
        assert min(drawn) > 0, "both draw one answer"
        got: list[bytes] = []
        with client.stream("POST", PATH, json=body, headers={"Accept": "video/mp4"}) as response:
            for piece in response.iter_bytes():
                if not got:
                    next(iter(two.replicas.values())).send_signal(signal.SIGKILL)
                got.append(piece)
        video = b"".join(got)
        assert client.get(response.headers["content-location"]).content == video
        again = client.post(PATH, json=body, headers={"Accept": "video/mp4"})
        assert again.status_code == 200
    first, second = decode(whole.content), decode(video)
    assert abs(len(first.frames) - len(second.frames)) <= 1, "speech is not the same to the sample twice; its frames are"
    assert second.video_s == pytest.approx(second.audio_s, abs=0.1)
    warnings = [line for line in two.log.read_text().splitlines() if " WARNING " in line]
    assert len(warnings) == 1, warnings


def _pictures(port: int) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("animation_frames_total{"))
