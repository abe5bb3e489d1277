"""Cut an answer short: it is long enough, or the request's time is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import anyio


class Cut:
    """Whether one answer is cut short. ``reason``: why; None while it is not. ``is_urgent``: the answer ends with the sentence
    that is being drawn, and speech that follows it is left out.
    """

    def __init__(self) -> None:
        self.reason: Literal["length", "timeout"] | None = None
        self.is_urgent = False
        self._waiting: dict[anyio.CancelScope, bool] = {}

    def make(self, reason: Literal["length", "timeout"], *, urgent: bool = False) -> None:
        """Cut the answer; the first reason counts."""
        self.reason = self.reason or reason
        self.is_urgent = self.is_urgent or urgent
        for scope, until_urgent in self._waiting.items():
            if urgent or not until_urgent:
                scope.cancel()

    @contextmanager
    def waiting(self, seconds: float | None = None, *, until_urgent: bool = False) -> Iterator[anyio.CancelScope]:
        """Cancel the block after ``seconds``, or when the answer is cut; with ``until_urgent`` only by an urgent cut."""
        with anyio.move_on_after(seconds) as scope:
            self._waiting[scope] = until_urgent
            try:
                yield scope
            finally:
                del self._waiting[scope]
