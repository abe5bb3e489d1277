"""How long nobody has done anything in a live session."""

from __future__ import annotations

from collections.abc import Callable

#: Seconds of activity that one played second counts for: a player at less than a tenth of real time counts as idle.
_COUNTS = 10


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

    def watch(self, position_s: float, *, is_answered: bool) -> None:
        """To be called about once a second. The player is at ``position_s``: one that stands plays nothing. ``is_answered``: what
        it plays is an answer.
        """
        moved = position_s - self._position_s
        self._position_s = max(position_s, self._position_s)
        if is_answered and moved > 0:
            self._at = min(self._clock(), self._at + _COUNTS * moved)
