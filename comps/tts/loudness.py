"""How loud speech is (ITU-R BS.1770-5), and how it is brought to one level: what every voice's samples pass through at the end.

Samples are mono float32, full scale 1; levels in LUFS, gains in dB.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

#: Podcasts are made at −16 to −18, and a browser plays as loud as it is told: −18 leaves room for every voice's peaks.
TARGET_LUFS = -18.0
#: −1 dB true peak (EBU R 128), less what a limiter's changing gain may add between samples.
_CEILING = 10 ** (-1.2 / 20)
#: A clause may be this much louder or softer than the target, dB: what an answer's clauses differ by when a person speaks.
_NATURAL_DB = 0.6
#: Of a clause shorter than the first, seconds with its pause, the measure says more about its vowels than about how loud it
#: seems; from the second on it is believed.
_TOO_SHORT_S, _MEASURABLE_S = 1.0, 2.0
_BLOCK_S = 0.4
_OVERLAP = 4
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_LIMITER_S = 0.005
#: Samples of a block of the filter, and how long the filter rings.
_FFT, _RINGS_S = 1 << 15, 0.25
#: Taps a phase of the interpolator that looks for peaks between samples, and samples between two of them.
_TAPS, _PHASES = 12, 4


def level(samples: Samples, rate: int, gain_db: float | None = None) -> Samples:
    """``samples`` at about −18 LUFS, true peak below −1 dB.

    ``gain_db`` is the voice's own gain, measured over many sentences: with it, a loud clause stays a little louder than a soft
    one, and one word sounds like the same person. Without it, the clause's own level is all there is to go by.
    """
    loudness = integrated(samples, rate)
    if math.isinf(loudness):
        return samples
    own = TARGET_LUFS - loudness
    if gain_db is not None:
        believed = min(max((len(samples) / rate - _TOO_SHORT_S) / (_MEASURABLE_S - _TOO_SHORT_S), 0.0), 1.0)
        excess = own - gain_db
        own = gain_db + believed * (excess - min(max(excess, -_NATURAL_DB), _NATURAL_DB))
    return limited(samples * np.float32(10 ** (own / 20)), rate)


def as_pcm(samples: Samples) -> bytes:
    """Signed 16 bit, little endian."""
    return (np.clip(np.round(samples * 32767), -32768, 32767)).astype("<i2").tobytes()


def integrated(samples: Samples, rate: int) -> float:
    """Integrated loudness, LUFS; −inf for silence. A sound shorter than a block of 400 ms is measured as one block."""
    weighted = _k_weighted(samples, rate)
    block, hop = round(_BLOCK_S * rate), round(_BLOCK_S * rate / _OVERLAP)
    if len(weighted) < block:
        weighted = np.pad(weighted, (0, block - len(weighted)))
    sums = np.concatenate([[0.0], np.cumsum(weighted.astype(np.float64) ** 2)])
    starts = np.arange(0, len(weighted) - block + 1, hop)
    powers = (sums[starts + block] - sums[starts]) / block
    powers = powers[_lufs(powers) > _ABSOLUTE_GATE]
    if not len(powers):
        return -math.inf
    powers = powers[_lufs(powers) > _lufs(powers.mean()) + _RELATIVE_GATE]
    return float(_lufs(powers.mean()))


def true_peak(samples: Samples) -> float:
    """The highest absolute value between and at samples, 1 for full scale."""
    return float(_peaks(samples).max(initial=0.0))


def limited(samples: Samples, rate: int) -> Samples:
    """``samples``, turned down for some milliseconds around each peak that would reach −1 dB."""
    peaks = _peaks(samples)
    if peaks.max(initial=0.0) <= _CEILING:
        return samples
    width = round(_LIMITER_S * rate)
    needed = np.minimum(1.0, _CEILING / np.maximum(peaks, _CEILING))
    # The lowest gain within a window on either side, then its mean over that window: never above what is needed, and smooth.
    lowest = _lowest(np.pad(needed, width, constant_values=1.0), 2 * width + 1)
    window = np.hanning(2 * width + 3)[1:-1]
    window /= window.sum()
    padded = np.pad(lowest, width, mode="edge")
    loud = np.flatnonzero(lowest < 1.0)
    out = samples.copy()
    for near in np.split(loud, np.flatnonzero(np.diff(loud) > 2 * width) + 1):
        start, end = max(0, int(near[0]) - width), min(len(samples), int(near[-1]) + width + 1)
        out[start:end] *= np.convolve(padded[start : end + 2 * width], window, mode="valid").astype(np.float32)
    return out


def _lowest(values: Samples, width: int) -> Samples:
    """The lowest of each ``width`` values in a row, by windows that double."""
    size = 1
    while 2 * size <= width:
        values = np.minimum(values[:-size], values[size:])
        size *= 2
    rest = width - size
    return np.minimum(values[: len(values) - rest], values[rest:])


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return -0.691 + 10 * np.log10(power)


def _k_weighted(samples: Samples, rate: int) -> NDArray[np.float32]:
    """Filtered by multiplying the spectra of blocks and adding them up where they overlap (overlap-add).

    The filter's response has died away within ``_RINGS_S``: nothing wraps around.
    """
    step = _FFT - round(_RINGS_S * rate)
    response = _k_response(rate, _FFT)
    out = np.zeros(len(samples) + _FFT, np.float32)
    for start in range(0, len(samples), step):
        out[start : start + _FFT] += np.fft.irfft(np.fft.rfft(samples[start : start + step], _FFT) * response, _FFT)
    return out[: len(samples)]


@functools.lru_cache(maxsize=16)
def _k_response(rate: int, size: int) -> NDArray[np.complex64]:
    """BS.1770's two filters at any sampling rate: the analogue prototypes behind its coefficients, by the bilinear transform."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    shelf = _biquad(z, rate, frequency=1681.974450955533, q=0.7071752369554196, shelf_db=3.999843853973347)
    highpass = _biquad(z, rate, frequency=38.13547087602444, q=0.5003270373238773, shelf_db=None)
    return (shelf * highpass).astype(np.complex64)


