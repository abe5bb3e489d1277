"""Another pitch and other formants for speech whose F0 is known: time-domain pitch-synchronous overlap-add (Moulines and
Charpentier, 1990).

Each period of the voice is a grain, two periods long, windowed about the pulse of the glottis. Grains laid closer together or
farther apart are another pitch; grains of a sound that was sampled at another rate have other formants. What has no voice is
taken over in grains of 5 ms. Samples are mono float32, F0 is in Hz, a value every ``hop`` samples, 0 where unvoiced.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Array = NDArray[np.float64]

_VOICED_HZ = 60.0
#: Beyond it two marks are one: no voice of a model's is higher.
_HIGHEST_HZ = 600.0
_UNVOICED_S = 0.005
#: Pulses are looked for in means of as many samples: 3 kHz are left at 24.
_DECIMATION = 8
#: Periods that the phase of the fundamental is averaged over: none of its harmonics is left.
_PERIODS = 3
_SHORTEST_VOICED_S = 0.01
#: Silence around a sound that is sampled anew, so that its ends do not run into each other.
_PADDING = 256


@dataclass(frozen=True)
class _Stretch:
    """Marks of one stretch of sound: the pulses of the glottis, or every 5 ms where it is unvoiced."""

    voiced: bool
    marks: Array


@dataclass(frozen=True)
class _Grain:
    """``at``: the mark that it is taken from; ``to``: where it goes; ``before``, ``after``: samples to its neighbours."""

    at: float
    to: float
    before: float
    after: float
    gain: float
    voiced: bool


def shifted(samples: Float, rate: int, f0: Float, wanted: Float, hop: int, formant: float = 1.0) -> Float:
    """``samples`` with F0 as ``wanted`` instead of ``f0``, and formants ``formant`` times as high; as long as before.

    Sibilants move half as far as formants: they depend on the size of a mouth, less of a throat.
    """
    formant = round(formant, 2)
    voiced = _resampled(samples, formant)
    unvoiced = _resampled(samples, round(float(np.sqrt(formant)), 2))
    out = np.zeros(len(samples) + 2 * _PADDING, np.float64)
    for grain in _grains(_stretches(samples, rate, f0, hop), f0, wanted, hop):
        _add(out, grain, *(voiced if grain.voiced else unvoiced))
    return out[_PADDING : _PADDING + len(samples)].astype(np.float32)


def _add(out: Array, grain: _Grain, source: Array, ratio: float) -> None:
    """``source`` is the sound with ``ratio`` of its samples, after padding of as many; ``out`` has padding of its own."""
    scale = ratio if grain.voiced else 1.0
    before, after = max(2, round(grain.before / scale)), max(2, round(grain.after / scale))
    window = np.concatenate([_rising(before), _rising(after)[::-1]])
    begin, to = round((_PADDING + grain.at) / ratio) - before, _PADDING + round(grain.to) - before
    low = max(0, -begin, -to)
    high = min(len(window), len(source) - begin, len(out) - to)
    if high > low:
        out[to + low : to + high] += grain.gain * window[low:high] * source[begin + low : begin + high]


@functools.lru_cache(maxsize=1024)
def _rising(length: int) -> Array:
    half: Array = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)
    return half


def _grains(stretches: list[_Stretch], f0: Float, wanted: Float, hop: int) -> Iterator[_Grain]:
    everything = np.concatenate([stretch.marks for stretch in stretches])
    gaps = np.diff(everything)
    gaps = np.concatenate([gaps[:1], gaps, gaps[-1:]])
    first = 0
    for stretch in stretches:
        own = slice(first, first + len(stretch.marks))
        before, after = gaps[own], gaps[1:][own]
        first += len(stretch.marks)
        if not stretch.voiced:
            for mark, left, right in zip(stretch.marks.tolist(), before.tolist(), after.tolist(), strict=True):
                yield _Grain(mark, mark, left, right, 1.0, voiced=False)
            continue
        periods = np.append(np.diff(stretch.marks), stretch.marks[-1] - stretch.marks[-2])
        at, end = float(stretch.marks[0]), float(stretch.marks[-1] + 0.5 * periods[-1])
        while at < end:
            nearest = int(np.argmin(np.abs(stretch.marks - at)))
            frame = min(int(at / hop), len(f0) - 1)
            factor = float(wanted[frame] / f0[frame]) if f0[frame] > _VOICED_HZ and wanted[frame] > 0 else 1.0
            # As loud as before, though there are more grains or fewer.
            yield _Grain(
                float(stretch.marks[nearest]), at, float(before[nearest]), float(after[nearest]), factor**-0.5, voiced=True
            )
            at += float(np.interp(at, stretch.marks, periods)) / factor


def _stretches(samples: Float, rate: int, f0: Float, hop: int) -> list[_Stretch]:
    """Voiced and unvoiced stretches in turn, from the first sample to the last."""
    step = _UNVOICED_S * rate
    stretches: list[_Stretch] = []
    at = 0.0
    for marks in _pulses(samples, rate, f0, hop):
        count = max(0, round((marks[0] - at) / step))
        if count:
            stretches.append(_Stretch(False, np.linspace(at, marks[0], count, endpoint=False)))
        stretches.append(_Stretch(True, marks))
        at = float(2 * marks[-1] - marks[-2])
    count = max(1, round((len(samples) - at) / step))
    return [*stretches, _Stretch(False, np.linspace(at, max(at + 1, len(samples) - 1), count + 1))]


def _pulses(samples: Float, rate: int, f0: Float, hop: int) -> Iterator[Array]:
    """The samples at which the glottis closes, of each voiced stretch: where F0's own phase, corrected by the phase that the
    fundamental has in the sound, is that of the most sudden changes."""
    frames = np.arange(len(f0))
    voiced = f0 > _VOICED_HZ
    whole = len(samples) // _DECIMATION * _DECIMATION
    if not voiced.any() or not whole:
        return
    thinned = samples[:whole].reshape(-1, _DECIMATION).mean(axis=1, dtype=np.float64)
    changes = (np.diff(samples[:whole], prepend=samples[0]).astype(np.float64) ** 2).reshape(-1, _DECIMATION).sum(axis=1)
    middle = np.arange(len(thinned)) * _DECIMATION + (_DECIMATION - 1) / 2
    at = (middle + 0.5) / hop - 0.5
    course = np.interp(at, frames[voiced], f0[voiced].astype(np.float64))
    phase = 2 * np.pi * np.cumsum(course) * _DECIMATION / rate
    window = np.hanning(int(_PERIODS * rate / float(np.median(f0[voiced])) / _DECIMATION) + 3)[1:-1]
    fundamental = np.convolve(thinned * np.exp(-1j * phase), window / window.sum())[len(window) // 2 :][: len(thinned)]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.interp(at, frames, voiced) > 0.5, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if (end - start) * _DECIMATION < _SHORTEST_VOICED_S * rate:
            continue
        own = phase[start:end] + np.unwrap(np.angle(fundamental[start:end]))
        pulse = np.angle(np.sum(changes[start:end] * np.exp(1j * own)))
        turns = np.maximum.accumulate((own - pulse) / (2 * np.pi)) + np.arange(end - start) * 1e-9
        marks = np.interp(np.arange(np.ceil(turns[0]), np.floor(turns[-1]) + 1), turns, middle[start:end])
        marks = marks[np.concatenate([[True], np.diff(marks) > rate / _HIGHEST_HZ])] if len(marks) else marks
        if len(marks) > 1:
            yield marks


def _resampled(samples: Float, ratio: float) -> tuple[Array, float]:
    """The sound with padding, sampled ``1 / ratio`` times as often, by its spectrum; ``ratio`` has two decimals."""
    hundredths = round(100 * ratio)
    parts = _smooth(-(-(len(samples) + 2 * _PADDING) // hundredths))
    padded = np.zeros(parts * hundredths)
    padded[_PADDING : _PADDING + len(samples)] = samples
    if hundredths == 100:
        return padded, 1.0
    spectrum = np.fft.rfft(padded)
    size = parts * 100
    kept = np.zeros(size // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.fft.irfft(kept, size) * (100 / hundredths), ratio


def _smooth(least: int) -> int:
    """The next number whose only factors are 2, 3 and 5, and that is even: spectra of other lengths take their time."""
    number = least + least % 2
    while True:
        rest = number
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return number
        number += 2
