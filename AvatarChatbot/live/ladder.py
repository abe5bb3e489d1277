"""What a live session shows when drawing does not keep up: half the frames, then a still picture with sound; text where there is
no voice; and back.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Literal

#: A chunk that comes earlier than this before it is due speaks for one rung up, seconds.
_COMFORTABLE_S = 0.35
#: How long it must stay comfortable before a rung is climbed; twice as long after each fall, up to the second.
_CLIMB_S, _LONGEST_CLIMB_S = 4.0, 60.0
#: Falls of one rung need this long to show what they save, seconds.
_SETTLE_S = 1.0


class Rung(IntEnum):
    FULL = 0
    HALF = 1
    STILL = 2
    TEXT = 3

    @property
    def level(self) -> Literal["full", "half", "still", "text"]:
        """As messages name it."""
        return _LEVELS[self]


_LEVELS: tuple[Literal["full", "half", "still", "text"], ...] = ("full", "half", "still", "text")


class Ladder:
    """Told of how early things are (``margin_s`` before they are due; negative: late), it says which rung to be on.

    ``changed`` is called with the new rung and the reason. ``clock``: seconds.
    """

    def __init__(self, clock: Callable[[], float], changed: Callable[[Rung, str], None]) -> None:
        self._pictures = self._best = Rung.FULL
        self._is_silent = False
        self._clock = clock
        self._changed = changed
        self._since = clock()
        self._climb_s = _CLIMB_S

    @property
    def rung(self) -> Rung:
        return Rung.TEXT if self._is_silent else self._pictures

    @property
    def step(self) -> int | None:
        """Frames of the grid that one picture stands for; None where none is drawn. A face that cannot speak is drawn at rest."""
        return {Rung.FULL: 1, Rung.HALF: 2}.get(self._pictures)

    def limit(self, best: Rung) -> None:
        """No rung above ``best`` (FULL or HALF) can be drawn in real time."""
        self._best = best
        if self._pictures < best:
            self._pictures, self._since = best, self._clock()
            if not self._is_silent:
                self._changed(best, "no more can be drawn in real time")

    def picture(self, margin_s: float) -> None:
        """A chunk was drawn this long before it is due."""
        if margin_s < 0:
            self._fall(Rung.STILL, "pictures are late")
        elif margin_s < _COMFORTABLE_S:
            self._since = max(self._since, self._clock() - self._climb_s / 2)
        else:
            self._climb()

    def failed(self) -> None:
        """A chunk could not be drawn at all."""
        self._set(Rung.STILL, "pictures cannot be drawn")

    def clause(self, *, is_spoken: bool) -> None:
        """A clause was spoken, or could not be."""
        if self._is_silent == is_spoken:
            self._is_silent = not is_spoken
            self._changed(self.rung, "there is a voice" if is_spoken else "there is no voice")

    def idle(self) -> None:
        """Nothing is drawn: after a while the next answer may try one rung up."""
        self._climb()

    def _fall(self, lowest: Rung, reason: str) -> None:
        if self._pictures < lowest and (self._pictures is self._best or self._clock() - self._since >= _SETTLE_S):
            self._set(Rung(self._pictures + 1), reason)

    def _climb(self) -> None:
        if self._pictures > self._best and self._clock() - self._since >= self._climb_s:
            self._set(Rung(self._pictures - 1), "there is time to spare")

    def _set(self, rung: Rung, reason: str) -> None:
        if rung == self._pictures:
            return
        if rung > self._pictures:
            self._climb_s = min(2 * self._climb_s, _LONGEST_CLIMB_S)
        self._pictures, self._since = rung, self._clock()
        if not self._is_silent:
            self._changed(rung, reason)
