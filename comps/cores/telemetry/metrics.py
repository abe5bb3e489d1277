"""Prometheus metrics of one service; each service has a registry of its own, so that several can live in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector, generate_latest


class ServiceMetrics:
    """What every service measures of its requests. ``handler`` is the route's path template, never the raw path."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter("http_requests", "Requests answered", ["handler", "method", "status"], registry=self.registry)
        self.seconds = Histogram("http_request_duration_seconds", "Time to answer", ["handler", "method"], registry=self.registry)
        self.in_progress = Gauge("http_requests_in_progress", "Requests being worked on", registry=self.registry)

    def counter(self, name: str, what: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def histogram(
        self, name: str, what: str, labels: Sequence[str] = (), buckets: Sequence[float] = Histogram.DEFAULT_BUCKETS
    ) -> Histogram:
        return Histogram(name, what, labels, registry=self.registry, buckets=buckets)

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A gauge whose value is asked for when it is read."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
