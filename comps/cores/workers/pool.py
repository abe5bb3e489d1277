"""A pool of worker processes, each holding one object whose methods are called from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pickle
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from comps.cores.errors import NodeTimeout, NodeUnavailable
from comps.cores.telemetry import tracing
from comps.cores.workers import wire
from comps.cores.workers.cancel import Cancelled

#: BLAS and OpenMP threads spin while they wait: with more than one a frame costs 30 ms instead of 8.6.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")
#: How long cancelled work may go on before its process is ended.
_GRACE_S = 0.5


class _Worker:
    """One process; one job at a time."""

    _jobs = itertools.count(1)

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._job = 0
        self._reply: asyncio.Task[Any] | None = None

    @classmethod
    async def spawn(cls, target: str, kwargs: dict[str, Any], environment: Mapping[str, str], start_timeout: float) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "comps.cores.workers.child",
            target,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A terminal's Ctrl-C goes to the whole process group; workers end by their parent's will alone.
            start_new_session=True,
            env={**os.environ, **_ONE_THREAD, **environment},
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(start_timeout):
                await worker._send(("init", kwargs))
                message = await worker._read_frame()
        except BaseException:
            await worker.kill()
            raise
        if message[0] == "failed":
            await worker.kill()
            raise message[1]
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def owes_reply(self) -> bool:
        """Whether a job was given up whose reply has not come yet: nobody else may read before it has."""
        return self._reply is not None

    async def call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one job. When this is cancelled the worker owes a reply: ``abandon`` must follow before the next job."""
        self._job = next(self._jobs)
        self._reply = asyncio.ensure_future(self._read_frame())
        await self._send(("call", self._job, method, args, kwargs))
        message = await asyncio.shield(self._reply)
        self._reply = None
        if message[0] == "error":
            raise message[2]
        return message[2]

    async def abandon(self) -> None:
        """Tell the job that its caller is gone and wait for its end during the grace; then end the process."""
        assert self._reply is not None
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._send(("cancel", self._job))
                await self._reply
            self._reply = None
        except (TimeoutError, ConnectionError, EOFError):
            await self.kill()

    async def kill(self) -> None:
        if self._reply is not None:
            self._reply.cancel()
            await asyncio.gather(self._reply, return_exceptions=True)
            self._reply = None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    async def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(wire.pack(message))
        await self._process.stdin.drain()

    async def _read_frame(self) -> Any:
        assert self._process.stdout is not None
        try:
            (length,) = wire.HEADER.unpack(await self._process.stdout.readexactly(wire.HEADER.size))
            body = await self._process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        return pickle.loads(body)


class Lease:
    """A worker that is one caller's alone for a while."""

    def __init__(self, worker: _Worker, node: str) -> None:
        self._worker = worker
        self._node = node

    async def call(self, method: str, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """As ``WorkerPool.call``, in this worker."""
        if not self._worker.alive or self._worker.owes_reply:
            raise NodeUnavailable("a worker process has ended", node=self._node)
        try:
            with tracing.part(f"work {method}"):
                async with asyncio.timeout(timeout):
                    return await self._worker.call(method, args, kwargs)
        except TimeoutError as error:
            raise NodeTimeout(f"{method} took longer than {timeout:g} s", node=self._node) from error
        except Cancelled as error:
            raise NodeUnavailable("the work was cancelled", node=self._node) from error
        except (EOFError, ConnectionError) as error:
            raise NodeUnavailable("a worker process ended in the middle of its work", node=self._node) from error


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
        self._target = target
        self._kwargs = dict(kwargs or {})
        self._node = node
        self._environment = dict(environment or {})
        self._start_timeout = start_timeout
        self._idle_s = idle_s
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False
        self._reaper: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        return self._size

    async def start(self) -> None:
        """Start all processes now rather than at the first call."""
        workers = await asyncio.gather(*(self._spawn() for _ in range(self._size)), return_exceptions=True)
        self._free.extend(worker for worker in workers if isinstance(worker, _Worker))
        for worker in workers:
            if isinstance(worker, BaseException):
                await self.stop()
                raise worker

    async def stop(self) -> None:
        """End all processes."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        workers, self._free = [*self._free, *self._busy], []
        await asyncio.gather(*self._background, *(worker.kill() for worker in workers))

    async def call(self, method: str, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """Run ``method`` in a worker.

        Raises what it raises, NodeTimeout after ``timeout`` seconds, NodeUnavailable when the worker dies.
        """
        async with self.lease() as lease:
            return await lease.call(method, *args, timeout=timeout, **kwargs)

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Lease]:
        """A worker for several calls, nobody else's meanwhile: what they leave in its object is there for the next.

        Waits for a free one. After a call that was cancelled or failed with the worker the lease is of no more use.
        """
        await self._slots.acquire()
        worker: _Worker | None = None
        try:
            if self._closed:
                raise NodeUnavailable("is shutting down", node=self._node)
            worker = await self._take_for_lease()
            self._busy.add(worker)
            yield Lease(worker, self._node)
        finally:
            if worker is not None and worker.owes_reply:
                # The one who called may be cancelled again and again (anyio): this must not be theirs to wait for.
                self._own(self._settle(worker))
            else:
                self._give_back(worker)

    async def _take_for_lease(self) -> _Worker:
        try:
            return await self._take()
        except TimeoutError as error:
            raise NodeTimeout(f"did not start within {self._start_timeout:g} s", node=self._node) from error
        except (EOFError, ConnectionError) as error:
            raise NodeUnavailable("a worker process ended as it started", node=self._node) from error

    async def _settle(self, worker: _Worker) -> None:
        await worker.abandon()
        self._give_back(worker)

    def _give_back(self, worker: _Worker | None) -> None:
        """Free a worker and its slot."""
        if worker is not None:
            self._busy.discard(worker)
            if worker.alive and not self._closed:
                self._free.append(worker)
                self._reap_later()
        self._slots.release()

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` in the background until it ends; ``stop`` waits for it."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _take(self) -> _Worker:
        while self._free:
            worker = self._free.pop()
            if worker.alive:
                return worker
        return await self._spawn()

    async def _spawn(self) -> _Worker:
        return await _Worker.spawn(self._target, self._kwargs, self._environment, self._start_timeout)

    def _reap_later(self) -> None:
        if self._idle_s is None:
            return
        if self._reaper is not None:
            self._reaper.cancel()
        self._reaper = asyncio.get_running_loop().call_later(self._idle_s, self._reap)

    def _reap(self) -> None:
        idle, self._free = self._free, []
        for worker in idle:
            self._own(worker.kill())
