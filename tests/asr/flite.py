"""Questions spoken by Debian's flite: voices made of recordings of people, unlike espeak's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

VOICES = ("slt", "rms", "awb", "kal16")
QUESTIONS = (
    "who are you",
    "what is your name",
    "where do you live",
    "how old are you",
    "what do you like to do in your free time",
    "can you tell me a story about your childhood",
    "what is your favorite food",
    "do you have any brothers or sisters",
    "when did you start working here",
    "why did you become a teacher",
    "what are you doing this weekend",
    "how was your day today",
    "tell me something about your family",
    "what kind of music do you like",
    "are you happy with your life",
    "who is your best friend",
    "what is the capital of france",
    "how far is the moon from the earth",
    "what time is it now",
    "do you like cats or dogs better",
    "where did you go to school",
    "what would you do with a million dollars",
    "have you ever been to japan",
    "what is the weather like today",
    "can you help me with my homework",
    "what makes you laugh",
    "did you sleep well last night",
    "which book are you reading at the moment",
    "how do i get to the train station",
    "what do you want to be when you grow up",
)


def say(text: str, voice: str, folder: Path) -> bytes:
    """A WAV file. Skips the test where flite is not installed."""
    if shutil.which("flite") is None:
        pytest.skip("flite (Debian package flite) is not installed: no human-like speech to recognise")
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
    return path.read_bytes()
