"""Traces: what an OTLP collector gets of a mesh. One trace a turn, through every service, and nothing of what anybody said."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import cv2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from comps.media.audio import decode_audio
from tests.asr.flite import say
from tests.e2e.mesh import Mesh
from tests.live_player import playing

pytestmark = pytest.mark.timeout(180)
PATH = "/v1/avatarchatbot"
GATEWAY = "AvatarChatbotGateway"
#: The span of a client that traces.
THEIRS = "b7ad6b7169203331"


@dataclass(frozen=True)
class Told:
    """A span and the service that it is of."""

    service: str  # without OPEA's prefix of a component's name
    span: Span

    @property
    def attributes(self) -> dict[str, Any]:
        return {item.key: getattr(item.value, item.value.WhichOneof("value") or "") for item in self.span.attributes}


@dataclass
class Collector:
    """Receives OTLP over HTTP. ``raw``: all that came, as it came."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)
    raw: bytes = b""

    def take(self, body: bytes) -> None:
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [Told(names["service.name"].removeprefix("opea_service@"), span) for span in scope.spans]

    def trace(self, chosen: Callable[[Told], bool], *through: str) -> list[Told]:
        """The spans of the trace that the last chosen one is a part of, once it is whole and has gone through the services."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = [told for told in self.spans if chosen(told)]
            trace = [told for told in self.spans if found and told.span.trace_id == found[-1].span.trace_id]
            known = {THEIRS, *(told.span.span_id.hex() for told in trace)}
            is_whole = all(not told.span.parent_span_id or told.span.parent_span_id.hex() in known for told in trace)
            if trace and is_whole and {told.service for told in trace} == {GATEWAY, *through}:
                return trace
            time.sleep(0.1)
        raise AssertionError(f"no whole trace among {sorted({(told.service, told.span.name) for told in self.spans})}")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield collector
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    mesh = Mesh(tmp_path_factory.mktemp("traced"), TELEMETRY_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="300")
    try:
        mesh.wait_until_ready()
        yield mesh
    finally:
        mesh.stop()


def _names(trace: list[Told], service: str) -> set[str]:
    return {told.span.name for told in trace if told.service == service}


def _root(trace: list[Told]) -> Told:
    (root,) = [told for told in trace if not told.span.parent_span_id]
    return root


def test_a_posted_question_is_one_trace_through_every_service(traced: Mesh, collector: Collector, question: bytes) -> None:
    # Nobody has described this one yet.
    face = cv2.imencode(".png", cv2.flip(cv2.imread("AvatarChatbot/avatars/aria.png"), 1))[1].tobytes()
    with traced.client() as client:
        answer = client.post(PATH, files={"audio": question, "avatar": face}, headers={"Accept": "video/mp4"})
    answer.raise_for_status()
    trace = collector.trace(lambda told: told.span.name == f"POST {PATH}", "asr", "describe", "llm", "tts", "animation")
    root = _root(trace)
    assert (root.service, root.span.name) == (GATEWAY, f"POST {PATH}")
    assert root.attributes["http.response.status_code"] == 200
    assert {"turn", "asr/MicroService", "llm/MicroService", "tts/MicroService", "animation/MicroService"} <= _names(
        trace, GATEWAY
    )
    assert {"POST /v1/animation/chunks", "work chunk"} <= _names(trace, "animation")
    (turn,) = [told for told in trace if told.span.name == "turn"]
    assert {told.attributes.get("turn.id") for told in trace if told.service == "tts"} == {answer.headers["X-Turn-Id"]}
    assert all(root.span.start_time_unix_nano <= told.span.start_time_unix_nano for told in trace)
    assert root.span.end_time_unix_nano >= turn.span.end_time_unix_nano


def test_a_trace_that_the_client_began_goes_on(traced: Mesh, collector: Collector) -> None:
    theirs = "0af7651916cd43dd8448eb211c80319c"
    with traced.client() as client:
        client.post(PATH, json={"text": "Hi!"}, headers={"traceparent": f"00-{theirs}-{THEIRS}-01"}).raise_for_status()
    trace = collector.trace(lambda told: told.span.trace_id.hex() == theirs, "llm", "tts", "animation")
    assert [told.span.name for told in trace if told.span.parent_span_id.hex() == THEIRS] == [f"POST {PATH}"]


def test_a_failure_is_told_by_its_code_alone(traced: Mesh, collector: Collector) -> None:
    with traced.client() as client:
        assert client.post(PATH, json={"text": "Hi!", "avatar": "bm9ib2R5"}).status_code in (415, 422)
    trace = collector.trace(lambda told: told.attributes.get("http.response.status_code") in (415, 422))
    assert _root(trace).span.name == f"POST {PATH}"
    assert not any(told.span.events for told in trace)


@pytest.mark.anyio
async def test_live_turns_are_a_trace_each_with_what_was_recognised(traced: Mesh, collector: Collector, tmp_path: Path) -> None:
    async with playing(traced.url, avatar="aria") as player:
        await player.client.send("text", text="Hello!")
        await player.until(lambda: player.event("done"))
        since = anyio.current_time()
        player.speak(decode_audio(say("what is your name", "rms", tmp_path), rate=16_000).samples.astype("<i2").tobytes())
        await player.until(lambda: player.event("done", since), 30)
    spoken = collector.trace(lambda told: told.span.name == "listen", "asr", "llm", "tts", "animation")
    assert _root(spoken).span.name == "listen"
    assert {"turn", "llm/MicroService"} <= _names(spoken, GATEWAY)
    turns = [told for told in collector.spans if told.span.name == "turn"]
    assert turns[-1].span.trace_id != turns[-2].span.trace_id
    typed = collector.trace(lambda told: told is turns[-2], "llm", "tts", "animation")
    assert _root(typed).span.name == "turn"


def test_nothing_of_what_was_said_is_told(collector: Collector) -> None:
    assert collector.spans
    for said in (b"Hello!", b"what is your name", b"who are you", b"My name"):
        assert said.lower() not in collector.raw.lower()
