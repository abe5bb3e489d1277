"""What it costs to draw a picture, learnt from what was drawn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: So many of the last chunks are judged by.
_CHUNKS = 40
#: With nothing drawn for so long, seconds, what was measured says little of what drawing would cost now.
_STALE_S = 20.0


class PictureCost:
    """``assumed_s``: what a picture is taken to cost while nothing is known, seconds. ``clock``: seconds.

    The lower quartile of the last chunks, what is assumed counted as the first: neither one that began cold nor a spell in which
    others had the processor looks like an engine that is slow. A service that was measured too slow for anybody draws nothing
    more: what it measured is forgotten after a while, or it would refuse everyone for ever.
    """

    def __init__(self, assumed_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._assumed_s = assumed_s
        self._clock = clock
        self._chunks = deque([assumed_s], maxlen=_CHUNKS)
        self._newest = clock()

    @property
    def seconds(self) -> float:
        """Of a worker, for one picture."""
        self._forget()
        return sorted(self._chunks)[len(self._chunks) // 4]

    def learn(self, seconds: float) -> None:
        """A chunk was drawn that took so long a picture."""
        self._forget()
        self._chunks.append(seconds)
        self._newest = self._clock()

    def _forget(self) -> None:
        if self._clock() - self._newest > _STALE_S:
            self._chunks = deque([self._assumed_s], maxlen=_CHUNKS)
