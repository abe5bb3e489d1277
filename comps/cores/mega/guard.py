"""What surrounds every HTTP request of a service: limits, the deadline, the end when the client is gone, and metrics.

Pure ASGI: the handler runs in a scope that is cancelled when the client disconnects or the deadline passes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import anyio
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comps.cores import disk
from comps.cores.errors import PROBLEM_JSON, BadInput, MalformedBody, NodeTimeout, Problem, TooLarge
from comps.cores.mega.clock import now
from comps.cores.mega.turns import SMALL, Turns, end_nothing
from comps.cores.proto import plain
from comps.cores.proto.wire import invalid
from comps.cores.telemetry import tracing, turn
from comps.cores.telemetry.logs import unexpected
from comps.cores.telemetry.metrics import ServiceMetrics

log = logging.getLogger(__name__)

#: Milliseconds that the caller will still wait for an answer to begin; each service passes on what is left of it.
DEADLINE_HEADER = "x-deadline-ms"
#: nginx's code for a client that left before its answer; only metrics see it.
_CLIENT_GONE = 499
#: Bytes that a body is taken for that comes in chunks.
_UNSTATED = 1 << 20


def problem_response(problem: Problem) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a problem (RFC 9457)."""
    body = json.dumps(problem.document()).encode()
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return problem.status, headers, body


class Guard:
    """ASGI middleware. ``max_body`` in bytes, ``timeout`` in seconds (the caller's deadline may shorten it).

    ``turns``: what large bodies wait for.
    ``document``: the name of the model that handlers make of the body by themselves, as OPEA's megaservices do.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        node: str,
        metrics: ServiceMetrics,
        max_body: int,
        timeout: float,
        document: str = "",
        turns: Turns | None = None,
    ) -> None:
        self._app = app
        self._node = node
        self._metrics = metrics
        self._max_body = max_body
        self._timeout = timeout
        self._document = document
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        turn.take(headers)
        tracing.name_turn()
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        def count(status: int) -> None:
            handler = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(handler, scope["method"], str(status)).inc()
            self._metrics.seconds.labels(handler, scope["method"]).observe(time.perf_counter() - started)
            self._metrics.in_progress.dec()

        exchange = _Exchange(send, count)
        self._metrics.in_progress.inc()
        try:
            await self._answer(headers, scope, receive, exchange)
        except ConnectionError:
            pass
        except Exception as error:
            await self._fail(exchange, scope, error)
        finally:
            exchange.end()

    async def _fail(self, exchange: _Exchange, scope: Scope, error: Exception) -> None:
        what = f"{scope['method']} {scope['path']}"
        if exchange.is_sent:
            unexpected(log, f"background task of {what}", error)
        elif isinstance(error, Problem):
            await exchange.fail(error)
        else:
            await exchange.fail(unexpected(log, what, error))

    async def _answer(self, headers: dict[bytes, bytes], scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        _check_address(scope)
        seconds = self._seconds(headers)
        gone = asyncio.Event()
        with anyio.move_on_after(seconds) as work:
            exchange.on_progress(lambda: _extend(work, seconds))
            async with self._turn(headers) as end_turn:
                exchange.on_sent(partial(_let_run, work, end_turn))
                body = await self._read_body(headers, receive)
                if body is not None:
                    await self._work(body, scope, receive, exchange, work, gone)
        if work.cancelled_caught and not gone.is_set():
            raise NodeTimeout(f"did not finish within {seconds:g} s", node=self._node)

    def _turn(self, headers: dict[bytes, bytes]) -> AbstractAsyncContextManager[Callable[[], None]]:
        size = _stated_size(headers)
        if size is None:
            size = _UNSTATED if b"transfer-encoding" in headers else 0
        return nullcontext(end_nothing) if self._turns is None or size < SMALL else self._turns.turn(size)

    async def _work(
        self,
        body: bytes,
        scope: Scope,
        receive: Receive,
        exchange: _Exchange,
        work: anyio.CancelScope,
        gone: asyncio.Event,
    ) -> None:
        """Handle a request whose body has been read. ``work`` is cancelled when the client is ``gone`` before it has been given
        the whole answer; what a handler does after that (Starlette's background tasks) runs to its end.
        """
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            if not exchange.is_complete:
                work.cancel()

        watching = asyncio.create_task(watch())
        try:
            await self._app(scope, replay, exchange.send)
        except Exception as error:
            meant = self._meant(error, body)
            if meant is error:
                raise
            raise meant from error
        finally:
            watching.cancel()

    def _meant(self, error: Exception, body: bytes) -> Exception:
        """What a handler's error means: one at reading the body that it was sent is the sender's; a full disk is nobody's."""
        if disk.means_full(error):
            return disk.full()
        if isinstance(error, json.JSONDecodeError) and error.doc == body.decode(errors="replace"):
            return MalformedBody("the body is not valid JSON")
        if isinstance(error, ValidationError) and error.title == self._document:
            return invalid(error.errors(include_input=False, include_url=False, include_context=False))
        return error

    def _seconds(self, headers: dict[bytes, bytes]) -> float:
        stated = headers.get(DEADLINE_HEADER.encode())
        if stated is None:
            return self._timeout
        try:
            return min(self._timeout, plain.whole_number(stated) / 1000)
        except ValueError:
            raise MalformedBody("is not a number of milliseconds", field=DEADLINE_HEADER) from None

    async def _read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        """The whole body; None when the client left while sending it."""
        if (_stated_size(headers) or 0) > self._max_body:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._max_body} bytes", limit_bytes=self._max_body)


