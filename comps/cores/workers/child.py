"""The worker process: ``python -m comps.cores.workers.child module:factory``, frames on stdin and stdout.

Messages in: ``("init", job, kwargs)`` once, ``("call", job, method, args, kwargs)`` (method None: a job without work),
``("cancel", job)``.
Messages out: ``("begun", job)`` before a call's work, ``("result", job, value)`` or ``("error", job, error)``.
The process ends when its stdin ends, so it never outlives its parent.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import traceback
from typing import Any, BinaryIO

from comps.cores import disk
from comps.cores.errors import Problem
from comps.cores.workers import wire
from comps.cores.workers.cancel import Cancelled, flag


def _portable(error: BaseException) -> BaseException:
    if isinstance(error, Problem | Cancelled):
        return error
    if disk.means_full(error):
        return disk.full()
    return wire.WorkerError(f"{type(error).__name__}: {error}")


class _Child:
    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._current: int | None = None
        self._cancelled: int | None = None
        self._lock = threading.Lock()

    def _read(self) -> None:
        while True:
            try:
                message = wire.read(self._source)
            except EOFError:
                os._exit(0)
            except BaseException as error:
                # The job is lost: better no process than one that waits. The error's own words may quote what a person sent.
                traceback.print_tb(error.__traceback__)
                os._exit(1)
            if message[0] == "cancel":
                with self._lock:
                    if message[1] == self._current:
                        flag.set()
                    else:
                        self._cancelled = message[1]
            else:
                self._jobs.put(message)

    def _send(self, message: Any) -> None:
        self._sink.write(wire.pack(message))
        self._sink.flush()

    def _fail(self, job: int, error: Exception) -> None:
        try:
            self._send(("error", job, _portable(error)))
        except OSError:
            raise
        except Exception:
            self._send(("error", job, wire.WorkerError(f"{type(error).__name__}, which cannot be pickled")))

    def run(self, target: str) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        _, job, kwargs = self._jobs.get()
        module, _, attribute = target.partition(":")
        try:
            worker = getattr(importlib.import_module(module), attribute)(**kwargs)
        except Exception as error:
            self._fail(job, error)
            return
        self._send(("result", job, None))
        while True:
            _, job, method, args, kwargs = self._jobs.get()
            with self._lock:
                self._current = job
                flag.clear()
                if job == self._cancelled:
                    flag.set()
            self._send(("begun", job))
            try:
                flag.check()
                self._send(("result", job, None if method is None else getattr(worker, method)(*args, **kwargs)))
            except Exception as error:
                self._fail(job, error)
            with self._lock:
                self._current = None


#: Event loops, which keep the time of what plays, go before the work: without this four live faces on two cores wait for theirs.
_NICENESS = 10


def main() -> None:
    os.nice(_NICENESS)
    # Libraries print to stdout now and then; only frames may go there.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _Child(sys.stdin.buffer, sink).run(sys.argv[1])


if __name__ == "__main__":
    main()
