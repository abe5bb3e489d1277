"""What the gateway measures of its answers (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Mapping

from comps.cores.telemetry.metrics import ServiceMetrics
from comps.storage.conversations import TurnStatus

#: Of how long people wait for the first of an answer, seconds.
FIRST_S = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0)


class AnswerMetrics:
    """Registered with ``metrics``, the gateway's."""

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._ended = metrics.counter("answers", "Answers, by how they ended and the problem's code", ["status", "code"])
        self._stages = metrics.histogram("answer_stage_seconds", "From a stage's beginning to its last answer", ["stage"])
        self._engines = metrics.counter(
            "answer_engines", "Answers, by the engine that was in use at a stage", ["stage", "engine"]
        )
        self._first = metrics.histogram(
            "answer_first_fragment_seconds", "From a POST to the first picture of its answer", buckets=FIRST_S
        )

    def ended(self, status: TurnStatus, code: str, stages: Mapping[str, float], engines: Mapping[str, str]) -> None:
        """``code`` of the problem, empty for none; ``stages``: seconds of those that ran; ``engines``: theirs."""
        self._ended.labels(status.value, code).inc()
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)
        for stage, engine in engines.items():
            self._engines.labels(stage, engine).inc()

    def first_fragment(self, seconds: float) -> None:
        self._first.observe(seconds)
