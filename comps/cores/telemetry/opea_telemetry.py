"""Traces (OpenTelemetry): ``@opea_telemetry`` makes a span of each call of a function; calls between services carry its context.

With ``TELEMETRY_ENDPOINT`` in the environment (an OTLP collector's HTTP address) spans are exported; it needs the extra
``telemetry``. Importing this sets up tracing for the process, where nothing has yet.
"""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, cast

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from comps.cores.common.settings import TelemetrySettings
from comps.cores.telemetry import tracing

F = TypeVar("F", bound=Callable[..., Any])

#: Finished spans that are kept in memory; older ones are dropped.
_KEPT = 1000


class BoundedSpanExporter(InMemorySpanExporter):
    """The last finished spans of the process."""

    def __init__(self) -> None:
        super().__init__()
        self._finished_spans: Any = deque(maxlen=_KEPT)

    def get_finished_spans(self) -> tuple[ReadableSpan, ...]:
        return tuple(self._finished_spans)


in_memory_exporter = BoundedSpanExporter()


def _provider() -> TracerProvider:
    """The process's; made where there is none."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        return provider
    return tracing.provider("opea", TelemetrySettings().endpoint, shutdown_on_exit=True)


_provider().add_span_processor(SimpleSpanProcessor(in_memory_exporter))
tracer = trace.get_tracer(__name__)


def opea_telemetry(function: F) -> F:
    """Decorator: a span for each call, the child of the one under way."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def traced_coroutine(*args: Any, **kwargs: Any) -> Any:
            with tracer.start_as_current_span(function.__name__):
                return await function(*args, **kwargs)

        return cast("F", traced_coroutine)

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        with tracer.start_as_current_span(function.__name__):
            return function(*args, **kwargs)

    return cast("F", traced)
