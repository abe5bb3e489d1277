"""When the first fragment may go out, so that a player that begins with it never has to stop."""

from __future__ import annotations

from collections import deque

from comps.cores.proto.avatar import ChunkRequest

#: A picture that is drawn slower than it plays by so much cannot be made up for by waiting longer than this, seconds.
_LONGEST_HOLD_S = 1.0
#: Share of the newest measurement in the running mean of a frame's time.
_NEWEST = 0.5


class Headstart:
    """Of one answer. Times are seconds of one clock; chunks are asked for and drawn in order.

    A chunk that begins at s seconds of the answer is in time when it is drawn by s seconds after the player's start. How long
    drawing takes is learnt from the chunks before it.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, ChunkRequest]] = deque()
        self._frame_s: float | None = None
        self._first_drawn: float | None = None
        self._first_frame = 0

    def asked(self, request: ChunkRequest, now: float) -> None:
        if self._frame_s is None and not self._waiting:
            self._first_frame = request.start_frame
        self._waiting.append((now, request))

    def drawn(self, now: float) -> None:
        asked, request = self._waiting.popleft()
        took = (now - asked) / request.frames
        self._frame_s = took if self._frame_s is None else self._frame_s + _NEWEST * (took - self._frame_s)
        if self._first_drawn is None:
            self._first_drawn = now

    def hold_s(self, now: float) -> float:
        """How much longer the first fragment should be held back; 0 when it may go."""
        if self._first_drawn is None or self._frame_s is None:
            return 0.0
        starts = [
            asked + self._frame_s * request.frames - (request.start_frame - self._first_frame) / request.profile.fps
            for asked, request in self._waiting
        ]
        return max(0.0, min(max(starts, default=now), self._first_drawn + _LONGEST_HOLD_S) - now)
