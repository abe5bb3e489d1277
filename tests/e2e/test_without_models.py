"""The whole mesh where no model has been prepared: the engines that need none run, and the rest says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.word_errors import word_errors
from tests.asr.flite import say
from tests.e2e.mesh import Mesh

PATH = "/v1/avatarchatbot"
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    folder = tmp_path_factory.mktemp("bare")
    mesh = Mesh(folder, AVATARCHATBOT_MODELS=str(folder / "models"))
    try:
        mesh.wait_until_ready()
        yield mesh
    finally:
        mesh.stop()


@pytest.mark.parametrize("avatar", ["aria", "kofi", "mei", "tomas"])
def test_a_question_is_heard_and_answered_aloud(bare: Mesh, tmp_path: Path, avatar: str) -> None:
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")
    # Of "who are you" pocketsphinx makes "to argue".
    question = say("what is your name", "rms", tmp_path)
    with bare.client() as client:
        answer = client.post(PATH, files={"audio": question}, data={"avatar": avatar})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert word_errors("what is your name", said["transcript"]) == 0
    assert said["engines"] == {"asr": "pocketsphinx", "llm": "responder", "tts": "espeak", "animation": "warp"}


def test_the_doctor_says_what_runs_and_what_to_do(bare: Mesh) -> None:
    command = [sys.executable, "-m", "AvatarChatbot.cli", "doctor"]
    environment = {"AVATARCHATBOT_MODELS": str(bare.folder / "models"), "COLUMNS": "200", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {line.split()[3] for line in done.stdout.splitlines() if "✔" in line} == {
        "draft",
        "espeak",
        "pocketsphinx",
        "responder",
        "warp",
    }
    assert done.stdout.count("run `avatarchatbot models prepare`") >= 3


def test_the_services_stay_ready(bare: Mesh) -> None:
    for url in bare.addresses().values():
        assert httpx.get(f"{url}/health/ready", trust_env=False).is_success
