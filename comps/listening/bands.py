"""How loud a window of sound is, band by band, and whether it is voiced."""

from __future__ import annotations

import functools
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BANDS = 16
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 5000.0
#: Voices are between these.
_LOWEST_PITCH_HZ, _HIGHEST_PITCH_HZ = 75.0, 420.0


@functools.lru_cache(maxsize=4)
def _bank(size: int, rate: int) -> tuple[Floats, Floats]:
    """A window [size], and which share of each bin a band takes [size / 2 + 1, BANDS]: bands of equal width in mel."""
    lowest, highest = (2595 * np.log10(1 + f / 700) for f in (_LOWEST_HZ, _HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 1) / 2595) - 1)
    bins = np.fft.rfftfreq(size, 1 / rate)
    bank = ((bins[:, None] >= edges[:-1]) & (bins[:, None] < edges[1:])).astype(float)
    return np.hanning(size), bank / np.maximum(bank.sum(axis=0), 1)


def magnitudes(window: NDArray[np.int16], rate: int) -> Floats:
    """Root mean square in each band [BANDS], of int16 [n] at ``rate``: full scale is about 1."""
    shape, bank = _bank(len(window), rate)
    spectrum = np.abs(np.fft.rfft(window / 32768 * shape)) / np.sqrt(np.sum(shape**2))
    return cast("Floats", np.sqrt(spectrum**2 @ bank))


def voicing(window: NDArray[np.int16], rate: int) -> float:
    """How periodic a window is, 0 … 1: the height of its autocorrelation at the best pitch; needs 40 ms or more."""
    sound = window.astype(np.float64)
    sound -= sound.mean()
    energy = float(sound @ sound)
    if energy <= 0:
        return 0.0
    size = 2 ** (2 * len(sound) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(sound, size)) ** 2, size)[: len(sound)]
    # What is left of a window as it is moved over itself: shorter overlaps count for as much.
    overlap = (len(sound) - np.arange(len(sound))) / len(sound)
    lags = slice(int(rate / _HIGHEST_PITCH_HZ), int(rate / _LOWEST_PITCH_HZ))
    return float(np.clip((correlation[lags] / (energy * overlap[lags])).max(), 0.0, 1.0))