def _biquad(
    z: NDArray[np.complex128], rate: int, *, frequency: float, q: float, shelf_db: float | None
) -> NDArray[np.complex128]:
    """``z``: the unit delay at each frequency. A high shelf, or a high-pass where there is no ``shelf_db``."""
    k = math.tan(math.pi * frequency / rate)
    denominator = (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    if shelf_db is None:
        # The recommendation's high-pass is not normalised: its numerator is 1, −2, 1 as it stands.
        highpass: NDArray[np.complex128] = (1 - 2 * z + z**2) * (1 + k / q + k * k) / denominator
        return highpass
    high = 10 ** (shelf_db / 20)
    middle = high**0.4996667741545416
    numerator = (high + middle * k / q + k * k) + 2 * (k * k - high) * z + (high - middle * k / q + k * k) * z**2
    response: NDArray[np.complex128] = numerator / denominator
    return response


def _peaks(samples: Samples) -> Samples:
    """For each sample the highest absolute value from it to just before the next."""
    peaks = np.abs(samples)
    for phase in range(1, _PHASES):
        kernel = _interpolator(phase)
        between = np.abs(np.convolve(samples, kernel)[_TAPS // 2 : _TAPS // 2 + len(samples)])
        np.maximum(peaks, between, out=peaks)
    return peaks


@functools.lru_cache(maxsize=_PHASES)
def _interpolator(phase: int) -> Samples:
    """Windowed sinc for the value ``phase`` quarters of the way to the next sample."""
    at = np.arange(_TAPS) - (_TAPS // 2 - 1) - 1 + phase / _PHASES
    kernel = np.sinc(at) * np.cos(np.pi * at / (_TAPS + 1)) ** 2
    normalised: Samples = (kernel / kernel.sum()).astype(np.float32)
    return normalised
