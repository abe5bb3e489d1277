"""Loudness as ITU-R BS.1770 measures it, and the level that speech leaves with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from comps.tts.loudness import Samples, integrated, level, limited, true_peak

RATE = 24000


def _tone(seconds: float, amplitude: float, hz: float = 997.0, rate: int = RATE) -> Samples:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def _speechlike(seconds: float, seed: int) -> Samples:
    """Noise with the envelope of syllables."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=round(seconds * RATE))
    envelope = np.sin(np.pi * 4 * np.arange(len(noise)) / RATE) ** 2
    return (0.1 * noise * envelope).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 48000])
def test_a_full_scale_tone_of_997_hz_is_at_minus_3_01(rate: int) -> None:
    """BS.1770, annex 1: the figure it gives for checking a meter."""
    assert integrated(_tone(3.0, 1.0, rate=rate), rate) == pytest.approx(-3.01, abs=0.1)


def test_silence_between_sounds_does_not_count() -> None:
    """The gate of −10 dB leaves pauses out: EBU 3341's third case, here with silence."""
    sound = _tone(2.0, 0.1)
    paused = np.concatenate([sound, np.zeros(4 * RATE, np.float32), sound])
    assert integrated(paused, RATE) == pytest.approx(integrated(sound, RATE), abs=0.5)


def test_silence_is_minus_infinity_and_stays_silent() -> None:
    silence = np.zeros(RATE, np.float32)
    assert integrated(silence, RATE) == -math.inf
    assert not level(silence, RATE, 20.0).any()
    assert not len(level(np.zeros(0, np.float32), RATE))


def test_a_peak_between_samples_is_seen() -> None:
    """A quarter of the sampling rate, 45° off: every sample is at 0.71 of the wave's peak."""
    tone = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4).astype(np.float32)
    assert np.abs(tone).max() == pytest.approx(0.707, abs=0.001)
    assert true_peak(tone) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("amplitude", [0.01, 0.3, 1.0, 7.0])
@pytest.mark.parametrize("gain", [None, -12.0, 0.0, 12.0])
def test_any_speech_leaves_at_minus_18_and_below_the_peak(amplitude: float, gain: float | None) -> None:
    speech = _speechlike(4.0, 1) * np.float32(amplitude)
    out = level(speech, RATE, gain)
    assert out.dtype == np.float32
    assert integrated(out, RATE) == pytest.approx(-18.0, abs=1.0)
    assert 20 * np.log10(true_peak(out)) <= -1.0


def test_clauses_of_one_voice_keep_their_order_and_short_ones_the_voices_gain() -> None:
    """A clause 0.5 dB softer than the voice's mean stays so; a word is given what the voice is given, not −18 for itself."""
    gain = -18.0 - integrated(_speechlike(4.0, 1), RATE)
    soft = _speechlike(4.0, 1) * np.float32(10 ** (-0.5 / 20))
    assert integrated(level(soft, RATE, gain), RATE) == pytest.approx(-18.5, abs=0.1)
    word = _speechlike(0.12, 2)
    assert integrated(level(word, RATE, gain), RATE) < integrated(level(word, RATE), RATE) - 1.0


def test_the_limiter_touches_only_what_is_near_a_peak() -> None:
    speech = _tone(1.0, 0.3)
    speech[12000:12003] = 3.0
    out = limited(speech, RATE)
    assert true_peak(out) <= 10 ** (-1 / 20)
    np.testing.assert_allclose(out[:11500], speech[:11500])
    np.testing.assert_allclose(out[12500:], speech[12500:])
