"""One question on its way to its answer: what is known of it so far."""

from __future__ import annotations

import time
from typing import Any

import anyio

from AvatarChatbot.request import AvatarChatRequest
from comps.cores.proto.avatar import Chunk, Persona, Speech
from comps.media.timeline import Timeline


class StageTimes:
    """Seconds that each stage took, from its first request to its last answer. A Progress of the orchestrator."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        started = self._started.setdefault(stage, now)
        self.seconds[stage] = now - started


class Turn:
    """The state of one turn. Nodes fill it in; ``avatar_id`` waits until the avatar is registered."""

    def __init__(
        self,
        request: AvatarChatRequest,
        *,
        avatar_media: bytes,
        persona: Persona | None,
        history: list[dict[str, str]],
        seed: int,
    ) -> None:
        self.request = request
        self.avatar_media = avatar_media
        self.question = request.text
        self.persona = persona
        self.history = history
        self.seed = seed
        self.reply = ""
        self.speeches: list[Speech] = []
        self.chunks: list[Chunk] = []
        #: The clauses' speech at the answer's one sample rate, mono s16le.
        self.sound: list[bytes] = []
        self.timeline: Timeline | None = None
        self.engines: dict[str, str] = {}
        self.times = StageTimes()
        self._avatar_id = ""
        self._registered = anyio.Event()

    @property
    def voice(self) -> str:
        """The request's voice; where it names none, the persona's."""
        if self.request.voice != "default" or self.persona is None:
            return self.request.voice
        return self.persona.voice or "default"

    def avatar_registered(self, avatar_id: str) -> None:
        self._avatar_id = avatar_id
        self._registered.set()

    async def avatar_id(self) -> str:
        await self._registered.wait()
        return self._avatar_id

    def open_timeline(self, avatar_id: str) -> Timeline:
        self.timeline = Timeline(avatar_id, self.request.profile, self.seed)
        return self.timeline

    def answer_fields(self) -> dict[str, Any]:
        """What a client is told of the turn beside its video."""
        assert self.timeline is not None
        return {
            "transcript": self.question,
            "reply": self.reply,
            "duration": round(self.timeline.duration_s, 3),
            "timings": {stage: round(seconds, 3) for stage, seconds in self.times.seconds.items()},
            "engines": self.engines,
            "voice": self.speeches[0].voice,
            "phonemes": self.timeline.phonemes,
            "words": self.timeline.words,
        }
