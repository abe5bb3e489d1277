"""Turns at a few places, the urgent first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class PriorityLimiter:
    """``places`` at once; who waits gets a turn by priority (less is sooner), then when it is due, then in order of coming.
    Waiting can be cancelled.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._order = itertools.count()
        self._waiting: list[tuple[tuple[int, float], int, anyio.Event]] = []

    @asynccontextmanager
    async def turn(self, priority: tuple[int, float]) -> AsyncIterator[None]:
        await self._acquire(priority)
        try:
            yield
        finally:
            self._pass_on()

    async def _acquire(self, priority: tuple[int, float]) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        entry = (priority, next(self._order), anyio.Event())
        heapq.heappush(self._waiting, entry)
        try:
            await entry[2].wait()
        except BaseException:
            if entry[2].is_set():
                # The turn came as the wait was cancelled: the next one's.
                self._pass_on()
            else:
                self._waiting.remove(entry)
                heapq.heapify(self._waiting)
            raise

    def _pass_on(self) -> None:
        if self._waiting:
            heapq.heappop(self._waiting)[2].set()
        else:
            self._free += 1
