"""Traces (OpenTelemetry): one a turn, through every service that it goes through (W3C Trace Context).

Spans tell what was done, how long it took and how it ended; never what people said, showed or heard, nor an error's own words.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import propagate, trace
from opentelemetry.context import attach, get_current
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import Attributes

from comps.cores.common.settings import TelemetrySettings
from comps.cores.errors import Problem
from comps.cores.telemetry.turn import ids

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_tracer = trace.get_tracer("avatarchatbot")


@contextmanager
def exporting(service: str, settings: TelemetrySettings | None = None) -> Iterator[None]:
    """Export this process's spans as ``service``'s, where ``settings`` (without them the environment's) say where to.

    OpenTelemetry has one provider a process: where there is one already it stays. Needs the extra ``telemetry``.
    """
    endpoint = (settings or TelemetrySettings()).endpoint
    if not endpoint or not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield
        return
    # The process's end would wait for the collector too; here somebody owns that.
    made = provider(service, endpoint, shutdown_on_exit=False)
    try:
        yield
    finally:
        made.shutdown()


def provider(service: str, endpoint: str, *, shutdown_on_exit: bool) -> TracerProvider:
    """Make the process's provider; ``OTEL_SERVICE_NAME`` comes before ``service``.

    A thread of its own sends spans to the OTLP collector at ``endpoint`` (``http://host:4318/v1/traces``); empty: nowhere.
    """
    resources = importlib.import_module("opentelemetry.sdk.resources")
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    resource = resources.Resource.create({resources.SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", service)})
    made: TracerProvider = sdk.TracerProvider(resource=resource, shutdown_on_exit=shutdown_on_exit)
    if endpoint:
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        made.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(made)
    return made


def name_turn() -> None:
    """Let the span under way say of which turn it is."""
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes(_turn())


@contextmanager
def whole(name: str) -> Iterator[None]:
    """A span that begins a trace, where none is under way."""
    with _inside(name, SpanKind.INTERNAL, None):
        yield


@contextmanager
def part(name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes = None) -> Iterator[None]:
    """A span of the trace that is under way; without one, nothing."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with _inside(name, kind, attributes):
        yield


def headers() -> dict[str, str]:
    """What tells another service of the trace."""
    told: dict[str, str] = {}
    if context := get_current():
        propagate.inject(told, context)
    return told


def _turn() -> dict[str, str]:
    return {f"{what}.id": found for what, found in ids().items()}


@contextmanager
def _inside(name: str, kind: SpanKind, attributes: Attributes) -> Iterator[None]:
    before = get_current()
    span = _tracer.start_span(name, before, kind, {**(attributes or {}), **_turn()})
    attach(trace.set_span_in_context(span, before))
    try:
        yield
    except Exception as error:
        span.set_status(StatusCode.ERROR)
        span.set_attribute("error.type", error.code if isinstance(error, Problem) else type(error).__name__)
        raise
    finally:
        # Not by a token: a generator may be left in another context than it was entered in.
        attach(before)
        span.end()
