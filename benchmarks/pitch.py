"""The fundamental frequency of a sound as it is heard, by autocorrelation: for any voice, whatever its engine says of itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A voice is looked for between these, Hz.
_LOWEST, _HIGHEST = 55, 450
#: Windows softer than this, full scale 1, and those that are less periodic, have no pitch.
_SOFTEST, _PERIODIC = 0.008, 0.5


def pitches(sound: NDArray[np.float32], rate: int, window_s: float = 0.08) -> list[tuple[float, float]]:
    """Moments, in seconds, and the pitch at each, in Hz: every half window where the sound is voiced."""
    size = int(window_s * rate)
    shortest, longest = rate // _HIGHEST, rate // _LOWEST
    found: list[tuple[float, float]] = []
    for start in range(0, len(sound) - size, size // 2):
        window = sound[start : start + size].astype(float) * np.hanning(size)
        power = np.abs(np.fft.rfft(window, 4 * size)) ** 2
        correlation = np.fft.irfft(power)[:longest] / max(power.sum() / (2 * size), 1e-9)
        correlation = correlation / max(correlation[0], 1e-9) / (1 - np.arange(longest) / size)
        lags = correlation[shortest:]
        if np.sqrt(np.mean(window**2)) > _SOFTEST and lags.max() > _PERIODIC:
            # The first peak nearly as high as the highest: multiples of the period are as high.
            found.append(((start + size / 2) / rate, rate / (shortest + _first_peak(lags))))
    return found


def median_pitch(sound: NDArray[np.float32], rate: int) -> float | None:
    """None when hardly any of the sound is voiced."""
    found = [hertz for _, hertz in pitches(sound, rate)]
    return float(np.median(found)) if len(found) > 10 else None


def _first_peak(lags: NDArray[np.float64]) -> int:
    peaks = [i for i in range(1, len(lags) - 1) if lags[i - 1] <= lags[i] >= lags[i + 1] and lags[i] > 0.9 * lags.max()]
    return peaks[0] if peaks else int(lags.argmax())
