"""Log-mel spectra for audio-to-viseme: on the answer's own 10 ms grid, and normalised within a window, never over the whole.

So the spectrum at a time depends only on the sound near it, and a chunk sees what the whole answer would. Spectra are taken
at the sound's own rate: bands are means of power density, so no resampling is needed.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.spectrum import Sound, triangles

#: Spectra per second; spectrum i is centred on (i + 0.5) / HZ seconds.
HZ = 100
BANDS = 32
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7600.0
_WINDOW_S = 0.025
#: Each band is measured against its loudest moment within this many seconds on either side …
NORMALISE_S = 0.8
#: … but not below the loudest band by more than this (natural logarithm of power; 26 dB), so that hiss stays hiss.
_BAND_RANGE = 6.0
#: A band that never gets louder than this holds no speech, and is not brought up to level (natural logarithm of power density).
_QUIETEST = float(np.log(1e-8))
#: Power density of silence: a noise of 0.3 thousandths of full scale.
_FLOOR = 1e-11


def log_mel(sound: Sound, first: int, count: int) -> NDArray[np.float32]:
    """Spectra ``first`` … ``first + count - 1`` of the answer: float32 [count, BANDS], normalised, about -2.5 … 2.

    Where ``sound`` does not reach, there is silence.
    """
    reach = int(NORMALISE_S * HZ)
    power = _band_power(sound, first - reach, count + 2 * reach)
    level = np.log(power + _FLOOR)
    loudest = np.lib.stride_tricks.sliding_window_view(level, 2 * reach + 1, axis=0).max(axis=-1)
    reference = np.maximum(np.maximum(loudest, loudest.max(axis=1, keepdims=True) - _BAND_RANGE), _QUIETEST)
    normalised = (level[reach : reach + count] - reference) / 3.0 + 1.0
    return np.asarray(np.clip(normalised, -2.5, 2.0), np.float32)


def _band_power(sound: Sound, first: int, count: int) -> NDArray[np.float64]:
    """Mean power density in each band [count, BANDS]."""
    width = round(_WINDOW_S * sound.rate)
    centres = np.round((np.arange(first, first + count) + 0.5) * sound.rate / HZ).astype(np.int64)
    start = int(centres[0]) - width // 2
    stop = int(centres[-1]) - width // 2 + width
    stretch = sound.between(start, stop)
    frames = np.lib.stride_tricks.sliding_window_view(stretch, width)[centres - centres[0]]
    window = np.hanning(width + 2)[1:-1]
    spectrum = np.fft.rfft(frames * window, _fft_size(sound.rate), axis=1)
    density = (spectrum.real**2 + spectrum.imag**2) / (sound.rate * float(window @ window))
    return np.asarray(density @ _mel_bank(sound.rate))


def _fft_size(rate: int) -> int:
    """A power of two with bins of at most 31.25 Hz, and room for the window."""
    return 1 << int(np.ceil(np.log2(rate / 31.25)))


@functools.lru_cache(maxsize=8)
def _mel_bank(rate: int) -> NDArray[np.float64]:
    """Triangles [bins, BANDS] whose columns sum to one (zero above the sound's highest frequency)."""
    mel = np.linspace(_to_mel(_LOWEST_HZ), _to_mel(_HIGHEST_HZ), BANDS + 2)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    weight = triangles(edges, np.fft.rfftfreq(_fft_size(rate), 1.0 / rate))
    return np.asarray(weight / np.maximum(weight.sum(axis=0), 1e-9))


def _to_mel(hertz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))
