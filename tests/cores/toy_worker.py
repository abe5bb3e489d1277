"""A worker for the tests of worker processes."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import time
from pathlib import Path

from comps.cores.errors import NoFace
from comps.cores.workers.cancel import flag


class ToyWorker:
    def __init__(self, base: int | None) -> None:
        if base is None:
            raise NoFace("no base, no face", field="avatar")
        self._base = base

    def add(self, number: int) -> int:
        return self._base + number

    def pid(self) -> int:
        return os.getpid()

    def environment(self, name: str) -> str | None:
        return os.environ.get(name)

    def chatter(self) -> str:
        print("a library prints this to standard output")
        os.write(1, b"and this past Python\n")
        return "fine"

    def no_face(self) -> None:
        raise NoFace("there is none", field="avatar")

    def divide_by_zero(self) -> float:
        return self._base / 0 if self._base else 0 / 0

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def work_in_pieces(self) -> None:
        for _ in range(600):
            flag.check()
            time.sleep(0.05)

    def note(self, value: int) -> None:
        """Left in the object, for ``noted``."""
        self._base = value

    def noted(self) -> int | None:
        return self._base

    def end(self) -> None:
        os._exit(3)

    def cut_reply(self) -> None:
        """Die in the middle of a frame, which promises more bytes than come."""
        for descriptor in range(3, 20):
            # Beyond standard input and standard error, where standard output goes too: the pipe for frames.
            with contextlib.suppress(OSError):
                if str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("pipe:"):
                    os.write(descriptor, struct.pack(">I", 1000) + b"begun")
        os.kill(os.getpid(), signal.SIGKILL)

    def riddle(self) -> Riddle:
        return Riddle(os.getpid())

    def unpicklable(self) -> object:
        return lambda: None

    def unpicklable_problem(self) -> None:
        raise NoFace("there is none", field="avatar", hint=lambda: None)

    def take(self, value: object) -> None:
        """Any value will do."""


class SlowToyWorker(ToyWorker):
    """Takes its time to start, and says in ``folder`` that it has begun to."""

    def __init__(self, folder: str, seconds: float) -> None:
        super().__init__(0)
        (Path(folder) / str(os.getpid())).touch()
        time.sleep(seconds)


class Riddle:
    """Can be pickled, and unpickled nowhere but in the process ``pid``."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __reduce__(self) -> tuple[object, ...]:
        return _solved, (self._pid,)


def _solved(pid: int) -> Riddle:
    if os.getpid() != pid:
        raise ImportError("no module of that name")
    return Riddle(pid)
