"""What the gateway measures of its answers (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Mapping

from comps.cores.telemetry.metrics import ServiceMetrics
from comps.storage.conversations import TurnStatus


class AnswerMetrics:
    """Registered with ``metrics``, the gateway's."""

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._ended = metrics.counter("answers", "Answers, by how they ended and the problem's code", ["status", "code"])
        self._stages = metrics.histogram("answer_stage_seconds", "From a stage's beginning to its last answer", ["stage"])
        self._first = metrics.histogram("answer_first_fragment_seconds", "From a POST to the first picture of its answer")

    def ended(self, status: TurnStatus, code: str, stages: Mapping[str, float]) -> None:
        """``code`` of the problem, empty for none; ``stages``: seconds of those that ran."""
        self._ended.labels(status.value, code).inc()
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)

    def first_fragment(self, seconds: float) -> None:
        self._first.observe(seconds)
