"""Pitch and formants of a synthetic voice, changed each without the other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from comps.tts.psola import shifted

RATE, HOP = 24000, 300
Float = NDArray[np.float32]


def _vowel(f0: Float) -> Float:
    """A pulse train through formants at 700, 1200 and 2600 Hz; silence where ``f0`` is 0."""
    course = np.repeat(f0, HOP).astype(np.float64)
    phase = np.cumsum(course) / RATE
    train = np.diff(np.floor(phase), prepend=0.0)
    times = np.arange(2400) / RATE
    response = sum(np.exp(-np.pi * 300 * times) * np.sin(2 * np.pi * hertz * times) for hertz in (700, 1200, 2600))
    return (0.1 * np.convolve(train, response)[: len(course)]).astype(np.float32)


def _f0(sound: Float) -> float:
    """By autocorrelation, over the middle of the sound."""
    middle = sound[len(sound) // 4 : -len(sound) // 4].astype(np.float64)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(middle, 2 * len(middle))) ** 2)
    lags = np.arange(RATE // 500, RATE // 60)
    # Two periods are as alike as one.
    return RATE / float(lags[np.flatnonzero(correlation[lags] > 0.93 * correlation[lags].max())[0]])


def _centre(sound: Float) -> float:
    """The centre of the power spectrum, Hz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    return float(np.fft.rfftfreq(len(sound), 1 / RATE) @ power / power.sum())


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.0, 1.25, 1.5])
@pytest.mark.parametrize("formant", [0.8, 0.87, 1.0, 1.15])
def test_pitch_and_formants_are_as_wanted(factor: float, formant: float) -> None:
    f0 = np.full(80, 190.0, np.float32)
    sound = _vowel(f0)
    made = shifted(sound, RATE, f0, f0 * np.float32(factor), HOP, formant)
    assert len(made) == len(sound)
    assert _f0(made) == pytest.approx(190 * factor, rel=0.02)
    # Its harmonics sample the envelope elsewhere.
    assert _centre(made) == pytest.approx(_centre(sound) * formant, rel=0.1)
    assert np.sqrt(np.mean(made**2)) == pytest.approx(np.sqrt(np.mean(sound**2)), rel=0.35)


def test_unchanged_is_almost_the_same_sound() -> None:
    f0 = np.linspace(150, 250, 80).astype(np.float32)
    sound = _vowel(f0)
    made = shifted(sound, RATE, f0, f0, HOP)
    inner = slice(10 * HOP, -10 * HOP)
    assert np.corrcoef(sound[inner], made[inner])[0, 1] > 0.98


def test_a_rise_is_heard_where_it_is_wanted() -> None:
    f0 = np.full(80, 190.0, np.float32)
    wanted = f0.copy()
    wanted[40:] = np.linspace(190, 280, 40)
    made = shifted(_vowel(f0), RATE, f0, wanted, HOP)
    assert _f0(made[: 40 * HOP]) == pytest.approx(190, rel=0.02)
    assert _f0(made[66 * HOP :]) == pytest.approx(262, rel=0.04)


def test_the_model_s_f0_may_be_a_little_wrong() -> None:
    """The pulses are found in the sound: 2 % of error would be twenty periods off after five seconds."""
    f0 = np.full(400, 190.0, np.float32)
    sound = _vowel(f0)
    made = shifted(sound, RATE, f0 * np.float32(1.02), f0 * np.float32(0.7 * 1.02), HOP)
    assert _f0(made) == pytest.approx(190 * 0.7, rel=0.03)
    assert np.abs(made).max() < 2 * np.abs(sound).max()


@pytest.mark.parametrize("samples", [0, 1, 299, 600, 12345])
def test_what_has_no_voice_keeps_its_noise(samples: int) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, samples).astype(np.float32)
    f0 = np.zeros(-(-samples // HOP), np.float32)
    made = shifted(noise, RATE, f0, f0, HOP)
    assert len(made) == samples
    if samples > 5000:
        assert np.corrcoef(noise[500:-500], made[500:-500])[0, 1] > 0.95


def test_voice_and_silence_in_turns() -> None:
    f0 = np.tile(np.repeat([0.0, 200.0, 1.0, 90.0], 9), 5).astype(np.float32)
    made = shifted(_vowel(f0), RATE, f0, f0 * np.float32(1.3), HOP, 1.1)
    assert np.isfinite(made).all()
    assert np.abs(made).max() < 1.0
