"""How long nobody has done anything in a live session."""

from __future__ import annotations

from collections.abc import Callable

#: A player that is further by less than this has not moved, seconds of media.
_MOVED_S = 0.05


class Activity:
    """Questions, speech and answers that are played. ``clock``: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()
        self._position_s = 0.0

    @property
    def quiet_s(self) -> float:
        """Seconds since the last of them."""
        return self._clock() - self._at

    def note(self) -> None:
        """Somebody asks, or speaks."""
        self._at = self._clock()

    def played(self, position_s: float) -> None:
        """An answer is under way, and the player is at ``position_s``: one that stands plays nothing."""
        if position_s > self._position_s + _MOVED_S:
            self._position_s = position_s
            self.note()
