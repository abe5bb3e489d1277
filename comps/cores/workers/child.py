"""The worker process: ``python -m comps.cores.workers.child module:factory``, frames on stdin and stdout.

Messages in: ``("init", kwargs)`` once, ``("call", job, method, args, kwargs)``, ``("cancel", job)``.
Messages out: ``("ready",)`` or ``("failed", error)`` once, then ``("result", job, value)`` or ``("error", job, error)``.
The process ends when its stdin ends, so it never outlives its parent.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
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
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()

    def _read(self) -> None:
        while True:
            try:
                message = wire.read(self._source)
            except EOFError:
                os._exit(0)
            if message[0] == "cancel":
                with self._lock:
                    if message[1] == self._current:
                        flag.set()
                    else:
                        self._cancelled.add(message[1])
            else:
                self._jobs.put(message)

    def _send(self, message: Any) -> None:
        self._sink.write(wire.pack(message))
        self._sink.flush()

    def run(self, target: str) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        _, kwargs = self._jobs.get()
        module, _, attribute = target.partition(":")
        try:
            worker = getattr(importlib.import_module(module), attribute)(**kwargs)
        except Exception as error:
            self._send(("failed", _portable(error)))
            return
        self._send(("ready",))
        while True:
            _, job, method, args, kwargs = self._jobs.get()
            with self._lock:
                self._current = job
                flag.clear()
                if job in self._cancelled:
                    self._cancelled.discard(job)
                    flag.set()
            try:
                flag.check()
                self._send(("result", job, getattr(worker, method)(*args, **kwargs)))
            except Exception as error:
                self._send(("error", job, _portable(error)))
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
