"""How far a player can have come: media is played in real time, and no further than it was sent."""

from __future__ import annotations

from collections.abc import Callable

#: The clock of a sound card is off by less than this; without it a player whose clock is fast would run dry after an hour.
_DRIFT = 5e-4


class Furthest:
    """An upper bound of the player's position, seconds of media. ``clock``: seconds.

    A player that has come to the end of what was sent waits there: each time more is sent, the bound starts anew from that end
    at most, so that time in which nothing was sent cannot be used later.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sent_s = 0.0
        self._at: tuple[float, float] | None = None  # a bound, and when it held

    @property
    def sent_s(self) -> float:
        """The end of what was sent."""
        return self._sent_s

    def position_s(self) -> float:
        """The bound now; 0 before anything was sent."""
        if self._at is None:
            return 0.0
        bound, at = self._at
        return min(self._sent_s, bound + (self._clock() - at) * (1 + _DRIFT))

    def send(self, end_s: float) -> None:
        """Media up to ``end_s`` is sent now."""
        self._at = self.position_s(), self._clock()
        self._sent_s = end_s

    def jump(self) -> None:
        """The player goes on at the end of what was sent."""
        self._at = self._sent_s, self._clock()
