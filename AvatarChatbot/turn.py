"""One question on its way to its answer: what is known of it so far."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
        self.asked_clauses: deque[str] = deque()
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
