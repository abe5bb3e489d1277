"""One worker process as its service sees it. Every failure to talk to it counts as its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import Any

from comps.cores.workers import wire

#: BLAS and OpenMP threads spin while they wait: with more than one a frame costs 30 ms instead of 8.6.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")
#: Of libraries that import onnxruntime by themselves: see ``comps.cores.onnx``.
_NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1"}
#: How long cancelled work may go on before its process is ended.
_GRACE_S = 0.5
#: How long a killed process may take to end (one that waits for a disk ends when the disk has answered).
_END_S = 5.0

log = logging.getLogger(__name__)


class WorkerEnded(Exception):
    """The process is gone. Unless its job had ``begun``, the job may be given to another one."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("a worker process has ended")
        self.begun = begun


class _Job:
    """``reply``: the last message of the job; None when the process ends without one."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self.number = next(self._numbers)
        self.begun = False
        self.reply: asyncio.Future[tuple[str, Any] | None] = asyncio.get_running_loop().create_future()


class WorkerProcess:
    """Runs one job at a time. No method waits for the process longer than a job, the grace or ``_END_S`` lasts."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._job: _Job | None = None
        self._is_lost = False
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def spawn(
        cls, target: str, kwargs: dict[str, Any], environment: Mapping[str, str], start_timeout: float
    ) -> WorkerProcess:
        """A process that holds ``target(**kwargs)``. Raises what the target raises, WorkerEnded, TimeoutError and OSError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "comps.cores.workers.child",
            target,
            stdin=PIPE,
            stdout=PIPE,
            # A terminal's Ctrl-C goes to the whole process group; workers end by their parent's will alone.
            start_new_session=True,
            env={**os.environ, **_ONE_THREAD, **_NO_TELEMETRY, **environment},
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(start_timeout):
                await worker._ask("init", kwargs)
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._is_lost and self._process.returncode is None

    @property
    def owes_reply(self) -> bool:
        """Whether a job was given up that has not ended yet: ``abandon`` must follow before the next job."""
        return self._job is not None and not self._job.reply.done()

    async def call(self, method: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one job; ``method`` None is a job without work. Raises what it raises, and WorkerEnded.

        When this is cancelled the process owes a reply.
        """
        return await self._ask("call", method, args, kwargs)

    async def abandon(self) -> None:
        """Tell the job that its caller is gone and wait for its end during the grace; then end the process."""
        if self._job is not None and self.owes_reply:
            self._write(wire.pack(("cancel", self._job.number)))
            await asyncio.wait({self._job.reply}, timeout=_GRACE_S)
        if self.owes_reply:
            await self.kill()

    async def kill(self) -> None:
        """End the process and wait until it has ended."""
        self.lose()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            log.error("worker process %d does not end", self.pid)
        finally:
            self._reader.cancel()

    def lose(self) -> None:
        """End the process, without waiting; its job, if there is one, ends with it."""
        self._is_lost = True
        if self._job is not None and not self._job.reply.done():
            self._job.reply.set_result(None)
        try:
            self._process.kill()
        except ProcessLookupError:
            pass
        except Exception as error:
            log.error("worker process %d cannot be killed: %s", self.pid, type(error).__name__)
        if self._process.stdin is not None:
            # It ends by itself at the end of its input. Event loops differ in what they raise when that is closed already.
            with contextlib.suppress(Exception):
                self._process.stdin.close()

    async def _ask(self, kind: str, *what: Any) -> Any:
        assert not self.owes_reply
        job = _Job()
        # What cannot be pickled is the caller's mistake: nothing has been sent yet.
        frame = wire.pack((kind, job.number, *what))
        self._job = job
        self._write(frame)
        # A future that is awaited is cancelled with its awaiter; this one belongs to the reader.
        await asyncio.wait({job.reply})
        reply = job.reply.result()
        if reply is None:
            raise WorkerEnded(begun=job.begun)
        outcome, value = reply
        if outcome == "error":
            raise value
        return value

    def _write(self, frame: bytes) -> None:
        """Send a frame. One job is under way at most, so that what waits in the pipe's buffer is bounded by it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(frame)
        except Exception as error:
            # uvloop raises RuntimeError for a closed pipe, asyncio nothing or an OSError.
            log.debug("worker process %d takes nothing: %s", self.pid, type(error).__name__)
            self.lose()

    async def _read(self) -> None:
        """Hand on what the process says until it ends or cannot be understood."""
        try:
            while True:
                self._hand_on(await self._frame())
        except asyncio.IncompleteReadError:
            pass
        except Exception as error:
            log.error("worker process %d cannot be understood: %s", self.pid, type(error).__name__)
        finally:
            self.lose()

    def _hand_on(self, message: tuple[Any, ...]) -> None:
        kind, number, *value = message
        if self._job is None or self._job.number != number or self._job.reply.done():
            return
        if kind == "begun":
            self._job.begun = True
        else:
            self._job.reply.set_result((kind, value[0]))

    async def _frame(self) -> Any:
        assert self._process.stdout is not None
        (length,) = wire.HEADER.unpack(await self._process.stdout.readexactly(wire.HEADER.size))
        return pickle.loads(await self._process.stdout.readexactly(length))
