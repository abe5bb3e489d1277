"""A pool of worker processes, each holding one object whose methods are called from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pickle
import sys
from collections.abc import Mapping
from typing import Any

from comps.cores.errors import NodeTimeout, NodeUnavailable
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
                message = await worker._receive()
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

    async def call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one job. On cancellation the job is told, waited for during the grace, then its process ended."""
        job = next(self._jobs)
        try:
            await self._send(("call", job, method, args, kwargs))
            message = await self._receive()
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(job))
            raise
        if message[0] == "error":
            raise message[2]
        return message[2]

    async def _abandon(self, job: int) -> None:
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._send(("cancel", job))
                # The reply is still owed: whoever calls next must not take it for theirs.
                if self._partial is None:
                    self._partial = asyncio.ensure_future(self._read_frame())
                await self._partial
                self._partial = None
        except (TimeoutError, ConnectionError, EOFError):
            await self.kill()

    async def kill(self) -> None:
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

    _partial: asyncio.Task[Any] | None = None

    async def _receive(self) -> Any:
        self._partial = asyncio.ensure_future(self._read_frame())
        message = await asyncio.shield(self._partial)
        self._partial = None
        return message

    async def _read_frame(self) -> Any:
        assert self._process.stdout is not None
        try:
            (length,) = wire.HEADER.unpack(await self._process.stdout.readexactly(wire.HEADER.size))
            body = await self._process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        return pickle.loads(body)


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
        self._reaping: set[asyncio.Task[None]] = set()

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
        await asyncio.gather(*self._reaping, *(worker.kill() for worker in workers))

    async def call(self, method: str, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """Run ``method`` in a worker.

        Raises what it raises, NodeTimeout after ``timeout`` seconds, NodeUnavailable when the worker dies.
        """
        async with self._slots:
            if self._closed:
                raise NodeUnavailable("is shutting down", node=self._node)
            worker = await self._take()
            self._busy.add(worker)
            try:
                async with asyncio.timeout(timeout):
                    return await worker.call(method, args, kwargs)
            except TimeoutError as error:
                raise NodeTimeout(f"{method} took longer than {timeout:g} s", node=self._node) from error
            except Cancelled as error:
                raise NodeUnavailable("the work was cancelled", node=self._node) from error
            except (EOFError, ConnectionError) as error:
                await worker.kill()
                raise NodeUnavailable("a worker process ended in the middle of its work", node=self._node) from error
            finally:
                self._busy.discard(worker)
                if worker.alive and not self._closed:
                    self._free.append(worker)
                    self._reap_later()

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
            task = asyncio.ensure_future(worker.kill())
            self._reaping.add(task)
            task.add_done_callback(self._reaping.discard)
