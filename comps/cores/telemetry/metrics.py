"""Prometheus metrics of one service; each service has a registry of its own, so that several can live in one process."""

from __future__ import annotations

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

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
