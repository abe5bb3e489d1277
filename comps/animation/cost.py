"""What it costs to draw a picture, learnt from what was drawn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: Frames of so many pixels a side are what cost is counted in.
USUAL_SIZE = 512
#: Sizes this near each other are taken as one.
_STEP = 128
#: So many of the last chunks are judged by.
_CHUNKS = 40
#: With nothing drawn for so long, seconds, what was measured says little of what drawing would cost now.
_STALE_S = 20.0


class PictureCosts:
    """Of pictures of all sizes, learnt for each by itself: half of a small one's cost has nothing to do with its pixels, and a
    service that judged by it would take a large one for many times as slow as it is. ``expected_s``: asked what one of a size is
    taken to cost while nothing is known, and how costs of sizes that are near each other compare.
    """

    def __init__(self, expected_s: Callable[[int], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._expected_s = expected_s
        self._clock = clock
        self._by_step: dict[int, PictureCost] = {}

    def seconds(self, size: int) -> float:
        """Of a worker, for one picture of ``size``²; from what the next larger ones take where none of this size was drawn."""
        step = round(size / _STEP)
        known = min((other for other, cost in self._by_step.items() if other >= step and cost.known), default=None)
        return self._expected_s(size) * (1.0 if known is None else self._by_step[known].share)

    def learn(self, size: int, seconds: float) -> None:
        """A chunk was drawn that took so long a picture of ``size``²."""
        cost = self._by_step.setdefault(round(size / _STEP), PictureCost(self._clock))
        cost.learn(seconds / self._expected_s(size))

    def measured_sizes(self) -> list[int]:
        """Sizes that were drawn of late, rounded."""
        return [step * _STEP for step, cost in sorted(self._by_step.items()) if cost.known]


def pixels(size: int) -> float:
    """How many times the pixels of the usual size one of ``size``² has."""
    return (size / USUAL_SIZE) ** 2


class PictureCost:
    """How many times what is expected a picture takes. ``clock``: seconds.

    The lower quartile of the last chunks, what is expected counted as the first: neither one that began cold nor a spell in which
    others had the processor looks like an engine that is slow. A service that was measured too slow for anybody draws nothing
    more: what it measured is forgotten after a while, or it would refuse everyone for ever.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._chunks = deque([1.0], maxlen=_CHUNKS)
        self._newest = clock()

    @property
    def share(self) -> float:
        self._forget()
        return sorted(self._chunks)[len(self._chunks) // 4]

    @property
    def known(self) -> bool:
        """Whether anything was measured of late."""
        self._forget()
        return len(self._chunks) > 1

    def learn(self, share: float) -> None:
        """A chunk was drawn whose pictures took so many times what was expected."""
        self._forget()
        self._chunks.append(share)
        self._newest = self._clock()

    def _forget(self) -> None:
        if self._clock() - self._newest > _STALE_S:
            self._chunks = deque([1.0], maxlen=_CHUNKS)
