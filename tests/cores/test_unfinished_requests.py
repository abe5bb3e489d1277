"""What a client may hold before it is known: heads that do not end, silence, bodies nobody wants, and the last descriptors."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import Request, WebSocket
from websockets.sync.client import connect

from comps import MicroService
from comps.cores.mega import acceptor, http_protocol, waiting
from tests.serving import serving

HEAD = b"GET /thing HTTP/1.1\r\nHost: 127.0.0.1\r\n"
#: In place of 10.
HEAD_S = 0.4


class Served:
    def __init__(self) -> None:
        self.release = threading.Event()
        self.service = MicroService("unfinished", host="127.0.0.1", port=0, timeout=5, token="ours")
        self.service.add_route("/thing", self.thing, methods=["GET", "POST"])
        self.service.app.add_api_websocket_route("/socket", self.socket)

    async def thing(self, request: Request) -> dict[str, int]:
        return {"headers": len(request.headers), "body": len(await request.body())}

    async def socket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    def connection(self, sent: bytes = b"") -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.service.port), timeout=10)
        made.sendall(sent)
        return made


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(http_protocol, "HEAD_S", HEAD_S)
    made = Served()
    with serving(made.service):
        yield made


def _until_closed(connection: socket.socket) -> tuple[float, bytes]:
    """Seconds, and what came."""
    began, answer = time.monotonic(), b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            answer += piece
    return time.monotonic() - began, answer


def _problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"x-content-type-options: nosniff" in lines
    assert b"content-type: application/problem+json" in lines
    assert any(line.startswith(b"content-security-policy: ") for line in lines)
    document = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    return document["status"], document["code"]


def _trickle(connection: socket.socket, piece: bytes) -> None:
    """Until the connection breaks, at most 10 s."""
    end = time.monotonic() + 10
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < end:
            connection.sendall(piece)
            time.sleep(0.05)


@pytest.mark.parametrize("sent", [HEAD, HEAD + b"X-Half: ", b"G", HEAD + b"Upgrade: websocket\r\n"])
def test_a_head_that_does_not_end_is_told_so_in_time(served: Served, sent: bytes) -> None:
    seconds, answer = _until_closed(served.connection(sent))
    assert HEAD_S * 0.9 < seconds < HEAD_S + 2
    assert _problem(answer) == (408, "head_timeout")


def test_a_trickle_does_not_put_the_end_off(served: Served) -> None:
    connection = served.connection(HEAD)
    began = time.monotonic()
    _trickle(connection, b"X-More: 1\r\n")
    assert time.monotonic() - began < HEAD_S + 2


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_silence_is_closed(served: Served, sent: bytes) -> None:
    seconds, answer = _until_closed(served.connection(sent))
    assert HEAD_S * 0.9 < seconds < HEAD_S + 2
    assert answer == b""


def test_the_second_head_of_a_connection_has_its_time_too(served: Served) -> None:
    for half in (b"GET", b"\r\n"):
        connection = served.connection(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        connection.sendall(half)
        assert _until_closed(connection)[0] < HEAD_S + 2


def test_a_connection_at_rest_stays(served: Served) -> None:
    connection = served.connection()
    for _ in range(3):
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        time.sleep(HEAD_S * 1.5)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X-Large: " + b"x" * (1 << 26) + b"\r\n\r\n",
        b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\n",
        HEAD + b"X: y\r\n" * 100_000,
        b"\r\n" * 1_000_000,
        HEAD + b"X-Large: " + b"x" * http_protocol.MAX_HEAD + b"\r\n\r\n",
    ],
    ids=["one header of 64 MB", "a path", "many headers", "line breaks", "a byte too many"],
)
def test_a_head_that_is_too_large_is_not_read(served: Served, head: bytes) -> None:
    connection = served.connection()
    read = 0
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(head), 1 << 16):
            connection.sendall(head[start : start + (1 << 16)])
            read = start
    # What the kernel holds was sent too.
    assert read < 1 << 24
    _, answer = _until_closed(connection)
    assert not answer or _problem(answer) == (431, "head_too_large")
    assert httpx.get(f"{served.service.base_url}/health", trust_env=False).status_code == 200


def test_a_head_that_is_not_too_large_is_read(served: Served) -> None:
    headers = {"Authorization": "Bearer ours", "X-Large": "x" * 60_000}
    assert httpx.get(f"{served.service.base_url}/thing", headers=headers, trust_env=False).status_code == 200
    body = b"x" * (1 << 20)
    with httpx.Client(base_url=served.service.base_url, headers={"Authorization": "Bearer ours"}, trust_env=False) as client:
        for _ in range(3):
            assert client.post("/thing", content=body).json()["body"] == len(body)
            assert client.post("/thing", content=(body[:1000] for _ in range(100))).json()["body"] == 100_000
            # In the smallest pieces there are.
            assert client.post("/thing", content=(b"x" for _ in range(20_000))).json()["body"] == 20_000


def test_what_cannot_be_read_is_a_problem(served: Served) -> None:
    _, answer = _until_closed(served.connection(b"\x16\x03\x01 not HTTP\r\n\r\n"))
    assert _problem(answer) == (400, "malformed_request")


def test_the_rest_of_a_body_that_was_refused_has_little_time(served: Served) -> None:
    """Without a key the answer is there before the body."""
    connection = served.connection(b"POST /thing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")
    began = time.monotonic()
    _trickle(connection, b"x")
    assert time.monotonic() - began < HEAD_S + 2


def test_a_body_that_comes_whole_after_its_refusal_leaves_the_connection_as_it_was(served: Served) -> None:
    connection = served.connection(b"POST /thing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")
    connection.sendall(b"bodyGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
    time.sleep(HEAD_S * 1.5)
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_trailers_are_no_headers_and_are_bounded(served: Served) -> None:
    chunked = b"POST /thing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ours\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = served.connection(chunked + b"1\r\nx\r\n0\r\nHost: evil.example\r\nX-More: 1\r\n\r\n")
    answer = connection.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 200")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"headers": 3, "body": 1}
    connection = served.connection(chunked + b"1\r\nx\r\n0\r\n")
    with pytest.raises(OSError, match=r"reset|pipe"):
        connection.sendall((b"X-More: " + b"x" * 1000 + b"\r\n") * 10_000)


def test_garbage_behind_a_request_is_not_answered_into_its_answer(served: Served) -> None:
    ask = b"GET /thing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ours\r\n\r\n"
    _, answer = _until_closed(served.connection(ask + b"\x00\x01\r\n\r\n"))
    assert answer.count(b"HTTP/1.1") <= 1


def test_a_handshake_that_is_none_is_closed(served: Served) -> None:
    """websockets has limits of its own, and says nothing where one is passed."""
    handshake = (
        b"GET /socket HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ours\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    for more in (b"X-Long: " + b"x" * 20_000 + b"\r\n", b"X: y\r\n" * 300):
        assert _until_closed(served.connection(handshake + more + b"\r\n"))[0] < HEAD_S + 2


def test_half_sent_heads_beyond_the_bound_are_closed_and_others_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the time that there really is."""
    made = Served()
    with serving(made.service), contextlib.ExitStack() as stack:
        half_sent = [stack.enter_context(made.connection(HEAD)) for _ in range(150)]
        assert httpx.get(f"{made.service.base_url}/health", trust_env=False).status_code == 200
        time.sleep(1.5)
        assert len([connection for connection in half_sent if _is_open(connection)]) == waiting.OF_ONE_NETWORK
        assert _is_open(half_sent[-1])
        assert not _is_open(half_sent[0])


