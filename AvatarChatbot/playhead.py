"""Where whoever watches an answer is in it: what decides how long the megaservice may wait for more of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import anyio


class Playhead(Protocol):
    """Of one answer."""

    def seconds_left(self, media_s: float) -> float:
        """How long a player will take to reach ``media_s`` seconds of the answer; infinite when nobody plays it yet."""

    @property
    def fills_gaps(self) -> bool:
        """Whether silence is put where speech comes too late: then the player never stops."""


class NoPlayhead:
    """Of an answer that is watched when it is complete."""

    fills_gaps = False

    def seconds_left(self, media_s: float) -> float:
        return math.inf


class FreePlayhead:
    """Of an answer that plays from the moment its first fragment is sent, as fast as it comes. ``clock``: seconds."""

    fills_gaps = False

    def __init__(self, clock: Callable[[], float] = anyio.current_time) -> None:
        self._clock = clock
        self._started: float | None = None

    def start(self) -> None:
        """The first fragment is sent. Harmless to repeat."""
        if self._started is None:
            self._started = self._clock()

    def seconds_left(self, media_s: float) -> float:
        return math.inf if self._started is None else self._started + media_s - self._clock()
