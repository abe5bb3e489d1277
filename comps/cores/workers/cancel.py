"""The cancel flag that work in a worker process looks at between pieces."""

from __future__ import annotations

import threading


class Cancelled(Exception):
    """The caller has gone; stop without a result."""


class CancelFlag:
    """Set by the parent when the caller is gone. Long work calls ``check`` between pieces of at most about 0.3 s."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        """For callbacks out of C code, which cannot raise."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled when the caller has gone."""
        if self._event.is_set():
            raise Cancelled


#: The flag of this process's current job; one job runs at a time in a worker.
flag = CancelFlag()
