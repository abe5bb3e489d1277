"""Large bodies take turns: more of them at once than the processor can work on take memory and save no time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

#: Bytes; smaller bodies never wait.
SMALL = 64 << 10
#: Bytes under way that are let in at once.
_FIRST = 3 << 20
_REVIEW_S = 0.05
#: The share of the time that the thread may be busy for the bound to grow.
_BUSY = 0.5
#: Seconds without the end of a turn after which the bound grows all the same: the requests under way take long by themselves.
_LONG_S = 0.5


def busy_seconds() -> float:
    """How long the calling thread has run, or waited for a processor to run on (``/proc/thread-self/schedstat``, Linux)."""
    try:
        ran, waited, _ = Path("/proc/thread-self/schedstat").read_text().split()
    except OSError:
        return time.thread_time()
    return (int(ran) + int(waited)) / 1e9


def end_nothing() -> None:
    """Of a turn that nobody had to wait for."""


@dataclass(eq=False)
class _Place:
    size: int
    is_let_in: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """First come, first served: ``async with turns.turn(size)``.

    Up to ``bound`` bytes are let in, which grows while the event loop has time for more, and shrinks to what it was at first
    when it has none. A body larger than the bound is let in when it is alone.
    """

    def __init__(
        self,
        *,
        review_s: float = _REVIEW_S,
        busy: Callable[[], float] = busy_seconds,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``review_s``: how often the bound is looked at while somebody waits. All in seconds."""
        self.bound = _FIRST
        self._review_s = review_s
        self._busy = busy
        self._clock = clock
        self._taken = 0
        self._waiting: deque[_Place] = deque()
        self._review_is_due: asyncio.TimerHandle | None = None
        self._seen_at = self._seen_busy = self._ended_at = 0.0

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[Callable[[], None]]:
        """Waits until ``size`` bytes may be worked on; they count until the context is left, or what it gives is called."""
        if size < SMALL:
            yield end_nothing
            return
        place = _Place(size)
        self._waiting.append(place)
        self._let_in()
        try:
            if not place.is_let_in.is_set():
                self._await_review()
                await place.is_let_in.wait()
            yield partial(self._end, place)
        finally:
            self._end(place)

    def _end(self, place: _Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        elif place.size:
            self._taken -= place.size
            place.size = 0
            self._ended_at = self._clock()
        self._let_in()

    def review(self) -> None:
        """Set the bound by how busy the thread was since the last review."""
        now, busy = self._clock(), self._busy()
        is_busy = busy - self._seen_busy > _BUSY * (now - self._seen_at)
        if is_busy and now - self._ended_at < _LONG_S:
            self.bound = max(_FIRST, self.bound // 2)
        else:
            self.bound = 3 * max(self.bound, self._taken) // 2
        self._seen_at, self._seen_busy = now, busy
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and (not self._taken or self._taken + self._waiting[0].size <= self.bound):
            place = self._waiting.popleft()
            self._taken += place.size
            place.is_let_in.set()
        if not self._waiting and self._review_is_due is not None:
            self._review_is_due.cancel()
            self._review_is_due = None

    def _await_review(self) -> None:
        """Look again in a while, for as long as somebody waits."""
        if self._review_is_due is None:
            self._seen_at, self._seen_busy = self._clock(), self._busy()
            self._ended_at = self._seen_at
            self._arm()

    def _arm(self) -> None:
        self._review_is_due = asyncio.get_running_loop().call_later(self._review_s, self._on_time)

    def _on_time(self) -> None:
        self.review()
        if self._waiting:
            self._arm()
