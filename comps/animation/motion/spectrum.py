"""What the mel spectra of all engines share: a stretch of an answer's sound, and filter banks of triangles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


class Sound(NamedTuple):
    """A stretch of an answer's sound: mono float32 in -1 … 1, and the index of its first sample in the answer."""

    samples: NDArray[np.float32]
    rate: int
    first: int

    def between(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples ``start`` … ``stop - 1`` of the answer; silence where this stretch does not reach."""
        out = np.zeros(stop - start, np.float32)
        low, high = max(start, self.first), min(stop, self.first + len(self.samples))
        if low < high:
            out[low - start : high - start] = self.samples[low - self.first : high - self.first]
        return out


def triangles(edges: Doubles, frequencies: NDArray[np.floating]) -> Doubles:
    """Triangular filters [frequencies, bands]: band k rises from edge k to a peak of 1 at edge k + 1 and falls to edge k + 2.

    ``edges``: [bands + 2], Hz; ``frequencies``: Hz.
    """
    frequency = frequencies[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    return np.asarray(np.clip(np.minimum(rising, falling), 0.0, None))
