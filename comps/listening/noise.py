"""Steady noise taken out of speech: spectral subtraction with Wiener's gain (Boll 1979; Scalart and Filho 1996)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Frames of 25 ms every 10 ms at 16 kHz, and the transform's length.
_FRAME, _HOP, _FFT = 400, 160, 512
#: Noise swings about its mean: so much of it is taken away, and so much of a frame is left, or what remains would warble.
_TAKEN, _LEFT = 1.5, 0.1
_WINDOW = np.hanning(_FRAME)

Floats = NDArray[np.float32]


def without_noise(sound: Floats, noise: Floats) -> Floats:
    """``sound``: float32 [n]; ``noise``: what is heard where nobody speaks, a frame of 25 ms at least. → float32 [n]."""
    steady = np.mean(np.abs(_spectra(noise)) ** 2, axis=0)
    spectra = _spectra(np.pad(sound, _FRAME))
    power = np.maximum(np.abs(spectra) ** 2, np.finfo(np.float32).tiny)
    frames = np.fft.irfft(spectra * np.maximum(1 - _TAKEN * steady / power, _LEFT), _FFT)[:, :_FRAME] * _WINDOW
    length = len(frames) * _HOP + _FRAME
    added, weight = np.zeros(length), np.zeros(length)
    for number, frame in enumerate(frames):
        added[number * _HOP : number * _HOP + _FRAME] += frame
        weight[number * _HOP : number * _HOP + _FRAME] += _WINDOW**2
    return np.asarray((added / np.maximum(weight, 1e-3))[_FRAME : _FRAME + len(sound)], np.float32)


def _spectra(sound: Floats) -> NDArray[np.complex128]:
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP]
    return np.asarray(np.fft.rfft(frames * _WINDOW, _FFT), np.complex128)
