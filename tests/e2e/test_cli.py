"""The command line, as a person types it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from AvatarChatbot.version import __version__
from tests.e2e.mesh import Mesh
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


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--text", "Hi", "--audio", "AvatarChatbot/demo/who_are_you.wav"], 2, "one of them"),
        (["--audio", "README.md"], 1, "no sound"),
        (["--audio", "AvatarChatbot/avatars/aria.png"], 1, "no sound"),
        (["--text", "Hi", "--avatar", "AvatarChatbot/demo/who_are_you.wav"], 1, "no picture or clip"),
        (["--text", "Hi", "-o", "no/such/folder/x.mp4"], 2, "cannot be written"),
        (["--text", "Hi", "-o", "."], 2, "cannot be written"),
        (["--text", "Hi", "--report", "no/such/folder/x.json"], 2, "cannot be written"),
        (["--text", "Hi", "--key", "k"], 2, "--url"),
        (["--text", "Hi", "--url", "http://127.0.0.1:9"], 1, "nobody answers"),
        (["--text", "Hi", "--url", "ftp://127.0.0.1"], 1, "no address"),
        (["--text", "Hi", "--url", "http://[::"], 1, "no address"),
    ],
)
def test_mistakes_are_told_before_a_mesh_is_started(home: Path, arguments: list[str], code: int, said: str) -> None:
    output = [] if "-o" in arguments else ["-o", str(home / "x.mp4")]
    done = _run(home, "ask", *arguments, *output)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "start the services" not in done.stderr
    assert not (home / "x.mp4").exists()


def test_a_mesh_that_runs_is_asked(mesh: Mesh, home: Path) -> None:
    video, report = home / "running.mp4", home / "running.json"
    audio = "AvatarChatbot/demo/who_are_you.wav"
    done = _run(home, "ask", "--audio", audio, "--size", "256", "--url", mesh.url, "-o", str(video), "--report", str(report))
    assert done.returncode == 0, done.stderr
    assert "start the services" not in done.stderr
    assert "who are you" in done.stdout.lower()
    told, decoded = json.loads(report.read_text()), decode(video.read_bytes())
    assert abs(decoded.video_s - told["duration"]) <= 0.1
    assert decoded.frames.shape[1:3] == (256, 256)


def test_an_answer_goes_into_a_pipe(mesh: Mesh, home: Path) -> None:
    url = mesh.url.removeprefix("http://") + "/v1/avatarchatbot"
    command = [sys.executable, "-m", "AvatarChatbot", "ask", "--text", "Hello!", "--size", "128", "--url", url, "-o", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env={**os.environ, "HOME": str(home)})
    assert done.returncode == 0, done.stderr
    assert decode(done.stdout).codecs == ("h264", "aac")
    assert b"Answer:" in done.stderr


def test_what_a_running_mesh_refuses_is_told(mesh: Mesh, home: Path) -> None:
    done = _run(home, "ask", "--text", "Hi", "--engine", "sadtalker", "--url", mesh.url, "-o", str(home / "x.mp4"))
    assert done.returncode == 1
    assert "there are: warp" in " ".join(done.stderr.split())
    assert not (home / "x.mp4").exists()
    done = _run(home, "ask", "--text", "Hi", "--url", mesh.addresses()["llm"], "-o", str(home / "x.mp4"))
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr


#: Interrupts its own group, as Ctrl-C in a terminal does, so many seconds after the command line's first line has run.
_INTERRUPTED = """
import os, signal, sys, threading
from AvatarChatbot.__main__ import main
for seconds in map(float, sys.argv.pop(1).split(",")):
    timer = threading.Timer(seconds, os.killpg, (0, signal.SIGINT))
    timer.daemon = True
    timer.start()
main()
"""


@pytest.mark.parametrize("command", ["up --port 0", "ask --text Hi"])
@pytest.mark.parametrize("seconds", ["0.05", "0.3", "0.6", "0.9", "1.3,1.4,1.5", "2", "3.5"])
def test_ctrl_c_is_quiet_at_any_moment(home: Path, command: str, seconds: str) -> None:
    environment = {
        **os.environ,
        "HOME": str(home),
        "STORAGE_BLOBS": str(home / "blobs"),
        "STORAGE_DATABASE": f"sqlite+aiosqlite:///{home}/interrupted.db",
        "INTERRUPTED_TEST": str(home),
    }
    arguments = [sys.executable, "-c", _INTERRUPTED, seconds, *command.split()]
    if "ask" in arguments:
        arguments += ["-o", str(home / "interrupted.mp4")]
    done = subprocess.run(
        arguments,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert done.returncode in (0, 130), done.stdout
    for word in ("Traceback", "Interrupt", "Error", "Abort", "ERROR", "WARNING"):
        assert word not in done.stdout, done.stdout
    until = time.monotonic() + 10
    while (left := _with("INTERRUPTED_TEST", str(home))) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def _with(name: str, value: str) -> list[str]:
    """Commands of the processes that have a variable in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"{name}={value}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_text())
    return found


def test_a_port_that_another_program_has_is_an_error_before_anything_starts(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run(home, "up", "--port", str(port))
    assert done.returncode == 2
    assert f"{port} of gateway" in " ".join(done.stderr.split())
    assert "ready" not in done.stdout


def test_the_version_the_exit_codes_and_completion(home: Path) -> None:
    assert _run(home, "--version").stdout == f"avatarchatbot {__version__}\n"
    assert "130 ended by Ctrl-C" in _run(home, "--help").stdout
    completed = _run(home, "--show-completion", "bash")
    assert "avatarchatbot" in completed.stdout.lower() or "complete" in completed.stdout, completed


def test_settings_are_a_line_each_where_they_are_piped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATARCHATBOT_HOSTS", "a.example.org,b.example.org")
    lines = _run(home, "settings").stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    assert all(len(row) == 3 and row[0].isupper() and row[2] for row in rows)
    values = {name: value for name, value, _ in rows}
    assert values["AVATARCHATBOT_PORT"] == "8888"
    assert "b.example.org" in values["AVATARCHATBOT_HOSTS"]


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
