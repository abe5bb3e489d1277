"""What a session has sounded like in the last seconds: the reference by which the avatar's own echo is known."""

from __future__ import annotations

#: Older sound is forgotten, seconds.
_KEPT_S = 5.0


class SoundTrack:
    """Mono s16le at ``rate``, by media time."""

    def __init__(self, rate: int, fps: int) -> None:
        self.rate = rate
        self._fps = fps
        self._first = 0  # sample at the head of what is kept
        self._kept = bytearray()

    def silence(self, first_frame: int, end_frame: int) -> bytes:
        """The silence of frames ``first_frame`` … ``end_frame - 1``."""
        return bytes(2 * (end_frame * self.rate // self._fps - first_frame * self.rate // self._fps))

    def add(self, sound: bytes) -> None:
        self._kept += sound
        excess = len(self._kept) // 2 - int(_KEPT_S * self.rate)
        if excess > 0:
            del self._kept[: 2 * excess]
            self._first += excess

    def between(self, start_s: float, end_s: float) -> bytes:
        """The sound from ``start_s`` to ``end_s`` of the media; what is forgotten or yet to come is left out."""
        start = max(0, int(start_s * self.rate) - self._first)
        end = max(start, int(end_s * self.rate) - self._first)
        return bytes(self._kept[2 * start : 2 * end])
