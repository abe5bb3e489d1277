"""Speech with known timings, for training and judging: hibari, espeak-ng and flite."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.cores.common.settings import TtsSettings
from comps.cores.proto.avatar import Phoneme
from comps.models.folder import model_folder
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_worker import EspeakWorker
from comps.tts.engines.hibari import HibariEngine
from comps.tts.engines.hibari_voices import VOICES as HIBARI_VOICES
from comps.tts.engines.hibari_worker import HibariWorker

#: flite's phones (CMU's ARPAbet) as espeak mnemonics.
_PAIRS = """
    aa:A ae:a ah:V ao:O aw:aU ax:@ axr:3 ay:aI b:b ch:tS d:d dh:D eh:E er:3 ey:eI f:f g:g hh:h ih:I iy:i jh:dZ k:k l:l m:m n:n
    ng:N ow:oU oy:OI p:p pau:_ r:r s:s sh:S t:t th:T uh:U uw:u v:v w:w y:j z:z zh:Z
"""
_ARPABET = dict(pair.split(":") for pair in _PAIRS.split())


class Spoken(NamedTuple):
    """Mono float32 in -1 … 1, its rate, and what is said when."""

    samples: NDArray[np.float32]
    rate: int
    phonemes: list[Phoneme]


def espeak(text: str, voice: str = "en-us", *, wpm: int = 165, pitch: int = 50) -> Spoken:
    """``text`` by a voice and variant of espeak-ng (``en-us+f3``), as the tts service speaks it."""
    spoken = _speaker().speak(text, voice, Manner(rate=wpm, pitch=pitch))
    samples = np.frombuffer(spoken.pcm, "<i2").astype(np.float32) / 32768.0
    return Spoken(samples, spoken.rate, spoken.phonemes)


@functools.cache
def _speaker() -> EspeakWorker:
    return EspeakWorker()


def hibari_voices() -> list[str]:
    """hibari's voices; none where its model has not been prepared."""
    return [] if HibariEngine.unavailable(TtsSettings()) else list(HIBARI_VOICES)


def hibari(text: str, voice: str) -> Spoken:
    """``text`` by a voice of hibari, as the tts service speaks it."""
    spoken = _neural_speaker().speak(text, HIBARI_VOICES[voice])
    return Spoken(np.frombuffer(spoken.pcm, "<i2").astype(np.float32) / 32768.0, spoken.rate, spoken.phonemes)


@functools.cache
def _neural_speaker() -> HibariWorker:
    return HibariWorker(str(model_folder("hibari")))


def flite_voices() -> list[str]:
    """flite's English voices of 16 kHz; none where flite is not installed."""
    return ["awb", "kal16", "rms", "slt"] if shutil.which("flite") else []


def flite(text: str, voice: str) -> Spoken:
    """``text`` by a voice of flite (Debian: flite)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        timings = subprocess.run(
            ["flite", "-voice", voice, "-psdur", "-t", text, str(path)], check=True, capture_output=True, text=True
        ).stdout
        with wave.open(str(path)) as stored:
            rate = stored.getframerate()
            pcm = np.frombuffer(stored.readframes(stored.getnframes()), "<i2")
    phonemes: list[Phoneme] = []
    start = 0.0
    for item in timings.split():
        phone, _, end = item.rpartition(":")
        phonemes.append((start, float(end), _ARPABET.get(phone, "@")))
        start = float(end)
    return Spoken(pcm.astype(np.float32) / 32768.0, rate, phonemes)