def _check_address(scope: Scope) -> None:
    """Parts of a path and a query become ids and texts, and NUL is in none. Raises BadInput."""
    if "\0" in scope["path"]:
        raise BadInput("path: holds NUL", field="path")
    if b"%00" in scope["query_string"]:
        named = next((name for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if "\0" in name + value), "")
        field = named.replace("\0", "?") or "query"
        raise BadInput(f"{field}: holds NUL", field=field)


def _stated_size(headers: dict[bytes, bytes]) -> int | None:
    """Of a body, bytes."""
    stated = headers.get(b"content-length", b"")
    try:
        return plain.whole_number(stated) if stated else None
    except ValueError:
        # More digits than any body has bytes.
        return sys.maxsize


def _let_run(work: anyio.CancelScope, end_turn: Callable[[], None]) -> None:
    """What follows the answer has no deadline, and its request's memory is not counted: only the service's stop ends it."""
    work.deadline = float("inf")
    end_turn()


def _extend(deadline: anyio.CancelScope, seconds: float) -> None:
    """A body that is sent while it is made may take its time, as long as there is progress."""
    deadline.deadline = now() + seconds


class _Exchange:
    """The answer under way. ``count`` is told its status once, before its last byte goes out: who then asks finds it counted."""

    def __init__(self, send: Send, count: Callable[[int], None]) -> None:
        self._send = send
        self._count: Callable[[int], None] | None = count
        self.status: int | None = None
        #: Whether the last of the answer was given to the server; and whether the server has taken it.
        self.is_complete = self.is_sent = False
        self._progress: Callable[[], None] | None = None
        self._sent: Callable[[], None] | None = None

    def on_progress(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever a part of a body has been taken and more follows."""
        self._progress = tell

    def on_sent(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` once the server has taken the whole answer."""
        self._sent = tell

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            if message["type"] == "http.response.start":
                self.status = message["status"]
            await self._send(message)
        elif message.get("more_body", False):
            await self._send(message)
            if self._progress is not None:
                self._progress()
        else:
            await self._send_last(message)

    async def _send_last(self, message: Message) -> None:
        self.end()
        if len(message.get("body", b"")) >= SMALL:
            # The server waits for the client to have taken a part before it sends the next: then it is no longer in memory.
            await self._send({**message, "more_body": True})
            message = {"type": "http.response.body"}
        self.is_complete = True
        await self._send(message)
        self.is_sent = True
        if self._sent is not None:
            self._sent()

    def end(self) -> None:
        """The answer is complete, or never will be."""
        if self._count is not None:
            self._count(self.status or _CLIENT_GONE)
            self._count = None

    async def fail(self, problem: Problem) -> None:
        """Send the problem; where the answer has begun, cut it short, so that no client takes it for complete."""
        if self.status is not None:
            raise ConnectionAbortedError(problem.code)
        status, headers, body = problem_response(problem)
        start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})
