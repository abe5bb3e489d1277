"""One question on its way to its answer: what is known of it so far."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from AvatarChatbot.cut import Cut
from AvatarChatbot.heard import heard
from AvatarChatbot.playhead import NoPlayhead, Playhead
from AvatarChatbot.request import AvatarChatRequest
from comps.cores.mega.run import NodeEvent
from comps.cores.proto.api_protocol import FinishReason
from comps.cores.proto.avatar import MAX_CHUNK_S, Persona, Word
from comps.media.timeline import LIVE_LOOKAHEAD_S, LIVE_SHORTEST_S, Timeline


class StageTimes:
    """Seconds that each stage took, from its beginning to its last answer. ``clock``: seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._started: dict[str, float] = {}

    def note(self, event: NodeEvent) -> None:
        stage, now = stage_of(event.node), self._clock()
        started = self._started.setdefault(stage, now)
        self.seconds[stage] = now - started


def stage_of(node: str) -> str:
    """The stage that a node of the graph is: nodes are named ``stage/MicroService``."""
    return node.partition("/")[0]


@dataclass(frozen=True)
class Clause:
    """A clause in its place: all times in seconds of the answer. Its sound is in the turn's timeline; silence, where it is not
    ``is_spoken``.
    """

    text: str
    start_s: float
    end_s: float
    words: list[Word]
    is_spoken: bool


#: The end of a sentence, with what closes it.
_SENTENCE_END = re.compile("[.!?…。！？｡।॥۔؟։።။។]['\"”’»)\\]」』]*$")
#: An urgent end waits for the end of a sentence no longer than this, seconds of speech.
_LONGEST_REST_S = 6.0
_ROUNDING_S = 1e-6


@dataclass(frozen=True)
class _Spoken:
    """The end of a clause in the answer, seconds, and in the reply, characters."""

    end_s: float
    characters: int
    ends_sentence: bool


