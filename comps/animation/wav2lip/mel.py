"""Mel spectra as Wav2Lip was trained with, on the answer's absolute grid: a chunk sees what the whole answer would.

Parameters of the reference (Wav2Lip's hparams.py and audio.py): 16 kHz, pre-emphasis 0.97, window and FFT of 800 samples, hop
200, 80 Slaney mels of 55 … 7600 Hz on magnitudes, decibels scaled and clipped to -4 … 4.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.spectrum import Doubles, Sound, triangles
from comps.animation.wav2lip.jobs import MEL_BANDS, MEL_COLUMNS

#: Samples a second, of the window, and between columns (80 columns a second).
RATE, _WINDOW, _HOP = 16_000, 800, 200
_PRE_EMPHASIS = 0.97
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 7600.0
#: Decibels: the quietest magnitude, the reference level, and the range that becomes -4 … 4.
_QUIETEST, _REFERENCE_DB, _RANGE_DB, _LIMIT = 1e-5, 20.0, 100.0, 4.0
#: Half width of the resampling filter in zero crossings, its Kaiser window's beta, and its pass band's share.
_CROSSINGS, _BETA, _PASS = 16, 9.0, 0.94


def windows(sound: Sound, start_frame: int, frames: int, fps: int) -> NDArray[np.float32]:
    """What the generator hears for frames ``start_frame`` … ``start_frame + frames - 1`` of an answer: float32 [frames, 80, 16].

    Every frame has a window, with silence where ``sound`` does not reach. Depends on sound within 0.3 s of a frame.
    """
    starts = np.array([first_column(start_frame + k, fps) for k in range(frames)])
    columns = mel(sound, int(starts[0]), int(starts[-1] - starts[0]) + MEL_COLUMNS)
    slices = (starts - starts[0])[:, None] + np.arange(MEL_COLUMNS)
    return np.ascontiguousarray(columns[slices].transpose(0, 2, 1))


def first_column(frame: int, fps: int) -> int:
    """Where a frame's window begins.

    The networks were trained at 25 fps with windows that begin one frame before the picture (``get_segmented_mels``). The
    reference's ``inference.py`` begins them with the picture, int(frame · 80 / fps), so its mouths are a frame early. At other
    rates the middle of the frame decides: floor(80 · (frame + 0.5) / fps - 4.8).
    """
    return ((2 * frame + 1) * 200 - 24 * fps) // (5 * fps)


def mel(sound: Sound, first: int, count: int) -> NDArray[np.float32]:
    """Columns ``first`` … ``first + count - 1`` of the answer's spectrum, -4 … 4: float32 [count, 80].

    Column k is centred on k / 80 s, as librosa's are with ``pad_mode="constant"`` for sound that begins with the answer.
    """
    start = first * _HOP - _WINDOW // 2
    samples = _resampled(sound, start - 1, start + (count - 1) * _HOP + _WINDOW)
    emphasised = samples[1:] - _PRE_EMPHASIS * samples[:-1]
    # The filter stops with the sound, as the reference's does: its answer to the last sample would be a click.
    end = -(-(sound.first + len(sound.samples)) * RATE // sound.rate)
    emphasised[max(end - start, 0) :] = 0.0
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, _WINDOW)[::_HOP]
    return _scaled(frames)


def _scaled(frames: Doubles) -> NDArray[np.float32]:
    """Stretches of sound [n, 800] → columns [n, 80]."""
    magnitude = np.abs(np.fft.rfft(frames * _hann(), axis=1))
    decibels = 20.0 * np.log10(np.maximum(magnitude @ _bank(), _QUIETEST)) - _REFERENCE_DB
    return np.clip(2.0 * _LIMIT * (decibels + _RANGE_DB) / _RANGE_DB - _LIMIT, -_LIMIT, _LIMIT).astype(np.float32)


def _resampled(sound: Sound, start: int, stop: int) -> Doubles:
    """Samples ``start`` … ``stop - 1`` of the answer at 16 kHz, whatever the stretch: each is filtered at its own time."""
    if sound.rate == RATE:
        return sound.between(start, stop).astype(np.float64)
    common = int(np.gcd(sound.rate, RATE))
    phases, step = RATE // common, sound.rate // common
    filters = _filters(phases, step)
    reach = filters.shape[1] // 2
    at = np.arange(start, stop) * step
    whole, phase = at // phases, at % phases
    low = int(whole[0]) - reach + 1
    samples = sound.between(low, int(whole[-1]) + reach + 1).astype(np.float64)
    around = np.lib.stride_tricks.sliding_window_view(samples, 2 * reach)[whole - whole[0]]
    return np.asarray(np.einsum("nk,nk->n", around, filters[phase]))


@functools.lru_cache(maxsize=8)
def _filters(phases: int, step: int) -> Doubles:
    """Windowed sinc filters [phases, taps] for a rate of ``step`` / ``phases`` of 16 kHz; each sums to one."""
    cutoff = _PASS * min(1.0, phases / step)
    reach = int(np.ceil(_CROSSINGS / cutoff))
    away = np.arange(-reach + 1, reach + 1) - np.arange(phases)[:, None] / phases
    shape = np.i0(_BETA * np.sqrt(np.clip(1.0 - (away / reach) ** 2, 0.0, None))) / np.i0(_BETA)
    filters = np.sinc(cutoff * away) * shape
    return np.asarray(filters / filters.sum(axis=1, keepdims=True))


@functools.cache
def _hann() -> Doubles:
    """A periodic Hann window, as STFTs use."""
    return np.hanning(_WINDOW + 1)[:-1]


@functools.cache
def _bank() -> Doubles:
    """Slaney's filter bank [401, 80]: triangles of equal area."""
    edges = _slaney_hz(np.linspace(_slaney_mel(_LOWEST_HZ), _slaney_mel(_HIGHEST_HZ), MEL_BANDS + 2))
    bank = triangles(edges, np.fft.rfftfreq(_WINDOW, 1.0 / RATE)) * (2.0 / (edges[2:] - edges[:-2]))
    return np.asarray(bank.astype(np.float32), np.float64)


#: Slaney's Auditory Toolbox: linear below 1 kHz (15 mels), 27 steps for each factor of 6.4 above it.
_LINEAR, _BEND_HZ, _BEND = 200.0 / 3.0, 1000.0, 15.0
_STEP = float(np.log(6.4)) / 27.0


def _slaney_mel(hertz: float) -> float:
    return hertz / _LINEAR if hertz < _BEND_HZ else _BEND + float(np.log(hertz / _BEND_HZ)) / _STEP


def _slaney_hz(mels: Doubles) -> Doubles:
    return np.where(mels < _BEND, mels * _LINEAR, _BEND_HZ * np.exp(_STEP * (mels - _BEND)))
