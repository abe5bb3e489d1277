"""What every service answers over real HTTP: health, metrics, errors as problem+json, limits, the client's leaving."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator

import anyio
import httpx
import msgpack
import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from AvatarChatbot.request import AvatarChatRequest
from comps import MicroService
from comps.cores.errors import NodeUnavailable, UnknownVoice
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media
from comps.cores.proto.wire import openapi_body, read_document, render
from tests.serving import serving


class Echo(BaseDoc):
    audio: Media
    count: int = 1


class Flaky:
    """A resource whose readiness the test decides."""

    def __init__(self) -> None:
        self.broken = False
        self.events: list[str] = []

    async def start(self) -> None:
        self.events.append("start")

    async def stop(self) -> None:
        self.events.append("stop")

    async def ready(self) -> None:
        if self.broken:
            raise NodeUnavailable("the model is gone", node="echo")


class Served:
    def __init__(self) -> None:
        self.resource = Flaky()
        self.cancelled = threading.Event()
        self.entered = threading.Event()
        self.service = MicroService("echo", host="127.0.0.1", port=0, max_body=10_000, timeout=1.0)
        self.service.add_resource(self.resource)
        self.service.add_route("/echo", self.echo)
        self.service.add_route("/fail", self.fail)
        self.service.add_route("/voice", self.voice)
        self.service.add_route("/hang", self.hang)
        self.service.add_route("/cut", self.cut, methods=["GET"])
        self.service.add_route("/checked/{number}", self.checked, methods=["GET"])

    async def echo(self, request: Request) -> Response:
        return render(await read_document(request, Echo, media_field="audio"), request)

    async def fail(self) -> None:
        raise RuntimeError("with a secret in it")

    async def voice(self) -> None:
        raise UnknownVoice("no such voice", field="voice", some=["linda"])

    async def checked(self, number: int) -> int:
        return number

    async def hang(self) -> None:
        self.entered.set()
        try:
            await anyio.sleep(30)
        except BaseException:
            self.cancelled.set()
            raise

    async def cut(self) -> StreamingResponse:
        async def body() -> object:
            yield b"first"
            raise RuntimeError("in the middle")

        return StreamingResponse(body())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    with serving(made.service):
        yield made
    assert made.resource.events == ["start", "stop"]


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.service.base_url, trust_env=False, timeout=10) as client:
        yield client


def test_health_and_readiness(client: httpx.Client, served: Served) -> None:
    assert client.get("/v1/health_check").json()["Service Title"] == "echo"
    assert client.get("/health").content == b""
    assert client.get("/health/ready").status_code == 200
    served.resource.broken = True
    answer = client.get("/health/ready")
    served.resource.broken = False
    assert (answer.status_code, answer.json()["node"]) == (503, "echo")


def test_metrics_count_by_route_template(client: httpx.Client) -> None:
    client.get("/checked/7")
    text = client.get("/metrics").text
    assert 'http_requests_total{handler="/checked/{number}",method="GET",status="200"}' in text
    assert "process_cpu_seconds_total" in text


def test_a_document_travels_as_json_msgpack_form_and_raw(client: httpx.Client) -> None:
    audio = bytes(range(256))
    text = base64.b64encode(audio).decode()
    as_json = client.post("/echo", json={"audio": text, "count": 3})
    assert (as_json.json()["audio"], as_json.json()["count"]) == (text, 3)
    packed = client.post(
        "/echo",
        content=msgpack.packb({"audio": audio}),
        headers={"Content-Type": "application/msgpack", "Accept": "application/msgpack"},
    )
    assert msgpack.unpackb(packed.content)["audio"] == audio
    form = client.post("/echo", files={"audio": ("a.wav", audio)}, data={"count": "5"})
    assert (form.json()["audio"], form.json()["count"]) == (text, 5)
    raw = client.post("/echo?count=7", content=audio, headers={"Content-Type": "audio/wav"})
    assert (raw.json()["audio"], raw.json()["count"]) == (text, 7)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "field"),
    [
        (b"{", "application/json", 400, None),
        (b"[1]", "application/json", 422, None),
        (b"{}", "application/json", 422, "audio"),
        (b'{"audio": "%%%"}', "application/json", 422, "audio"),
        (b'{"audio": "AAAA", "count": "many"}', "application/json", 422, "count"),
        (b"\xc1", "application/msgpack", 400, None),
        (b"x", "multipart/form-data", 400, None),
        (b"x", "text/html", 415, "Content-Type"),
        (b"[" * 9000, "application/json", 400, None),
    ],
)
def test_bad_bodies(client: httpx.Client, body: bytes, content_type: str, status: int, field: str | None) -> None:
    answer = client.post("/echo", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("field") == field
    assert answer.json()["status"] == status


def test_typed_and_unexpected_errors(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    voice = client.post("/voice")
    assert (voice.status_code, voice.json()["code"], voice.json()["some"]) == (422, "unknown_voice", ["linda"])
    broken = client.post("/fail")
    assert (broken.status_code, broken.json()["code"]) == (500, "internal_error")
    assert "secret" not in broken.text
    assert "RuntimeError" in caplog.text
    assert "with a secret in it" not in caplog.text.replace('raise RuntimeError("with a secret in it")', "")
    assert client.get("/nowhere").json()["code"] == "not_found"
    assert client.get("/echo").status_code == 405
    assert client.get("/checked/seven").json()["field"] == "number"
    assert client.post("/echo", json={"audio": "AAAA"}, headers={"Accept": "text/html"}).status_code == 406


def test_a_body_past_the_limit_is_refused_stated_or_not(client: httpx.Client) -> None:
    stated = client.post("/echo", content=b"x" * 10_001, headers={"Content-Type": "audio/wav"})
    assert stated.status_code == 413
    chunked = client.post("/echo", content=(b"x" * 1000 for _ in range(11)), headers={"Content-Type": "audio/wav"})
    assert (chunked.status_code, chunked.json()["limit_bytes"]) == (413, 10_000)


def test_the_deadline_is_the_shorter_of_ours_and_the_callers(client: httpx.Client, served: Served) -> None:
    started = time.monotonic()
    answer = client.post("/hang", headers={"X-Deadline-Ms": "100"})
    assert (answer.status_code, answer.json()["node"]) == (504, "echo")
    assert time.monotonic() - started < 0.9
    assert client.post("/hang").status_code == 504
    assert client.post("/hang", headers={"X-Deadline-Ms": "soon"}).status_code == 400


def test_work_stops_when_the_client_leaves(served: Served) -> None:
    served.entered.clear()
    served.cancelled.clear()
    with socket.create_connection(("127.0.0.1", served.service.port)) as connection:
        connection.sendall(b"POST /hang HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        assert served.entered.wait(5)
    assert served.cancelled.wait(0.9)


def test_an_answer_that_fails_half_way_is_cut_not_completed(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError), client.stream("GET", "/cut") as answer:
        answer.read()


def test_a_taken_port_is_said_so(served: Served) -> None:
    with pytest.raises(RuntimeError, match=f"port:{served.service.port}"):
        MicroService("other", host="127.0.0.1", port=served.service.port)


def test_request_bodies_are_documented_without_dangling_references() -> None:
    body = openapi_body(AvatarChatRequest)
    text = json.dumps(body)
    assert "$ref" not in text
    assert "physicalDescription" in text
    form = body["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert "binary" in json.dumps(form["audio"])


def test_the_openapi_document_is_served(client: httpx.Client) -> None:
    paths = json.loads(client.get("/openapi.json").text)["paths"]
    assert {"/echo", "/health/ready", "/metrics"} <= paths.keys()
