"""A pool of worker processes, each holding one object whose methods are called from the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from comps.cores.errors import NodeError, NodeTimeout, NodeUnavailable
from comps.cores.telemetry import tracing
from comps.cores.telemetry.logs import unexpected
from comps.cores.workers.cancel import Cancelled
from comps.cores.workers.place import Place
from comps.cores.workers.process import WorkerEnded, WorkerProcess

#: How long a job that has run proves that the next one can, seconds: however many ask, the workers are hardly asked.
_PROOF_S = 1.0
#: How long a probe may wait for its job, seconds: less than a probe of Kubernetes' or Docker's.
_PROBE_S = 2.0

log = logging.getLogger(__name__)


class Lease:
    """A worker that is one caller's alone for a while."""

    def __init__(self, pool: WorkerPool, place: Place) -> None:
        self._pool = pool
        self._place = place
        self._is_fresh = True

    async def call(self, method: str, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """As ``WorkerPool.call``, in this worker."""
        return await self._call(method, args, kwargs, timeout)

    async def ping(self) -> None:
        """Run a job without work."""
        await self._call(None, (), {}, None)

    async def _call(self, method: str | None, args: tuple[Any, ...], kwargs: dict[str, Any], timeout: float | None) -> Any:
        # The worker of an earlier call holds what that call left there: no other will do.
        is_fresh, self._is_fresh = self._is_fresh, False
        if not is_fresh and (not self._place.is_filled or self._place.owes_reply):
            raise NodeUnavailable("a worker process has ended", node=self._pool.node)
        try:
            try:
                return await self._attempt(method, args, kwargs, timeout)
            except WorkerEnded as error:
                if error.begun or not is_fresh:
                    raise
                # It died idle, and this job only brought it to light: nothing has been done of it yet.
                return await self._attempt(method, args, kwargs, timeout)
        except WorkerEnded as error:
            raise NodeUnavailable("a worker process ended in the middle of its work", node=self._pool.node) from error
        except Cancelled as error:
            raise NodeUnavailable("the work was cancelled", node=self._pool.node) from error

    async def _attempt(self, method: str | None, args: tuple[Any, ...], kwargs: dict[str, Any], timeout: float | None) -> Any:
        worker = await self._pool.worker_at(self._place)
        try:
            with tracing.part(f"work {method}"):
                async with asyncio.timeout(timeout):
                    value = await worker.call(method, args, kwargs)
        except TimeoutError as error:
            raise NodeTimeout(f"{method} took longer than {timeout:g} s", node=self._pool.node) from error
        self._pool.proven()
        return value


class WorkerPool:
    """``size`` processes, each holding ``target(**kwargs)``; ``call`` runs one of its methods in the next free one.

    ``target`` is ``"module:Class"``. A worker that dies or is ended by a cancel or a timeout is replaced at the next
    call. With ``idle_s`` a pool gives its processes back after that many seconds without work.
    """

    def __init__(
        self,
        target: str,
        kwargs: Mapping[str, Any] | None = None,
        *,
        node: str,
        size: int = 1,
        environment: Mapping[str, str] | None = None,
        start_timeout: float = 60.0,
        idle_s: float | None = None,
    ) -> None:
        self.node = node
        self._target = target
        self._kwargs = dict(kwargs or {})
        self._environment = dict(environment or {})
        self._start_timeout = start_timeout
        self._idle_s = idle_s
        #: As many may be taken as there are places in ``_free``.
        self._slots = asyncio.Semaphore(size)
        self._places = [Place(self._spawn, node) for _ in range(size)]
        self._free = list(self._places)
        self._closed = False
        self._reaper: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[Any]] = set()
        self._probe: asyncio.Task[NodeError | None] | None = None
        self._proven_at = float("-inf")

    @property
    def size(self) -> int:
        return len(self._places)

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now."""
        return [place.pid for place in self._places if place.pid is not None]

    async def start(self) -> None:
        """Start all processes now rather than at the first call."""
        try:
            outcomes = await asyncio.gather(*(self.worker_at(place) for place in self._places), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End all processes."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        for place in self._places:
            place.lose()
        await asyncio.gather(*(place.close() for place in self._places), return_exceptions=True)
        await asyncio.gather(*self._background, return_exceptions=True)

    async def call(self, method: str, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """Run ``method`` in a worker.

        Raises what it raises, NodeTimeout after ``timeout`` seconds, NodeUnavailable when the worker dies. A worker that died
        before the work began is replaced unnoticed.
        """
        async with self.lease() as lease:
            return await lease.call(method, *args, timeout=timeout, **kwargs)

    @asynccontextmanager
    async def lease(self, *, probes: bool = False) -> AsyncIterator[Lease]:
        """A worker for several calls, nobody else's meanwhile: what they leave in its object is there for the next.

        Waits for a free one. After a call that was cancelled or failed with the worker the lease is of no more use. ``probes``:
        it is no work that keeps an idle process.
        """
        await self._slots.acquire()
        place = self._next_place()
        place.at_work = not probes
        try:
            if self._closed:
                raise NodeUnavailable("is shutting down", node=self.node)
            await self.worker_at(place)
            yield Lease(self, place)
        finally:
            place.at_work = False
            if place.owes_reply:
                # The one who called may be cancelled again and again (anyio): this must not be theirs to wait for.
                self._own(asyncio.create_task(self._settle(place)))
            else:
                self._give_back(place, keeps=not probes)

    async def ready(self) -> None:
        """Return when a job can run: one without work runs, or did a moment ago, or all workers are busy with real work.

        Raises NodeUnavailable. A pool with ``idle_s`` whose processes have not been needed is believed until one fails.
        """
        if self._closed:
            raise NodeUnavailable("is shutting down", node=self.node)
        if self._is_proven():
            return
        if self._probe is None:
            self._probe = asyncio.create_task(self._ping())
            self._own(self._probe)
        probe = self._probe
        await asyncio.wait({probe})
        if (problem := probe.result()) is not None:
            raise problem

    async def worker_at(self, place: Place) -> WorkerProcess:
        """The process at ``place``, started when there is none."""
        try:
            try:
                return await place.worker()
            except WorkerEnded:
                # Killed as it started; whoever waits for it has sent no job yet.
                return await place.worker()
        except TimeoutError as error:
            raise NodeTimeout(f"did not start within {self._start_timeout:g} s", node=self.node) from error
        except WorkerEnded as error:
            raise NodeUnavailable("a worker process ended as it started", node=self.node) from error
        except OSError as error:
            raise NodeUnavailable("no worker process can be started", node=self.node) from error

    def proven(self) -> None:
        """A job has run."""
        self._proven_at = asyncio.get_running_loop().time()

    def _is_proven(self) -> bool:
        if self._slots.locked() and any(place.at_work and place.is_filled for place in self._places):
            return True
        if any(place.has_failed for place in self._places):
            return False
        if self._idle_s is not None and not self.pids:
            return True
        return asyncio.get_running_loop().time() - self._proven_at < _PROOF_S

    async def _ping(self) -> NodeError | None:
        """Why no job can run, or None."""
        try:
            async with asyncio.timeout(_PROBE_S), self.lease(probes=True) as lease:
                await lease.ping()
        except TimeoutError:
            return NodeUnavailable("no worker process answers", node=self.node)
        except NodeError as problem:
            return problem
        except Exception as error:
            unexpected(log, f"starting a worker of {self.node}", error)
            return NodeUnavailable("no worker process can be started", node=self.node)
        finally:
            self._probe = None
        return None

    def _spawn(self) -> Coroutine[Any, Any, WorkerProcess]:
        return WorkerProcess.spawn(self._target, self._kwargs, self._environment, self._start_timeout)

    def _next_place(self) -> Place:
        """The free place that was used last of those with a process; where none has one, any."""
        place = next((place for place in reversed(self._free) if place.is_filled), self._free[-1])
        self._free.remove(place)
        return place

    async def _settle(self, place: Place) -> None:
        try:
            await place.settle()
        finally:
            self._give_back(place, keeps=True)

    def _give_back(self, place: Place, *, keeps: bool) -> None:
        """Free a place; ``keeps``: its process has worked, and is kept for another ``idle_s``."""
        if place.owes_reply:
            place.lose()
        self._free.append(place)
        self._slots.release()
        if keeps or self._reaper is None:
            self._reap_later()

    def _own(self, task: asyncio.Task[Any]) -> None:
        """Let ``task`` run in the background until it ends; ``stop`` waits for it."""
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _reap_later(self) -> None:
        if self._idle_s is None or self._closed:
            return
        if self._reaper is not None:
            self._reaper.cancel()
        self._reaper = asyncio.get_running_loop().call_later(self._idle_s, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        for place in self._free:
            if (worker := place.empty()) is not None:
                self._own(asyncio.create_task(worker.kill()))
