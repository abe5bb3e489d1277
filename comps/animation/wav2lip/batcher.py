"""Joins the mouths that several sessions wait for into one call of the network."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.network_worker import Drawn

Draw = Callable[[list[MouthJob]], Awaitable[Drawn]]


@dataclass(frozen=True)
class Mouths:
    """Of one job: ``mouths`` uint8 BGR [n, h, w, 3], and its share of what the calls took."""

    mouths: NDArray[np.uint8]
    cpu_ms: float
    wall_ms: float


class _Waiting:
    """A job, and the pieces of it that have been drawn."""

    def __init__(self, job: MouthJob) -> None:
        self.job = job
        self.asked = 0
        self.pieces: list[Mouths] = []
        self.done: asyncio.Future[Mouths] = asyncio.get_running_loop().create_future()

    @property
    def restored(self) -> bool:
        return self.job.restore is not None

    @property
    def left(self) -> int:
        return len(self.job.which) - self.asked

    def take(self, most: int) -> MouthJob:
        """The next frames, ``most`` of them."""
        part = slice(self.asked, self.asked + most)
        self.asked = min(part.stop, len(self.job.which))
        which = self.job.which[part]
        shown, renumbered = np.unique(which, return_inverse=True)
        restore = self.job.restore and self.job.restore.of(shown)
        return MouthJob(self.job.crops[shown], renumbered.astype(np.int64), self.job.mels[part], restore)

    def add(self, piece: Mouths) -> None:
        self.pieces.append(piece)
        if sum(len(piece.mouths) for piece in self.pieces) == len(self.job.which) and not self.done.done():
            mouths = np.concatenate([piece.mouths for piece in self.pieces])
            self.done.set_result(
                Mouths(mouths, sum(piece.cpu_ms for piece in self.pieces), sum(piece.wall_ms for piece in self.pieces))
            )


class Batcher:
    """``draw``: one call of the network; one runs at a time, with ``most`` frames at most, in the order in which jobs came.

    A job whose caller has gone gets no further call. The call that runs is never cut short: that would end the network's process.
    """

    def __init__(self, draw: Draw, most: int) -> None:
        self._draw = draw
        self._most = most
        self._queue: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None

    async def mouths(self, job: MouthJob) -> Mouths:
        """Raises what the call raises."""
        waiting = _Waiting(job)
        self._queue.append(waiting)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        # Cancelled with its caller, and found so before the next call.
        return await waiting.done

    async def stop(self) -> None:
        """End the call that runs; who waits is cancelled."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        joined: list[_Waiting] = []
        try:
            while joined := self._next():
                await self._call(joined)
        finally:
            self._running = None
            for waiting in (*joined, *self._queue):
                waiting.done.cancel()
            self._queue.clear()

    def _next(self) -> list[_Waiting]:
        """Those whose frames the next call draws."""
        while self._queue and (self._queue[0].done.done() or not self._queue[0].left):
            self._queue.popleft()
        room, joined = self._most, []
        for waiting in self._queue:
            if waiting.restored != self._queue[0].restored:
                # Restoring takes a hundred times as long: who does not ask for it does not pay for it.
                continue
            if room > 0 and waiting.left and not waiting.done.done():
                joined.append(waiting)
                room -= waiting.left
        return joined

    async def _call(self, joined: Sequence[_Waiting]) -> None:
        room = self._most
        parts = []
        for waiting in joined:
            parts.append(waiting.take(room))
            room -= len(parts[-1].which)
        try:
            drawn = await self._draw(parts)
        except Exception as error:
            for waiting in joined:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            return
        frames = sum(len(part.which) for part in parts)
        for waiting, mouths in zip(joined, drawn.mouths, strict=True):
            share = len(mouths) / frames
            waiting.add(Mouths(mouths, drawn.cpu_ms * share, drawn.wall_ms * share))
