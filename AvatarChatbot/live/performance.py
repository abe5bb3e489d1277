"""One answer on its way to the stage: its pictures as they are drawn, its sound from its time line."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from comps.cores.proto.avatar import Chunk
from comps.media.timeline import Timeline

#: Pictures that may wait for the stage, seconds: drawing goes no further ahead.
_AHEAD_S = 2.0


@dataclass(frozen=True)
class Picture:
    """A coded picture that stands for ``frames`` frames of the grid; without ``data`` the one before it stays.

    ``age``: how many frames before its first one it was drawn for.
    """

    data: bytes | None
    frames: int
    age: int = 0


class Performance:
    """The answer of turn ``turn``. Its frame 0 is frame ``start`` of the session once the stage has begun with it.

    Its pictures come in order; where none has come in time the stage passes over frames, and what comes late for them is dropped.
    """

    def __init__(self, turn: int, fps: int) -> None:
        self.turn = turn
        self.start: int | None = None
        self.timeline: Timeline | None = None
        #: The frame of the drawing grid that is the answer's frame 0.
        self.first_frame = 0
        self.inserted_frames = 0
        self.dropped_frames = 0
        #: How far the pictures on show have been behind their sound at most, frames; while it stands still nothing is counted.
        self.longest_lag = 0
        self._lag = 0
        self.ended = False
        #: No pictures are drawn: the one on show stays.
        self.is_still = False
        self._left = anyio.Event()
        self._fps = fps
        self._pictures: deque[Picture] = deque()
        self._next_frame = 0  # of the answer, at the head of the pictures
        self._changed = anyio.Event()

    @property
    def frames_shown(self) -> int:
        """Frames of the answer that the stage has taken or passed over."""
        return self._next_frame

    @property
    def frames_drawn(self) -> int:
        """Frames that can be shown without waiting."""
        return sum(picture.frames for picture in self._pictures)

    @property
    def frames_spoken(self) -> int:
        """Frames of the answer whose sound is known; all that it will have, once it has ended."""
        if self.timeline is None:
            return 0
        if self.ended:
            return self.timeline.frames
        return self.timeline.samples * self._fps // self.timeline.sample_rate

    @property
    def is_over(self) -> bool:
        """Whether the stage has shown it to its end."""
        return self.ended and self._next_frame >= self.frames_spoken

    async def add(self, chunk: Chunk) -> None:
        """The next chunk; waits while the stage has enough. One without pictures could not be drawn."""
        while self.frames_drawn >= _AHEAD_S * self._fps:
            await self._changed.wait()
        at = chunk.start_frame - self.first_frame
        ready = self._next_frame + self.frames_drawn
        if at > ready:
            self._pictures.append(Picture(None, at - ready))
        end = at + chunk.frames
        units: Sequence[bytes | None] = chunk.access_units or [None]
        for unit in units:
            frames = min(chunk.step if unit else chunk.frames, end - at)
            shown = min(frames, at + frames - self._next_frame - self.frames_drawn)
            if shown > 0:
                self._pictures.append(Picture(unit, shown, age=frames - shown if unit else 0))
            self.dropped_frames += frames - max(shown, 0)
            at += frames
        self._notify()

    def end(self) -> None:
        """Nothing more comes."""
        self.ended = True
        self._notify()

    def take(self, frames: int) -> list[Picture]:
        """At most ``frames`` frames of pictures, and off the queue."""
        taken = self._off(frames)
        for picture in taken:
            self._note_lag(self._lag + picture.frames if picture.data is None else picture.age + picture.frames - 1)
        return taken

    def pass_over(self, frames: int) -> None:
        """Frames that are due and not shown: the picture before them stays, those that were drawn for them are dropped."""
        end = self._next_frame + frames
        self.dropped_frames += sum(picture.frames for picture in self._off(frames) if picture.data is not None)
        self._next_frame = end
        self.inserted_frames += frames
        self._note_lag(self._lag + frames)

    def _off(self, frames: int) -> list[Picture]:
        """Up to ``frames`` frames off the queue; who waits to add more may."""
        off: list[Picture] = []
        while frames > 0 and self._pictures:
            picture = self._pictures.popleft()
            if picture.frames > frames:
                self._pictures.appendleft(Picture(picture.data, picture.frames - frames, picture.age + frames))
                picture = Picture(picture.data, frames, picture.age)
            frames -= picture.frames
            self._next_frame += picture.frames
            off.append(picture)
        self._notify()
        return off

    def sound(self, first: int, end: int) -> bytes:
        """The sound of frames ``first`` … ``end - 1``: mono s16le, silence where there is none."""
        rate = self.timeline.sample_rate if self.timeline else 0
        start, stop = first * rate // self._fps, end * rate // self._fps
        known = self.timeline.sound(start, stop) if self.timeline else b""
        return known.ljust(2 * (stop - start), b"\0")

    def leave(self) -> None:
        """The stage has done with it."""
        self._left.set()
        self._notify()

    async def left(self) -> None:
        """Return when the stage has done with it."""
        await self._left.wait()

    def _note_lag(self, frames: int) -> None:
        self._lag = 0 if self.is_still else frames
        self.longest_lag = max(self.longest_lag, self._lag)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
