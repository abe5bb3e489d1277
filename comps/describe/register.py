"""How a voice sounds: its pitch, how much the pitch moves, how fast it speaks. Nothing is said of who is speaking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comps.media.audio import Pcm

#: Sample rate that ``register`` takes, Hz; frames of 20 ms, windows of 64 ms: two periods of the lowest voice.
RATE = 16_000
_HOP, _WINDOW = 320, 1024
_HOP_S = _HOP / RATE
#: Range of speaking pitch, Hz.
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 420.0
#: A frame is voiced when its autocorrelation at the pitch period reaches this (1: perfectly periodic).
_VOICED = 0.45
#: The first peak within this of the best is the period; later ones are its multiples.
_FIRST_PEAK = 0.87
#: Medians below and above which a voice is called low and high, Hz.
_LOW_HZ, _HIGH_HZ = 145.0, 185.0
#: Interquartile range of pitch above which a voice is called expressive, semitones.
_EXPRESSIVE_ST = 4.0
#: Syllables a second below and above which speech is called slow and fast.
_SLOW, _FAST = 3.0, 5.2
#: What speech is at least: seconds of voice; and between: share of sound that is voiced, syllables a second, pitch spread in
#: semitones (a tone has none, music much).
_MIN_VOICED_S = 0.6
_SPEECH_VOICED, _SPEECH_SYLLABLES, _SPEECH_SPREAD = (0.2, 0.97), (1.3, 9.0), (0.25, 12.0)

Floats = NDArray[np.float64]
Level = Literal["low", "mid", "high"]


@dataclass(frozen=True)
class Register:
    """``pitch_hz``: median; ``spread_st``: interquartile range in semitones; ``syllables_per_s`` while speaking."""

    level: Level
    pitch_hz: float
    spread_st: float
    syllables_per_s: float

    @property
    def expressive(self) -> bool:
        return self.spread_st > _EXPRESSIVE_ST

    @property
    def pace(self) -> Literal["slow", "", "fast"]:
        return "slow" if self.syllables_per_s < _SLOW else "fast" if self.syllables_per_s > _FAST else ""


def register(sound: Pcm) -> Register | None:
    """The register of the voice in ``sound`` (at ``RATE``); None when there is no speech in it.

    Raises ValueError for another sample rate.
    """
    if sound.rate != RATE:
        raise ValueError(f"expected {RATE} Hz, not {sound.rate}")
    samples = sound.samples.astype(np.float64) / 32768
    frames = len(samples) // _HOP
    if frames * _HOP_S < _MIN_VOICED_S:
        return None
    level = 10 * np.log10((samples[: frames * _HOP].reshape(-1, _HOP) ** 2).mean(axis=1) + 1e-10)
    pitch = pitch_track(samples)[:frames]
    active = level > max(-50.0, float(np.percentile(level, 95)) - 25)
    voiced = active & ~np.isnan(pitch)
    if voiced.sum() * _HOP_S < _MIN_VOICED_S:
        return None
    return _judge(pitch[voiced], _syllable_rate(level, active, voiced), float(voiced.sum() / active.sum()))


def _judge(pitch: Floats, syllables_per_s: float, voiced_share: float) -> Register | None:
    median = float(np.median(pitch))
    # Octave errors lie beyond.
    pitch = pitch[(pitch > median / 1.8) & (pitch < median * 1.8)]
    median = float(np.median(pitch))
    spread = float(12 * np.log2(np.percentile(pitch, 75) / np.percentile(pitch, 25)))
    speech = zip((voiced_share, syllables_per_s, spread), (_SPEECH_VOICED, _SPEECH_SYLLABLES, _SPEECH_SPREAD), strict=True)
    if not all(least <= value <= most for value, (least, most) in speech):
        return None
    level: Level = "low" if median < _LOW_HZ else "high" if median > _HIGH_HZ else "mid"
    return Register(level, round(median, 1), round(spread, 2), round(syllables_per_s, 2))


def pitch_track(samples: Floats) -> Floats:
    """Pitch every 20 ms by normalised autocorrelation (Boersma 1993, §2): Hz, NaN where there is none.

    ``samples``: float64 [n] at ``RATE``, -1 … 1.
    """
    padded = np.pad(samples, _WINDOW // 2)
    starts = np.arange(0, len(padded) - _WINDOW, _HOP)
    tracks = [_pitch(padded[block[:, None] + np.arange(_WINDOW)]) for block in np.array_split(starts, len(starts) // 500 + 1)]
    return np.concatenate(tracks)


def _pitch(frames: Floats) -> Floats:
    window = np.hanning(_WINDOW)
    shape = _autocorrelation(window[None])[0]
    correlation = _autocorrelation((frames - frames.mean(axis=1, keepdims=True)) * window)
    # The window's own autocorrelation is divided out, so that a periodic sound reaches 1 at its period.
    correlation = correlation / (correlation[:, :1] + 1e-9) / (shape / shape[0] + 1e-9)
    shortest, longest = int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ)
    lags = correlation[:, shortest - 1 : longest + 1]
    peak = (lags[:, 1:-1] > lags[:, :-2]) & (lags[:, 1:-1] >= lags[:, 2:])
    heights = np.where(peak, lags[:, 1:-1], -1.0)
    best = heights.max(axis=1)
    period = (heights >= _FIRST_PEAK * best[:, None]).argmax(axis=1) + shortest
    return np.where(best > _VOICED, RATE / period, np.nan)


def _autocorrelation(frames: Floats) -> Floats:
    """Autocorrelation at lags 0 … n-1 of each row: [m, n] → [m, n]."""
    length = frames.shape[1]
    return np.asarray(np.fft.irfft(np.abs(np.fft.rfft(frames, 2 * length)) ** 2)[:, :length])


def _syllable_rate(level: Floats, active: NDArray[np.bool_], voiced: NDArray[np.bool_]) -> float:
    """Voiced peaks of the smoothed level, a second of sound. ``level`` in dB, a value every 20 ms."""
    smooth = np.convolve(np.where(active, level, level[active].min()), np.hanning(9) / 4, "same")
    # A syllable's nucleus stands out from what is between it and the next; ripples do not.
    peaks = 0
    last_valley = smooth[0]
    rising = True
    highest = smooth[0]
    for value, is_voiced in zip(smooth, voiced, strict=True):
        if rising:
            highest = max(highest, value)
            if value < highest - 1.5:
                peaks += int(highest - last_valley > 1.5)
                rising, last_valley = False, value
        else:
            last_valley = min(last_valley, value)
            if value > last_valley + 1.5 and is_voiced:
                rising, highest = True, value
    return peaks / max(0.5, float(active.sum()) * _HOP_S)
