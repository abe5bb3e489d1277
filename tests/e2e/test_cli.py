"""The command line, as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.video import decode

pytestmark = pytest.mark.timeout(180)


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HOME": str(folder),
        "STORAGE_BLOBS": str(folder / "blobs"),
        "STORAGE_DATABASE": f"sqlite+aiosqlite:///{folder}/records.db",
        "COLUMNS": "160",
    }
    command = [sys.executable, "-m", "AvatarChatbot.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_ask_with_no_file_at_all(home: Path) -> None:
    video, report = home / "answer.mp4", home / "report.json"
    done = _run(home, "ask", "--text", "Who are you?", "-o", str(video), "--report", str(report))
    assert done.returncode == 0, done.stderr
    said = json.loads(report.read_text())
    assert said["reply"] in " ".join(done.stdout.split()) or said["reply"][:60] in done.stdout
    assert "timings" in done.stdout
    decoded = decode(video.read_bytes())
    assert decoded.codecs == ("h264", "aac")
    assert abs(decoded.video_s - said["duration"]) <= 0.1
    assert said["engines"]["animation"] == "warp"
    assert {"llm", "tts", "animation", "total"} <= said["timings"].keys()
    assert len(said["phonemes"][0]) == 3


def test_ask_aloud_with_a_persona_and_a_voice(home: Path) -> None:
    card = home / "card.json"
    card.write_text(json.dumps({"name": "Olaf", "background": ["Olaf was a sailor for forty years."]}))
    video = home / "olaf.mp4"
    drawn = ["--engine", "warp", "--restore", "none", "--size", "256"]
    audio = "AvatarChatbot/demo/who_are_you.wav"
    done = _run(home, "ask", "--audio", audio, "--persona", str(card), "--voice", "an old sailor", *drawn, "-o", str(video))
    assert done.returncode == 0, done.stderr
    assert decode(video.read_bytes()).frames.shape[1:3] == (256, 256)
    assert "Olaf" in done.stdout
    assert "who are you" in done.stdout.lower()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask"], 2, "--audio"),
        (["ask", "--text", "Hi", "--avatar", "nowhere/me.jpg"], 2, "no file"),
        (["ask", "--text", "Hi", "--avatar", "pyproject.toml"], 1, "Unsupported media"),
        (["ask", "--text", "Hi", "--voice", "xx-nowhere+nobody"], 1, "Unknown voice"),
        (["ask", "--text", "Hi", "--persona", "README.md"], 2, "not JSON"),
        (["ask", "--text", "Hi", "--engine", "sadtalker"], 1, "there are: warp"),
        (["ask", "--text", "Hi", "--restore", "mouth"], 1, "there are: none"),
        (["ask", "--text", "Hi", "--restore", "hair"], 1, "'none', 'mouth' or 'face'"),
        (["ask", "--text", "Hi", "--size", "100"], 1, "size"),
    ],
)
def test_mistakes_are_explained(home: Path, arguments: list[str], code: int, said: str) -> None:
    done = _run(home, *arguments, *(["-o", str(home / "x.mp4")] if len(arguments) > 1 else []))
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (home / "x.mp4").exists()


def test_doctor_names_an_engine_for_every_stage(home: Path) -> None:
    done = _run(home, "doctor")
    assert done.returncode == 0, done.stdout
    chosen = [line for line in done.stdout.splitlines() if "✔" in line]
    # English is spoken by hibari, all other languages by espeak.
    found = [(line.split()[1], line.split()[3]) for line in chosen]
    assert [stage for stage, _ in found] == ["asr", "describe", "llm", "tts", "tts", "animation"]
    assert {("asr", "moonshine"), ("tts", "hibari"), ("tts", "espeak")} <= set(found)


def test_the_models_are_listed(home: Path) -> None:
    done = _run(home, "models", "list")
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in ("moonshine-tiny-en", "hibari", "silero-vad"))


def test_a_package_of_the_same_name_is_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home / "other" / "opea_comps-1.5.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: opea-comps\nVersion: 1.5\n")
    assert "opea-comps" not in _run(home, "settings").stderr
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    assert "opea-comps 1.5 is installed too" in " ".join(_run(home, "settings").stderr.split())


def test_settings_are_listed_without_secrets(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-very-secret")
    done = _run(home, "settings")
    assert "LLM_API_KEY" in done.stdout
    assert "sk-very-secret" not in done.stdout
