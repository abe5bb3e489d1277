"""One turn of a live conversation: a question in, its answer on the stage, and what was heard of it kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio

from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.heard import heard
from AvatarChatbot.live.ladder import Ladder
from AvatarChatbot.live.messages import TurnCaption, TurnDone, TurnReply
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.performance import Performance
from AvatarChatbot.live.stage import Stage
from AvatarChatbot.turn import Clause, Turn, stage_of
from comps.cores.mega.run import NodeEvent
from comps.media.captions import cues


@dataclass
class Firsts:
    """Seconds from the end of the question to the first of each."""

    clock: Callable[[], float]
    asked: float

    def __post_init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def note(self, what: str) -> None:
        self.seconds.setdefault(what, round(self.clock() - self.asked, 3))


class LiveTurn:
    """Drives ``turn`` through the megaservice onto ``stage``; ``run`` returns when the player has played it to its end."""

    def __init__(
        self,
        number: int,
        turn: Turn,
        performance: Performance,
        *,
        chatbot: AvatarChatbot,
        stage: Stage,
        outbox: Outbox,
        ladder: Ladder,
        firsts: Firsts,
    ) -> None:
        self.number = number
        self.turn = turn
        self.performance = performance
        self.firsts = firsts
        #: What was heard of the reply when the turn was cut.
        self.cut_reply = ""
        self._chatbot = chatbot
        self._stage = stage
        self._outbox = outbox
        self._ladder = ladder
        self._captions: list[Clause] = []

    async def run(self) -> None:
        """Raises what a node raises, but for animation and tts: without pictures the still face speaks on, without a voice the
        answer is read.
        """
        self._stage.perform(self.performance)
        async with self._chatbot.megaservice.stream({}, turn=self.turn) as run:
            async for event in run:
                self.turn.times.note(event)
                await self._tell(event)
        self.performance.end()
        self._stage.poke()
        await self.performance.left()
        self._outbox.put(
            TurnDone(
                turn=self.number,
                reply=self.turn.reply,
                finish_reason=self.turn.finish_reason,
                timings=self.firsts.seconds,
                engines=self.turn.engines,
            )
        )
        if self.turn.timeline is not None and self.turn.timeline.words:
            # It is not over before its last word has been heard.
            await anyio.sleep(max(0.0, self._stage.seconds_left(self.performance, self.turn.timeline.words[-1][1])))

    def heard(self) -> str:
        """The part of the reply that the player has played."""
        timeline, start = self.turn.timeline, self.performance.start
        if timeline is None or start is None:
            return ""
        return heard(self.turn.reply, timeline.words, -self._stage.seconds_left(self.performance, 0.0))

    async def _tell(self, event: NodeEvent) -> None:
        match stage_of(event.node), event.kind:
            case "llm", "item":
                self.firsts.note("reply")
                self._outbox.put(TurnReply(turn=self.number, delta=event.data))
            case "tts", "item":
                self.firsts.note("clause")
                self._ladder.clause(is_spoken=event.data.is_spoken)
                self.performance.timeline = self.turn.timeline
                self._captions.append(event.data)
                self._stage.poke()
            case "animation", "item":
                self.firsts.note("fragment")
                self._note_margin(event.data)
                await self.performance.add(event.data)
                self._stage.poke()
        self.performance.is_still = self._ladder.step is None
        self._send_captions()

    def _note_margin(self, chunk: Any) -> None:
        if not chunk.access_units:
            self._ladder.failed()
        elif self.performance.start is not None:
            at = (chunk.start_frame - self.performance.first_frame) / chunk.profile.fps
            self._ladder.picture(self._stage.seconds_left(self.performance, at))

    def _send_captions(self) -> None:
        """Captions are in the media's time, known once the stage has begun."""
        if self.performance.start is None:
            return
        start = self.performance.start / self.turn.request.profile.fps
        for clause in self._captions:
            # Clause and words are both in the answer's time: only whole cues are moved to the media's.
            for cue in cues(clause.text, clause.words, clause.start_s, clause.end_s):
                moved = cue.later(start)
                self._outbox.put(
                    TurnCaption(turn=self.number, start_s=moved.start_s, end_s=moved.end_s, text=moved.text, webvtt=moved.webvtt)
                )
        self._captions = []
