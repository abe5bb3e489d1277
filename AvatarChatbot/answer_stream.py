"""One answer while it is made: what its nodes say becomes events, and one video."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

import anyio
from anyio import to_thread

from AvatarChatbot.events import AnswerEvent, CaptionEvent, FragmentEvent, ReplyEvent, TranscriptEvent
from AvatarChatbot.headstart import Headstart
from AvatarChatbot.turn import Clause, Turn, stage_of
from comps.cores.mega.run import NodeEvent, Run
from comps.cores.proto.avatar import Chunk
from comps.media.captions import cues
from comps.media.mux import AnswerMuxer, Fragment

#: Told of a stage, and how many of its requests are done of how many.
Progress = Callable[[str, int, int], None]
#: Called with an avatar's id once the animation service has registered it.
Hold = Callable[[str], Awaitable[None]]


class AnswerStream:
    """``events`` reads the run of ``turn`` to its end. ``video`` then holds the whole MP4.

    ``hold``: writes down whose the avatar is. ``is_played``: fragments are played as they come, so the first is held back where
    drawing is slow.
    """

    def __init__(
        self, run: Run, turn: Turn, *, is_played: bool, hold: Hold | None = None, progress: Progress | None = None
    ) -> None:
        self.turn = turn
        self._hold = hold
        self.fragments: list[bytes] = []
        self._run = run
        self._headstart = Headstart() if is_played else None
        self._held: list[FragmentEvent] = []
        self._muxer: AnswerMuxer | None = None
        self._sound_taken = 0
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
        """The run's next event; None when there is none any more, or fragments have been held back for long enough."""
        hold = self._headstart.hold_s(anyio.current_time()) if self._headstart and self._held else None
        with anyio.move_on_after(hold):
            try:
                return await anext(self._run)
            except StopAsyncIteration:
                self._ended = True
        return None

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
                self._keep(await to_thread.run_sync(self._mux, event.data, self._new_sound()))
        return []

    def _released(self) -> Iterator[FragmentEvent]:
        if self._headstart and self._headstart.hold_s(anyio.current_time()) > 0:
            return
        held, self._held = self._held, []
        yield from held

    def _new_sound(self) -> bytes:
        assert self.turn.timeline is not None
        sound = self.turn.timeline.sound(self._sound_taken)
        self._sound_taken += len(sound) // 2
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


def _captions(clause: Clause) -> Iterator[CaptionEvent]:
    for cue in cues(clause.text, clause.words, clause.start_s, clause.end_s):
        yield CaptionEvent(start_s=cue.start_s, end_s=cue.end_s, text=cue.text, webvtt=cue.webvtt)
