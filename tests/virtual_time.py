"""An event loop whose clock jumps: where nothing is ready, time is at once that of the next timer. Sockets are real."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Waits for nothing but sockets that are ready; the rest of a wait is only counted."""

    #: What another process or thread may need to make a socket ready, seconds of real time.
    _REAL_S = 0.0005

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(self._REAL_S if timeout is None or timeout > 0 else 0)
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def backend() -> tuple[str, dict[str, Any]]:
    """For an ``anyio_backend`` fixture."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}