class Turn:
    """The state of one turn; its nodes fill it in.

    ``playhead``: of whoever watches the answer while it is made. ``first_frame``: asked when the first clause has been spoken, it
    says which frame of the drawing grid the answer begins with. ``chunk_s``: the longest that the first chunk may be,
    and any other.
    ``sample_rate`` of the answer; 0 for the voice's own. ``step``: asked for each chunk, how many frames one picture stands for;
    None: none is drawn. ``hears``: chunks carry their sound, for an engine that draws from it. ``degrades``: whether the answer
    goes on where pictures cannot be drawn, or nothing can be spoken.
    """

    def __init__(
        self,
        request: AvatarChatRequest,
        *,
        avatar_media: bytes,
        persona: Persona | None,
        history: list[dict[str, str]],
        seed: int,
        avatar_id: str = "",
        playhead: Playhead | None = None,
        first_frame: Callable[[], int] = int,
        chunk_s: tuple[float, float] = (MAX_CHUNK_S, MAX_CHUNK_S),
        sample_rate: int = 0,
        step: Callable[[], int | None] = lambda: 1,
        hears: bool = False,
        degrades: bool = False,
    ) -> None:
        self.request = request
        self.avatar_media = avatar_media
        self.avatar_id = avatar_id
        self.question = request.text
        self.persona = persona
        self.history = history
        self.seed = seed
        self.playhead = playhead or NoPlayhead()
        self.reservation: str | None = None
        self.step = step
        self.hears = hears
        self.degrades = degrades
        self.reply = ""
        self.finish_reason: FinishReason = "stop"
        self.cut = Cut()
        self.asked_clauses: deque[str] = deque()
        #: Where in the reply each of them ends, characters.
        self.asked_ends: deque[int] = deque()
        #: Seconds of the answer whose sound has been encoded.
        self.sounding_s = 0.0
        #: Nothing more is spoken.
        self.is_settled = False
        self._spoken: list[_Spoken] = []
        self.spoken_voice = ""
        self.timeline: Timeline | None = None
        self.engines: dict[str, str] = {}
        self.times = StageTimes()
        self._first_frame = first_frame
        self.chunk_s = chunk_s
        self._sample_rate = sample_rate

    @property
    def voice(self) -> str:
        """The request's voice; where it names none, the persona's."""
        if self.request.voice != "default" or self.persona is None:
            return self.request.voice
        return self.persona.voice or "default"

    def open_timeline(self) -> Timeline:
        """At the first clause. Chunks get the avatar's id when they are asked for: it may not be known yet."""
        self.timeline = Timeline(
            self.avatar_id,
            self.request.profile,
            self.seed,
            lookahead_s=LIVE_LOOKAHEAD_S,
            shortest_s=LIVE_SHORTEST_S,
            first_s=self.chunk_s[0],
            longest_s=self.chunk_s[1],
            first_frame=self._first_frame(),
            sample_rate=self._sample_rate,
            hears=self.hears,
        )
        return self.timeline

    def make_cut(self, reason: Literal["length", "timeout"], *, urgent: bool = False) -> None:
        """End the answer before its model does (``Cut.make``)."""
        self.cut.make(reason, urgent=urgent)
        assert self.cut.reason is not None
        self.finish_reason = self.cut.reason

    def spoke(self, text: str) -> None:
        """The clause that was asked for first is at the end of the time line."""
        assert self.timeline is not None
        end = self.asked_ends.popleft() if self.asked_ends else len(self.reply)
        self._spoken.append(_Spoken(self.timeline.duration_s, end, bool(_SENTENCE_END.search(text.rstrip()))))

    def expected_s(self) -> float:
        """How long the speech will be with all clauses that were asked for, seconds."""
        if self.timeline is None or not self._spoken:
            return 0.0
        a_character = self.timeline.duration_s / max(1, self._spoken[-1].characters)
        return self.timeline.duration_s + a_character * sum(map(len, self.asked_clauses))

    def settle(self) -> None:
        """Nothing more is spoken: after a cut, the reply is what was, and an urgent one ends with the sentence that is drawn."""
        if not self.is_settled and self.cut.reason is not None and self._spoken:
            self._leave_out_unspoken()
            if self.cut.is_urgent:
                self._end_at(self._next_end_s())
        self.is_settled = True

    def break_off(self, reason: Literal["length", "timeout"]) -> None:
        """End the answer at once, where its sound has been encoded to."""
        self.make_cut(reason, urgent=True)
        self._leave_out_unspoken()
        self._end_at(self.sounding_s)
        self.is_settled = True

    def _leave_out_unspoken(self) -> None:
        self.reply = self.reply[: self._spoken[-1].characters].rstrip()

    def _end_at(self, end_s: float) -> None:
        """Leave out what is spoken from ``end_s`` seconds on."""
        assert self.timeline is not None
        whole = [spoken.characters for spoken in self._spoken if abs(spoken.end_s - end_s) < _ROUNDING_S]
        self.reply = self.reply[: whole[-1]].rstrip() if whole else heard(self.reply, self.timeline.words, end_s)
        self.timeline.truncate(end_s)

    def _next_end_s(self) -> float:
        """The first end of a sentence that is neither drawn nor encoded, if one is near; else the first end of a clause."""
        assert self.timeline is not None
        begun = max(self.timeline.next_s, self.sounding_s) - _ROUNDING_S
        ahead = [spoken for spoken in self._spoken if spoken.end_s >= begun]
        near = [spoken for spoken in ahead if spoken.ends_sentence and spoken.end_s <= begun + _LONGEST_REST_S]
        return next((spoken.end_s for spoken in (*near, *ahead)), self.timeline.duration_s)

    def answer_fields(self) -> dict[str, Any]:
        """What a client is told of the turn beside its video."""
        assert self.timeline is not None
        return {
            "transcript": self.question,
            "reply": self.reply,
            "finish_reason": self.finish_reason,
            "duration": round(self.timeline.duration_s, 3),
            "timings": {stage: round(seconds, 3) for stage, seconds in self.times.seconds.items()},
            "engines": self.engines,
            "voice": self.spoken_voice,
            "phonemes": self.timeline.phonemes,
            "words": self.timeline.words,
        }
