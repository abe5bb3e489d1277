"""``avatarchatbot doctor --face``: what is wrong with a face, and the exit code, on a terminal that shows nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from AvatarChatbot import avatars
from comps.cores.common.settings import LandmarkSettings
from comps.media.image import decode_image, encode_png
from comps.media.landmarks import Landmarker

pytestmark = pytest.mark.skipif(
    Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
)


def doctor(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "AvatarChatbot.cli", "doctor", "--face", str(path)]
    wide = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=100, env=wide, check=False)


def saved(folder: Path, picture: np.ndarray) -> Path:
    made = folder / "me.png"
    made.write_bytes(encode_png(np.ascontiguousarray(picture)))
    return made


def aria() -> np.ndarray:
    return decode_image(avatars.path("aria").read_bytes())


def test_a_good_picture_is_one_line() -> None:
    said = doctor(avatars.path("aria"))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"{avatars.path('aria')}: can be used, score 1.00 of 1\n"


def test_a_warning_is_told_with_what_to_change(tmp_path: Path) -> None:
    said = doctor(saved(tmp_path, np.asarray(aria() * 0.2, np.uint8)))
    assert (said.returncode, said.stderr) == (0, "")
    assert "dark" in said.stdout
    assert "Let light fall on the face from the front." in said.stdout


def test_a_face_that_cannot_be_used_is_exit_code_1(tmp_path: Path) -> None:
    said = doctor(saved(tmp_path, aria()[:, 560:]))
    assert (said.returncode, said.stderr) == (1, "")
    assert "face_cut" in said.stdout
    assert "cannot be used" in said.stdout


@pytest.mark.parametrize("content", [b"", b"a shopping list\n", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "cut short"])
def test_a_file_that_is_no_picture_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(content)
    said = doctor(path)
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith(f"{path}: ")
    assert said.stdout.count("\n") == 1