def test_sockets_without_a_first_message_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Served()
    url = f"ws://127.0.0.1:{made.service.port}/socket"
    key = {"Authorization": "Bearer ours"}
    with serving(made.service), contextlib.ExitStack() as stack:
        talking = stack.enter_context(connect(url, additional_headers=key, proxy=None))
        talking.send("first")
        assert talking.recv() == "first"
        for _ in range(waiting.OF_ONE_NETWORK + 10):
            stack.enter_context(connect(url, additional_headers=key, proxy=None))
        time.sleep(1.5)
        assert len(made.service.server.server_state.connections) == waiting.OF_ONE_NETWORK + 1
        talking.send("second")
        assert talking.recv() == "second"


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


_FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from comps import MicroService
service = MicroService("few", host="127.0.0.1", port=0, timeout=30)
async def thing(): return {"here": True}
service.add_route("/thing", thing, methods=["GET", "POST"])
print(service.port, flush=True)
service.start()
"""


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """The port of a service whose process has 128 descriptors."""
    process = subprocess.Popen([sys.executable, "-c", _FEW_DESCRIPTORS], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(15)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD,
        b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /thing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",
    ],
    ids=["silent", "half a head", "at rest", "half a body"],
)
def test_200_sockets_keep_nobody_out_where_there_are_128_descriptors(few_descriptors: int, sent: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for round_ in range(2):
            for _ in range(200):
                with contextlib.suppress(ConnectionError):
                    connection = stack.enter_context(socket.create_connection(("127.0.0.1", few_descriptors), timeout=10))
                    connection.sendall(sent)
            began = time.monotonic()
            for _ in range(20):
                answer = httpx.get(f"http://127.0.0.1:{few_descriptors}/thing", trust_env=False, timeout=5)
                assert answer.json() == {"here": True}
            assert time.monotonic() - began < 5, round_


def test_a_handshake_of_tls_has_its_time_and_room_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "_HANDSHAKE_S", HEAD_S)
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run([*command.split(), "-addext", "subjectAltName=DNS:localhost"], cwd=tmp_path, check=True, capture_output=True)
    certificate = str(tmp_path / "cert.pem")
    service = MicroService(
        "secure", host="localhost", port=0, ssl_keyfile=str(tmp_path / "key.pem"), ssl_certfile=certificate, protocol="https"
    )
    with serving(service), contextlib.ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("localhost", service.port))) for _ in range(waiting.OF_ONE_NETWORK)
        ]
        with httpx.Client(verify=ssl.create_default_context(cafile=certificate), trust_env=False) as client:
            assert client.get(f"{service.base_url}/health").status_code == 200
            for connection in silent:
                connection.settimeout(10)
                assert _until_closed(connection)[0] < HEAD_S + 2
            assert client.get(f"{service.base_url}/health").status_code == 200
