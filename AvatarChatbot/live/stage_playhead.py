"""The playhead of an answer on a stage: it never stops, so what comes too late is filled with silence."""

from __future__ import annotations

from AvatarChatbot.live.performance import Performance
from AvatarChatbot.live.stage import Stage


class StagePlayhead:
    """Of ``performance`` on ``stage``."""

    fills_gaps = True

    def __init__(self, stage: Stage, performance: Performance) -> None:
        self._stage = stage
        self._performance = performance

    def seconds_left(self, media_s: float) -> float:
        return self._stage.seconds_left(self._performance, media_s)
