"""A place for one worker process: filled when a job wants one, and filled again when its process has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from comps.cores.errors import NodeUnavailable
from comps.cores.workers.process import WorkerProcess


class Place:
    """``spawn`` starts a process. The start belongs to the place: whoever waited for it may leave, the next one finds it."""

    def __init__(self, spawn: Callable[[], Coroutine[Any, Any, WorkerProcess]], node: str) -> None:
        self._spawn = spawn
        self._node = node
        self._worker: WorkerProcess | None = None
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._start_failed = False
        self._closed = False
        #: Whether a caller's job, and no probe, has this place now.
        self.at_work = False

    @property
    def pid(self) -> int | None:
        return self._worker.pid if self.is_filled and self._worker is not None else None

    @property
    def is_filled(self) -> bool:
        """Whether a process is there that a job can be given to."""
        return self._worker is not None and self._worker.alive

    @property
    def has_failed(self) -> bool:
        """Whether its process ended unasked, or did not start, and none has been started since."""
        return self._start_failed or (self._worker is not None and not self._worker.alive)

    @property
    def owes_reply(self) -> bool:
        return self._worker is not None and self._worker.owes_reply

    async def worker(self) -> WorkerProcess:
        """The process that is there, or a new one. Raises what ``WorkerProcess.spawn`` raises; once closed, NodeUnavailable."""
        if self._worker is not None and self._worker.alive:
            return self._worker
        if self._closed:
            raise NodeUnavailable("is shutting down", node=self._node)
        if self._starting is None:
            self._starting = asyncio.create_task(self._spawn())
            self._starting.add_done_callback(self._started)
        starting = self._starting
        await asyncio.wait({starting})
        if starting.cancelled():
            raise NodeUnavailable("is shutting down", node=self._node)
        return starting.result()

    async def settle(self) -> None:
        """See that a job whose caller has gone ends, or its process."""
        if (worker := self._worker) is not None:
            await worker.abandon()
            if not worker.alive and self._worker is worker:
                self._worker = None

    def lose(self) -> None:
        """End a process that nobody can wait for."""
        if self._worker is not None:
            self._worker.lose()

    def empty(self) -> WorkerProcess | None:
        """Take the process out, for you to end; the next job gets a new one."""
        worker, self._worker = self._worker, None
        return worker

    async def close(self) -> None:
        """End the process, or its start, for good."""
        self._closed = True
        self.lose()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        if (worker := self.empty()) is not None:
            await worker.kill()

    def _started(self, starting: asyncio.Task[WorkerProcess]) -> None:
        self._starting = None
        # A failure is told to those who wait; when nobody does, the next job meets it by itself.
        self._start_failed = starting.cancelled() or starting.exception() is not None
        if not self._start_failed:
            self._worker = starting.result()
