"""The quota of all that is kept: blobs and the database together."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from comps.cores.errors import InsufficientStorage

#: How long a measurement is believed while there is room, and while there is none, seconds.
_BELIEVED_S, _RETRIED_S = 5.0, 10.0
#: Share of the time that measuring may take.
_SHARE = 0.01


class Quota:
    """Refuses new records where they would exceed ``limit`` bytes together with the blobs, and nothing makes room.

    ``database`` measures the database, ``make_room`` runs a round of housekeeping, which calls ``counted``.
    """

    def __init__(
        self,
        limit: int,
        database: Callable[[], Awaitable[int]],
        make_room: Callable[[], Awaitable[object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._database = database
        self._make_room = make_room
        self._clock = clock
        self._blobs = 0
        self._is_full = False
        self._due = float("-inf")

    def counted(self, blobs: int) -> None:
        """A round of housekeeping left so many bytes of blobs."""
        self._blobs = blobs

    async def admit(self) -> None:
        """Raises InsufficientStorage where nothing more may be written down."""
        if self._clock() >= self._due:
            await self._measure()
        if self._is_full:
            raise InsufficientStorage(f"the quota of {self._limit / 2**20:g} MiB is used up (STORAGE_QUOTA_MB)")

    async def _measure(self) -> None:
        began = self._clock()
        # Whoever asks meanwhile goes by what was found before.
        self._due = float("inf")
        try:
            is_full = await self._is_exceeded()
            if is_full:
                await self._make_room()
                is_full = await self._is_exceeded()
            self._is_full = is_full
        finally:
            took = self._clock() - began
            self._due = began + max(_RETRIED_S if self._is_full else _BELIEVED_S, took / _SHARE)

    async def _is_exceeded(self) -> bool:
        return self._blobs + await self._database() > self._limit
