"""What a live session shows: one MP4 without end, made in step with the player; the idle face, and answers between."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import anyio
from anyio import to_thread

from AvatarChatbot.live.framing import Frame
from AvatarChatbot.live.furthest import Furthest
from AvatarChatbot.live.idle import IdleLoop
from AvatarChatbot.live.messages import Speaking
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.performance import Performance, Picture
from AvatarChatbot.live.sound_track import SoundTrack
from comps.cores.errors import Problem
from comps.cores.proto.avatar import Chunk, VideoProfile
from comps.media.mux import AnswerMuxer, Fragment

#: How far ahead of the player the server is, seconds: with an answer; and at rest, little, since an answer begins behind that.
SPEAKING_LEAD_S, IDLE_LEAD_S = 1.0, 0.28
#: Where the player had to wait, as where the network jitters, the lead at rest grows by so much, and no further.
_MORE_LEAD_S, _LONGEST_IDLE_LEAD_S = 0.12, 0.64
#: Lead at which something must be sent, whatever there is.
_LAST_MOMENT_S = 0.1
#: A wait no longer than this is none: rounding may leave so little that no clock shows it, seconds.
_NO_TIME_S = 1e-6
#: A report this far before the last one is none of this player's, seconds: less may be rounding, or was on its way.
_BACK_S = 0.25
#: Pieces that are sent at once, seconds.
_SPEAKING_PIECE_S, _IDLE_PIECE_S = 0.24, 0.12
#: The sound is this far ahead of the pictures: what an AAC encoder holds back (three frames of 1024 samples).
_SOUND_AHEAD_S = 0.16


class Stage:
    """Runs until it is cancelled. ``perform`` puts an answer on; ``interrupt`` takes it off.

    Positions are frames of the session; ``_video`` and ``_sound`` are the next to be made. ``clock``: seconds.
    """

    def __init__(
        self,
        profile: VideoProfile,
        rate: int,
        idle: IdleLoop,
        outbox: Outbox,
        clock: Callable[[], float],
        parameter_sets: bytes,
    ) -> None:
        """``parameter_sets``: the profile's, as every chunk carries them. ``rate`` of the sound, samples a second."""
        self.idle = idle
        self.paused = False
        self.sound_track = SoundTrack(rate, profile.fps)
        self._profile = profile
        self._fps = profile.fps
        self._muxer = AnswerMuxer(profile, rate, parameter_sets=parameter_sets)
        self._outbox = outbox
        self._clock = clock
        self._performance: Performance | None = None
        self._video = 0
        self._sound = 0
        self._furthest = Furthest(clock)
        self._reported_s = 0.0  # the last report that was believed, or a cut: a player does not go back
        self._idle_lead_s = IDLE_LEAD_S
        self._begun_s = 0.0  # where the player begins, or began anew after a cut: it waits there anyway
        self._reported: tuple[float, float] | None = None
        self._shift = 0  # of the drawing grid against the session's frames
        self._last_picture = b""
        self._parameter_sets = parameter_sets
        self._cutting: Performance | None = None
        self._changed = anyio.Event()

    @property
    def content_type(self) -> str:
        """Of the MP4, with codecs (RFC 6381)."""
        return self._muxer.content_type

    @property
    def performance(self) -> Performance | None:
        return self._performance

    def position_s(self) -> float:
        """Where the player is by its last report, or would be since."""
        if self._reported is None:
            return 0.0
        media_s, at = self._reported
        return min(self._furthest.position_s(), media_s if self.paused else media_s + self._clock() - at)

    def report(self, media_s: float) -> None:
        """The player says where it is. It is believed as far as a player can have come in real time with what was sent, and not
        where it would have gone back.
        """
        if not math.isfinite(media_s) or media_s < self._reported_s - _BACK_S:
            return
        believed = max(0.0, min(media_s, self._furthest.position_s()))
        self._reported, self._reported_s = (believed, self._clock()), believed
        self._notify()

    @property
    def _sent_s(self) -> float:
        return self._furthest.sent_s

    def pause(self) -> None:
        """Nobody is connected: time stands still."""
        if self._reported is not None:
            self._reported = (self.position_s(), self._clock())
        self.paused = True

    def resume(self) -> None:
        if self._reported is not None:
            self._reported = (self._reported[0], self._clock())
        self.paused = False
        self._notify()

    def next_grid_frame(self) -> int:
        """The frame of the drawing grid that an answer would begin with now."""
        return self._sound + self._shift

    def perform(self, performance: Performance) -> None:
        """Show an answer as soon as its first picture is there."""
        self._performance = performance
        self._notify()

    def poke(self) -> None:
        """Something that the stage waits for may have come."""
        self._notify()

    async def interrupt(self) -> float:
        """Take the answer off at once; returns the media time at which the idle face goes on, seconds."""
        performance, self._performance = self._performance, None
        if performance is None or performance.start is None:
            self._jumped()
            return self._sent_s
        self._cutting = performance
        self._notify()
        while self._cutting is performance:
            await self._changed.wait()
        return self._sent_s

    def seconds_left(self, performance: Performance, media_s: float) -> float:
        """Until the player reaches ``media_s`` seconds of an answer; infinite before it has begun."""
        if performance.start is None:
            return math.inf
        return performance.start / self._fps + media_s - self.position_s()

    async def run(self) -> None:
        """Raises what drawing the first idle picture raises: without it there is nothing to show."""
        while True:
            if self._cutting is not None:
                await self._cut(self._cutting)
                continue
            self._begin()
            wait = self._wait_s()
            if wait > _NO_TIME_S:
                changed = self._changed
                with anyio.move_on_after(wait):
                    await changed.wait()
                continue
            await self._step()

    def _begin(self) -> None:
        """Begin the answer that waits, if it can; take off the one that is over."""
        performance = self._performance
        if performance is None:
            return
        if performance.start is None and (performance.frames_drawn or performance.is_still):
            performance.start = self._sound
            self._shift = performance.first_frame - performance.start
            self._outbox.put(Speaking(turn=performance.turn, media_s=performance.start / self._fps))
        elif performance.start is not None and performance.is_over:
            self._performance = None
            performance.leave()

    def _wait_s(self) -> float:
        """How long nothing needs to be sent; a change may come first."""
        if self.paused:
            return math.inf
        lead = self._sent_s - self.position_s()
        if self._performance is None or self._performance.start is None:
            return lead - self._idle_lead_s
        room = SPEAKING_LEAD_S - _SPEAKING_PIECE_S
        if lead >= room or not self._is_on():
            return lead - room
        return 0.0 if self._ready_frames() else lead - _LAST_MOMENT_S

    def _is_on(self) -> bool:
        """Whether the next frame is an answer's."""
        performance = self._performance
        return performance is not None and performance.start is not None and self._video >= performance.start

    def _ready_frames(self) -> int:
        """Frames of the answer whose pictures and sound are there."""
        performance = self._performance
        assert performance is not None
        drawn = performance.frames_spoken - performance.frames_shown if performance.is_still else performance.frames_drawn
        if performance.ended:
            return drawn
        ahead = math.ceil(_SOUND_AHEAD_S * self._fps)
        return max(0, min(drawn, performance.frames_spoken - performance.frames_shown - ahead))

    async def _step(self) -> None:
        if not self._is_on():
            await self._show(await self._idle_pictures(self._frames(_IDLE_PIECE_S)), turn=0)
            return
        performance = self._performance
        assert performance is not None
        ready = min(self._ready_frames(), self._frames(_SPEAKING_PIECE_S))
        if not ready:
            ready = min(self._frames(_IDLE_PIECE_S), max(1, performance.frames_spoken - performance.frames_shown))
            if performance.timeline is not None and performance.frames_spoken < performance.frames_shown + 2 * ready:
                performance.timeline.pause(2 * ready / self._fps)
        pictures = [] if performance.is_still else performance.take(ready)
        if missing := ready - sum(picture.frames for picture in pictures):
            performance.pass_over(missing)
            pictures.append(Picture(None, missing))
        await self._show(pictures, performance.turn)

    async def _idle_pictures(self, frames: int) -> list[Picture]:
        """The next pictures of the idle loop, no further than the beginning of an answer; one that stays where drawing is
        late.
        """
        performance = self._performance
        if performance is not None and performance.start is not None:
            frames = max(1, min(frames, performance.start - self._video))
        pictures: list[Picture] = []
        for frame in range(self._video + self._shift, self._video + self._shift + frames):
            with anyio.move_on_after(max(0.0, self._sent_s - self.position_s())):
                await self._load_idle(frame)
            pictures.append(Picture(self.idle.picture(frame), 1))
        return pictures

    async def _load_idle(self, frame: int) -> None:
        try:
            await self.idle.load(frame)
        except Problem:
            if not self._last_picture:
                raise

    async def _show(self, pictures: list[Picture], turn: int) -> None:
        for fragment in await self._make(pictures):
            if fragment.kind == "media":
                self._furthest.send(fragment.pts_s + fragment.duration_s)
                self._note_wait(fragment.pts_s)
            self._outbox.put(Frame(fragment.kind, turn, 0, fragment.pts_s, fragment.duration_s, fragment.data))

    def _note_wait(self, pts_s: float) -> None:
        """Where the player is when it has just begun with the fragment at ``pts_s``, or has had to wait for it."""
        now = self._clock()
        if self._reported is not None and self._reported[0] + now - self._reported[1] <= pts_s:
            return
        if pts_s > self._begun_s:
            self._idle_lead_s = min(self._idle_lead_s + _MORE_LEAD_S, _LONGEST_IDLE_LEAD_S)
        self._reported = (pts_s, now)

    def _jumped(self) -> None:
        """The player goes on at the end of what was sent."""
        self._furthest.jump()
        self._begun_s = self._reported_s = self._sent_s
        self._reported = (self._sent_s, self._clock())

    async def _make(self, pictures: list[Picture]) -> list[Fragment]:
        """Mux pictures, and the sound up to a little after them."""
        frames = sum(picture.frames for picture in pictures)
        chunks: list[Chunk] = []
        sound = self._sound_until(self._video + frames + math.ceil(_SOUND_AHEAD_S * self._fps))
        for step, run in itertools.groupby(pictures, lambda picture: picture.frames):
            units = []
            for picture in run:
                self._last_picture = picture.data or self._last_picture
                units.append(self._last_picture)
            chunks.append(
                Chunk(
                    start_frame=self._video,
                    frames=step * len(units),
                    step=step,
                    access_units=units,
                    parameter_sets=self._parameter_sets,
                    profile=self._profile,
                    engine="",
                )
            )
            self._video += step * len(units)
        return await to_thread.run_sync(self._mux, sound, chunks)

    def _sound_until(self, end: int) -> bytes:
        """The sound of the frames that have not been made yet, up to ``end``."""
        performance = self._performance
        begin = end if performance is None or performance.start is None else min(max(performance.start, self._sound), end)
        pieces = [self.sound_track.silence(self._sound, begin)]
        if begin < end:
            assert performance is not None
            assert performance.start is not None
            pieces.append(performance.sound(begin - performance.start, end - performance.start))
        self._sound = end
        sound = b"".join(pieces)
        self.sound_track.add(sound)
        return sound

    def _mux(self, sound: bytes, chunks: list[Chunk]) -> list[Fragment]:
        made = self._muxer.add_speech(sound)
        for chunk in chunks:
            made += self._muxer.add_chunk(chunk)
        return made

    async def _cut(self, performance: Performance) -> None:
        """Bring the rest of an answer's sound out of the encoder, and send none of it."""
        self._outbox.drop(performance.turn)
        # Two frames more than the sound that was made: an AAC frame overlaps the next.
        for fragment in await self._make(await self._idle_pictures(self._sound - self._video + 2)):
            self._furthest.send(max(self._sent_s, fragment.pts_s + fragment.duration_s))
        self._cutting = None
        self._jumped()
        performance.leave()
        self._notify()

    def _frames(self, seconds: float) -> int:
        return max(1, int(seconds * self._fps))

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
