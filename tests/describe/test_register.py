"""What is heard in a voice: pitch and pace of synthetic speakers, and nothing in what is not speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.describe.card import describe_voice
from comps.describe.register import RATE, pitch_track, register
from comps.media.audio import Pcm
from tests.describe.speakers import flite

T = np.arange(6 * RATE) / RATE
RNG = np.random.default_rng(0)


def pcm(samples: np.ndarray) -> Pcm:
    return Pcm((np.clip(samples, -1, 1) * 20_000).astype(np.int16), RATE)


@pytest.mark.parametrize(("voice", "level", "pitch"), [("rms", "low", 101), ("kal", "low", 87), ("slt", "mid", 167)])
def test_synthetic_speakers(tmp_path: Path, voice: str, level: str, pitch: float) -> None:
    heard = register(flite(voice, tmp_path))
    assert heard is not None
    assert heard.level == level
    assert heard.pitch_hz == pytest.approx(pitch, rel=0.06)
    # 27 syllables in 5 to 6 seconds of speech.
    assert 3.0 <= heard.syllables_per_s <= 6.0


def test_a_higher_voice_is_called_high(tmp_path: Path) -> None:
    """slt's samples played faster: pitch and pace rise together."""
    spoken = flite("slt", tmp_path)
    squeezed = np.interp(np.arange(0, len(spoken.samples), 1.4), np.arange(len(spoken.samples)), spoken.samples)
    heard = register(Pcm(squeezed.astype(np.int16), RATE))
    slow = register(spoken)
    assert heard is not None
    assert slow is not None
    assert heard.level == "high"
    assert heard.syllables_per_s > slow.syllables_per_s
    assert describe_voice(heard).startswith("a high ")


@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_noise_does_not_change_the_pitch(tmp_path: Path, snr_db: float) -> None:
    spoken = flite("rms", tmp_path).samples / 32768
    noise = np.random.default_rng(3).normal(0, np.sqrt((spoken**2).mean() / 10 ** (snr_db / 10)), len(spoken))
    heard = register(pcm(spoken + noise))
    assert heard is not None
    assert heard.pitch_hz == pytest.approx(101, rel=0.06)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(0 * T, id="silence"),
        pytest.param(RNG.normal(0, 0.2, len(T)), id="noise"),
        pytest.param(0.3 * np.sin(2 * np.pi * 220 * T), id="tone"),
        pytest.param(0.3 * np.sin(2 * np.pi * (100 * T + 50 * T**2 / 6)), id="sweep"),
        pytest.param(0.3 * np.sin(2 * np.pi * 200 * T + 60 * np.sin(np.pi * T)), id="siren"),
        pytest.param(sum(0.1 * np.sign(np.sin(2 * np.pi * hz * T)) for hz in (131, 165, 196)), id="chord"),
        pytest.param(RNG.normal(0, 0.3, len(T)) * np.exp(-((T * 2) % 1) * 8), id="drums"),
        pytest.param(0.02 * np.sin(2 * np.pi * 100 * T) + RNG.normal(0, 0.002, len(T)), id="hum"),
        pytest.param(0.3 * np.sin(2 * np.pi * 150 * T) * (0.5 + 0.5 * np.sin(8 * np.pi * T)), id="pulsing tone"),
        pytest.param(np.zeros(100), id="almost nothing"),
        pytest.param(np.zeros(0), id="nothing"),
    ],
)
def test_what_is_not_speech_has_no_register(sound: np.ndarray) -> None:
    assert register(pcm(np.asarray(sound))) is None


@settings(deadline=None, max_examples=25)
@given(hz=st.floats(70, 400), harmonics=st.integers(1, 8))
def test_the_pitch_of_a_periodic_sound_is_found(hz: float, harmonics: int) -> None:
    t = T[: RATE // 2]
    sound = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, harmonics + 1))
    track = pitch_track(np.asarray(0.2 * sound))[3:-3]
    assert np.nanmedian(track) == pytest.approx(hz, rel=0.02)
    assert np.isnan(track).mean() < 0.1


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        register(Pcm(np.zeros(8000, np.int16), 8000))
