"""Synthetic speakers whose pitch is known."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from comps.describe.register import RATE
from comps.media.audio import Pcm, decode_audio


def flite(voice: str, folder: Path) -> Pcm:
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed: run scripts/setup --dev")
    text = "The quick brown fox jumps over the lazy dog, and then it tells everyone about the weather in the mountains."
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(folder / "voice.wav")], check=True)
    return decode_audio((folder / "voice.wav").read_bytes(), rate=RATE)
