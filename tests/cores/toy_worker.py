"""A worker for the tests of worker processes."""

from __future__ import annotations

import os
import time

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
