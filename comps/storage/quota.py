"""The quota of all that is kept: blobs and the database together."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from comps.cores.errors import InsufficientStorage

#: How long a measurement is believed while there is room, and while there is none, seconds.
_BELIEVED_S, _RETRIED_S = 5.0, 10.0


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
        self._measured = float("-inf")

    def counted(self, blobs: int) -> None:
        """A round of housekeeping left so many bytes of blobs."""
        self._blobs = blobs

    async def admit(self) -> None:
        """Raises InsufficientStorage where nothing more may be written down."""
        now = self._clock()
        if now - self._measured >= (_RETRIED_S if self._is_full else _BELIEVED_S):
            self._measured = now
            if await self._is_exceeded():
                await self._make_room()
                self._is_full = await self._is_exceeded()
            else:
                self._is_full = False
        if self._is_full:
            raise InsufficientStorage(f"the quota of {self._limit / 2**20:g} MiB is used up (STORAGE_QUOTA_MB)")

    async def _is_exceeded(self) -> bool:
        return self._blobs + await self._database() > self._limit
