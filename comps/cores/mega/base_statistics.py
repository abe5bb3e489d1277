"""Latencies of registered handlers, at ``/v1/statistics``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import fmean
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

#: Latencies kept for each name; older ones no longer count, so that memory stays bounded.
_WINDOW = 10_000


def _percentile(values: list[float], share: float) -> float | None:
    """Linear interpolation between the closest ranks."""
    if not values:
        return None
    values = sorted(values)
    position = (len(values) - 1) * share
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (position - low)


class BaseStatistics:
    """Latencies in seconds of one handler."""

    def __init__(self) -> None:
        self.response_times: deque[float] = deque(maxlen=_WINDOW)
        self.first_token_latencies: deque[float] = deque(maxlen=_WINDOW)

    def append_latency(self, latency: float, first_token_latency: float | None = None) -> None:
        self.response_times.append(latency)
        if first_token_latency is not None:
            self.first_token_latencies.append(first_token_latency)

    def get_statistics(self) -> dict[str, float | None]:
        """p50, p99 and mean; None where nothing was measured yet."""
        whole, first = list(self.response_times), list(self.first_token_latencies)
        return {
            "p50_latency": _percentile(whole, 0.5),
            "p99_latency": _percentile(whole, 0.99),
            "average_latency": fmean(whole) if whole else None,
            "p50_latency_first_token": _percentile(first, 0.5),
            "p99_latency_first_token": _percentile(first, 0.99),
            "average_latency_first_token": fmean(first) if first else None,
        }


#: OPEA's name: handlers append to ``statistics_dict[name]``.
statistics_dict: dict[str, BaseStatistics] = {}


def register_statistics(names: list[str]) -> Callable[[F], F]:
    """Decorator: make room for the latencies of ``names``."""

    def decorate(function: F) -> F:
        for name in names:
            statistics_dict.setdefault(name, BaseStatistics())
        return function

    return decorate


def collect_all_statistics() -> dict[str, dict[str, float | None]]:
    return {name: statistics.get_statistics() for name, statistics in statistics_dict.items()}
