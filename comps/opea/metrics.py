"""OPEA's metrics of a megaservice, in the process's default registry as it has them."""

from __future__ import annotations

import time
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Histogram, generate_latest


class OrchestratorMetrics:
    """``registry`` beside the default one, so that they can be shown by themselves."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.first_token = self._histogram("megaservice_first_token_latency", "First token latency (histogram)")
        self.inter_token = self._histogram("megaservice_inter_token_latency", "Inter-token latency (histogram)")
        self.request = self._histogram("megaservice_request_latency", "Whole LLM request/reply latency (histogram)")
        self.pending = Gauge("megaservice_request_pending", "Count of currently pending requests (gauge)", registry=REGISTRY)
        self.registry.register(self.pending)

    def token_update(self, token_start: float, is_first: bool) -> float:
        """A token came, after ``token_start`` (``time.time()``); returns now."""
        now = time.time()
        (self.first_token if is_first else self.inter_token).observe(now - token_start)
        return now

    def request_update(self, req_start: float) -> None:
        self.request.observe(time.time() - req_start)

    def pending_update(self, increase: bool) -> None:
        self.pending.inc() if increase else self.pending.dec()

    def exposition(self) -> bytes:
        return generate_latest(self.registry)

    def _histogram(self, name: str, what: str) -> Histogram:
        histogram = Histogram(name, what, registry=REGISTRY)
        self.registry.register(histogram)
        return histogram


@cache
def orchestrator_metrics() -> OrchestratorMetrics:
    """The one of this process, made when a first megaservice needs it."""
    return OrchestratorMetrics()
