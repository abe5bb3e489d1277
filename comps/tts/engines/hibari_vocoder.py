"""hibari's vocoder: the network's spectra and F0 to a waveform.

The same sum as the package's ``dsp.synth``, ``exp(lh) e^(iπ tanh θ) STFT(pulses(f0)) + exp(ln) Z + exp(lr) e^(iφ)``, but a block
of frames at a time: whole, a sentence of 12 s takes 50 MB more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Complex = NDArray[np.complex64]

#: Frames a block: its spectra are 300 KB each.
_BLOCK = 64
#: Log magnitudes above it would overflow the sound.
_LOUDEST = np.float32(7.0)


class Vocoder:
    """``dsp``: the package's module, for its pulse train and its windows."""

    def __init__(self, dsp: Any) -> None:
        self._pulses = dsp.pulses
        self._window: Float = dsp.WIN
        self._source_window: Float = dsp.WIN_SRC
        self._size: int = dsp.N_FFT
        self._hop: int = dsp.HOP

    def sound(self, spectra: Sequence[Float], f0: Float, rng: np.random.Generator) -> Float:
        """→ float32 [frames · hop].

        ``spectra``: log magnitude and phase of the voice, log magnitude of the noise, log magnitude and phase of the rest, each
        [bins, frames].
        """
        frames = len(f0)
        overlap = self._size // self._hop
        source = np.lib.stride_tricks.sliding_window_view(np.pad(self._pulses(f0), self._size // 2, mode="reflect"), self._size)[
            :: self._hop
        ]
        summed = np.zeros((frames + overlap - 1, self._hop), np.float32)
        weight = np.zeros_like(summed)
        squares = (self._window * self._window).reshape(overlap, self._hop)
        for start in range(0, frames, _BLOCK):
            end = min(start + _BLOCK, frames)
            voice = np.fft.rfft(source[start:end] * self._source_window).astype(np.complex64, copy=False)
            made = _spectrum(voice, [np.ascontiguousarray(part[:, start:end].T) for part in spectra], rng)
            pieces = np.fft.irfft(made, self._size).astype(np.float32, copy=False) * self._window
            for part, piece in enumerate(pieces.reshape(end - start, overlap, self._hop).swapaxes(0, 1)):
                summed[start + part : end + part] += piece
                weight[start + part : end + part] += squares[part]
        half = self._size // 2
        summed /= np.maximum(weight, np.float32(1e-11))
        return summed.reshape(-1)[half : half + frames * self._hop]


def _spectrum(voice: Complex, parts: Sequence[Float], rng: np.random.Generator) -> Complex:
    """[frames, bins], as all that goes in."""
    level, phase, noise_level, rest_level, rest_phase = parts
    noise = rng.standard_normal((len(level), 2 * level.shape[1]), dtype=np.float32).view(np.complex64)
    voice *= _polar(level, np.tanh(phase) * np.float32(np.pi))
    voice += noise * _magnitude(noise_level)
    voice += _polar(rest_level, rest_phase)
    return voice


def _polar(level: Float, phase: Float) -> Complex:
    made = np.empty(level.shape, np.complex64)
    magnitude = _magnitude(level)
    np.multiply(np.cos(phase), magnitude, out=made.real)
    np.multiply(np.sin(phase), magnitude, out=made.imag)
    return made


def _magnitude(level: Float) -> Float:
    return np.exp(np.minimum(level, _LOUDEST))
