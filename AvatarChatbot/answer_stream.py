"""One answer while it is made: what its nodes say becomes events, and one video."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

import anyio
from anyio import to_thread

from AvatarChatbot.events import AnswerEvent, CaptionEvent, FragmentEvent, ReplyEvent, TranscriptEvent
from AvatarChatbot.headstart import Headstart
from AvatarChatbot.turn import Clause, Turn, stage_of
from comps.cores.mega.run import NodeEvent, Run
from comps.cores.proto.avatar import Chunk
from comps.cores.text.words import has_words
from comps.media.captions import cues
from comps.media.mux import AnswerMuxer, Fragment

#: Told of a stage, and how many of its requests are done of how many.
Progress = Callable[[str, int, int], None]
#: Called with an avatar's id once the animation service has registered it.
Hold = Callable[[str], Awaitable[None]]


#: An answer that is not complete is cut before the request's deadline. In the last ``_LAST_SENTENCE`` of the request's time it
#: ends with the sentence that is being drawn, in the last ``_LAST_MOMENT`` at once. Muxing the end takes up to ``_MOMENT_S`` on
#: a busy machine, so the last moment is at least as long, but no longer than ``_LARGEST_MOMENT`` of the time.
_LAST_SENTENCE, _LAST_MOMENT, _LARGEST_MOMENT, _MOMENT_S = 0.15, 0.05, 0.3, 1.0
#: AAC frames that are encoded beyond the pictures, because the encoder delays its output; and samples of one.
_FRAMES_AHEAD, _AAC_FRAME = 4, 1024


class AnswerStream:
    """``events`` reads the run of ``turn`` to its end. ``video`` then holds the whole MP4.

    ``hold``: writes down whose the avatar is. ``is_played``: fragments are played as they come, so the first is held back where
    drawing is slow. ``most_bytes``: so large its video may be. Shortly before the deadline of the caller's cancel scope the
    answer ends with what there is.
    """

    def __init__(
        self,
        run: Run,
        turn: Turn,
        *,
        is_played: bool,
        hold: Hold | None = None,
        progress: Progress | None = None,
        most_bytes: float = math.inf,
    ) -> None:
        self.turn = turn
        self._last_sentence_s = self._last_moment_s = 0.0
        self._most_bytes = most_bytes
        self._bytes = 0
        self._hold = hold
        self.fragments: list[bytes] = []
        self._run = run
        self._headstart = Headstart() if is_played else None
        self._held: list[FragmentEvent] = []
        self._muxer: AnswerMuxer | None = None
        self._sound_taken = self._frames = 0
        self._ended = False
        self._counts = _Counts(progress)

    @property
    def video(self) -> bytes:
        return b"".join(self.fragments)

    @property
    def content_type(self) -> str:
        """With codecs. Known from the first fragment on."""
        assert self._muxer is not None
        return self._muxer.content_type

    @property
    def pcm_sha256(self) -> str:
        """Of the sound that went into the encoder, mono s16le."""
        assert self._muxer is not None
        return self._muxer.pcm_sha256

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """What happens, in order. Raises what made the run fail."""
        if (time_s := _time_left_s()) < math.inf:
            self._last_moment_s = min(max(_LAST_MOMENT * time_s, _MOMENT_S), _LARGEST_MOMENT * time_s)
            self._last_sentence_s = max(_LAST_SENTENCE * time_s, 1.5 * self._last_moment_s)
        if self.turn.question is not None:
            yield TranscriptEvent(text=self.turn.question)
        while not self._ended:
            if (event := await self._next()) is not None:
                self.turn.times.note(event)
                self._counts.note(event)
                for told in await self._told(event):
                    yield told
            for fragment in self._released():
                yield fragment
        self._headstart = None
        self._keep(await to_thread.run_sync(self._finish, self._new_sound()))
        for fragment in self._released():
            yield fragment

    async def _next(self) -> NodeEvent | None:
        """Return the run's next event, or None when the run has ended, ``_keep_time`` has to be called again, or fragments have
        been held back for long enough.
        """
        self._keep_time()
        hold_s = self._headstart.hold_s(anyio.current_time()) if self._headstart and self._held else math.inf
        if not self._ended:
            with anyio.move_on_after(min(hold_s, self._left_s())):
                try:
                    return await anext(self._run)
                except StopAsyncIteration:
                    self._ended = True
        return None

    def _left_s(self) -> float:
        """Seconds until ``_keep_time`` has to be called again."""
        left = _time_left_s()
        moments = (left - share for share in (self._last_sentence_s, self._last_moment_s))
        return min((moment for moment in moments if moment > 0), default=math.inf)

    def _keep_time(self) -> None:
        """Cut an answer that takes longer than its request may."""
        left = _time_left_s()
        if left <= self._last_sentence_s and has_words(self.turn.reply) and not self.turn.cut.is_urgent:
            self.turn.make_cut("timeout", urgent=True)
        if left <= self._last_moment_s and self._muxer is not None:
            self._ended = True
            self.turn.break_off("timeout")

    async def _told(self, event: NodeEvent) -> list[AnswerEvent]:
        match stage_of(event.node), event.kind:
            case "asr", "done":
                return [TranscriptEvent(text=event.data["question"])]
            case "avatar", "done" if self._hold:
                await self._hold(event.data["avatar_id"])
            case "llm", "item":
                return [ReplyEvent(delta=event.data)]
            case "tts", "item":
                return [*_captions(event.data)]
            case "animation", "asked" if self._headstart:
                self._headstart.asked(event.data, anyio.current_time())
            case "animation", "item":
                if self._headstart:
                    self._headstart.drawn(anyio.current_time())
                self._frames += event.data.frames
                sound = self._new_sound(self._frames / event.data.profile.fps)
                self._keep(await to_thread.run_sync(self._mux, event.data, sound))
        return []

    def _released(self) -> Iterator[FragmentEvent]:
        if self._headstart and self._headstart.hold_s(anyio.current_time()) > 0:
            return
        held, self._held = self._held, []
        yield from held

    def _new_sound(self, until_s: float | None = None) -> bytes:
        """The sound up to ``until_s`` seconds of the answer, or to its end, that was not taken yet."""
        timeline = self.turn.timeline
        assert timeline is not None
        rate = timeline.sample_rate
        end = None if until_s is None else max(self._sound_taken, round(until_s * rate) + _FRAMES_AHEAD * _AAC_FRAME)
        sound = timeline.sound(self._sound_taken, end)
        self._sound_taken += len(sound) // 2
        self.turn.sounding_s = self._sound_taken / rate
        return sound

    def _mux(self, chunk: Chunk, sound: bytes) -> list[Fragment]:
        if self._muxer is None:
            assert self.turn.timeline is not None
            self._muxer = AnswerMuxer(self.turn.request.profile, self.turn.timeline.sample_rate)
        return self._muxer.add_speech(sound) + self._muxer.add_chunk(chunk)

    def _finish(self, sound: bytes) -> list[Fragment]:
        assert self._muxer is not None
        return self._muxer.add_speech(sound) + self._muxer.finish()

    def _keep(self, fragments: list[Fragment]) -> None:
        self._bytes += sum(len(fragment.data) for fragment in fragments)
        if self._bytes >= self._most_bytes and not self._ended:
            self.turn.make_cut("length", urgent=True)
        for fragment in fragments:
            self.fragments.append(fragment.data)
            content_type = self.content_type if fragment.kind == "init" else None
            self._held.append(
                FragmentEvent(
                    kind=fragment.kind,
                    pts_s=fragment.pts_s,
                    duration_s=fragment.duration_s,
                    data=fragment.data,
                    content_type=content_type,
                )
            )


class _Counts:
    """Requests of each stage, asked and answered, for a progress bar."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._asked: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def note(self, event: NodeEvent) -> None:
        stage = stage_of(event.node)
        if self._progress is None or (stage == "llm" and event.kind == "item"):
            return
        if event.kind == "asked" or (event.kind == "start" and stage not in ("tts", "animation")):
            self._asked[stage] = self._asked.get(stage, 0) + 1
        elif event.kind == "item" or (event.kind == "done" and stage not in ("tts", "animation")):
            self._done[stage] = self._done.get(stage, 0) + 1
        if stage in self._asked:
            self._progress(stage, self._done.get(stage, 0), self._asked[stage])


def _time_left_s() -> float:
    """Seconds until the caller's deadline."""
    return anyio.current_effective_deadline() - anyio.current_time()


def _captions(clause: Clause) -> Iterator[CaptionEvent]:
    if clause.end_s <= clause.start_s:
        return
    for cue in cues(clause.text, clause.words, clause.start_s, clause.end_s):
        yield CaptionEvent(start_s=cue.start_s, end_s=cue.end_s, text=cue.text, webvtt=cue.webvtt)
