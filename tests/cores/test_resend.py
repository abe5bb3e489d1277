"""What is sent again when a connection breaks, by either HTTP stack: what may be repeated, and what was provably not sent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from comps import MicroService, ServiceType
from comps.cores.errors import NodeError
from comps.cores.mega.client import NodeClient
from comps.cores.mega.resend import may_be_sent_again
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.llms.engines.openai_compatible import OpenAICompatible
from tests.llms.conftest import engine_for
from tests.llms.test_openai_compatible import document

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(30)]

MODELS = document(200, {"data": [{"id": "m"}]}).replace(b"Connection: close\r\n", b"")
ANSWER = document(200, {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]}).replace(
    b"Connection: close\r\n", b""
)


class Server:
    """Counts requests by method. In a thread of its own, so that it goes on while the test's event loop stands still."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        #: Does the rest of a connection once a request of this method has come, before it is answered.
        self.breaks_at = ""
        #: Whether connections are closed after an answer that said they would be kept.
        self.closes = False
        self.closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while head := lines.readline():
                length = 0
                while (line := lines.readline()).strip():
                    length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
                lines.read(length)
                method = head.split()[0].decode()
                self.seen.append(method)
                if method == self.breaks_at:
                    return
                connection.sendall(MODELS if method == "GET" else ANSWER)
                if self.closes:
                    break
        self.closed.set()

    def stop(self) -> None:
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def _node(server: Server, **how: Any) -> MicroService:
    return MicroService.remote("node", server.url, "/ask", service_type=ServiceType.UNDEFINED, timeout=5, **how)


@contextlib.asynccontextmanager
async def by_aiohttp(server: Server) -> Any:
    client = NodeClient()
    yield lambda: client.call(_node(server), {})
    await client.stop()


@contextlib.asynccontextmanager
async def by_httpx(server: Server) -> Any:
    engine: OpenAICompatible
    async with engine_for(f"{server.url}/v1", model="m") as engine:
        yield lambda: engine.complete(ChatCompletionRequest(messages="hello"))


BOTH = pytest.mark.parametrize("stack", [by_aiohttp, by_httpx])
Stack = Callable[[Server], Any]
Ask = Callable[[], Awaitable[Any]]


@BOTH
async def test_a_post_that_is_not_repeatable_is_sent_once(stack: Stack, server: Server) -> None:
    server.breaks_at = "POST"
    async with stack(server) as ask:
        with pytest.raises(NodeError):
            await ask()
    assert server.seen == ["POST"]


@BOTH
async def test_nor_twice_by_a_connection_that_was_kept(stack: Stack, server: Server) -> None:
    async with stack(server) as ask:
        await ask()
        server.breaks_at = "POST"
        with pytest.raises(NodeError):
            await ask()
    assert server.seen == ["POST", "POST"]


@BOTH
async def test_a_connection_closed_while_idle_does_not_fail_a_post(stack: Stack, server: Server) -> None:
    server.closes = True
    async with stack(server) as ask:
        for _ in range(3):
            server.closed.clear()
            await ask()
            # Not awaited: the event loop learns of the end only with the next request.
            assert server.closed.wait(5)
    assert server.seen == ["POST"] * 3


async def test_what_is_repeatable_is_sent_again(server: Server) -> None:
    client = NodeClient()
    server.breaks_at = "POST"
    with pytest.raises(NodeError):
        await client.call(_node(server, repeatable=True), {})
    assert server.seen == ["POST", "POST"]
    await client.stop()


async def test_what_asks_only_is_sent_again_by_both(server: Server) -> None:
    server.breaks_at = "GET"
    async with engine_for(f"{server.url}/v1") as engine:
        with pytest.raises(NodeError):
            await engine.models()
    assert server.seen == ["GET", "GET"]
    client = NodeClient()
    with pytest.raises(NodeError):
        await client.call(_node(server), None, method="GET")
    assert len(server.seen) >= 4
    await client.stop()


async def test_the_rule() -> None:
    assert [method for method in ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH") if may_be_sent_again(method)] == [
        "GET",
        "HEAD",
        "PUT",
        "DELETE",
    ]
    assert may_be_sent_again("POST", repeatable=True)


async def test_many_at_once_are_counted_once_each(server: Server) -> None:
    async with by_aiohttp(server) as ask:
        await asyncio.gather(*(ask() for _ in range(20)))
        server.breaks_at = "POST"
        await asyncio.gather(*(ask() for _ in range(20)), return_exceptions=True)
    assert len(server.seen) == 40
