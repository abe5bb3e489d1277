"""uvicorn's HTTP and WebSocket protocols with limits on what a client may hold before anything is known of it.

The request line and headers (the head) have a size and a time; connections that wait for their client are bounded (``Waiting``).
"""

from __future__ import annotations

import asyncio
import enum
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from comps.cores.errors import HeadTimeout, HeadTooLarge, MalformedRequest, Problem
from comps.cores.mega.guard import problem_response
from comps.cores.mega.network import network
from comps.cores.mega.security_headers import UNSEEN
from comps.cores.mega.waiting import GRACE_S, Connection, Waiting

#: Of a head, and of what is sent around a body in chunks (their sizes, trailers), bytes. h11 and nginx allow no more.
MAX_HEAD = 64 << 10
#: From a connection's beginning, or a head's first byte, to the head's end; also from a handshake to its answer; and what is left
#: for the rest of a body that was answered before its end, seconds.
HEAD_S = 10.0
#: Between a time that has passed and what is closed for it, seconds.
_READ_FIRST_S = 0.02
#: Of a chunk's size and what is around it, at most, bytes.
_FRAMING = 32


class _Phase(enum.Enum):
    HEAD = enum.auto()
    BODY = enum.auto()
    #: The request is complete, its answer is not.
    ANSWER = enum.auto()
    #: The answer is complete, its request is not.
    LINGER = enum.auto()
    IDLE = enum.auto()
    #: It is a WebSocket now, or is being closed.
    OVER = enum.auto()


class _RefusedError(Exception):
    """Ends the parsing of a request."""


class Connections(ServerState):
    """A server's, with those that wait for their clients."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = Waiting()

    def begin(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        """``connection`` waits for its client."""
        self.waiting.begin(connection, loop.time())
        if not self.waiting.is_over(connection.network):
            return

        def trim() -> None:
            self.waiting.trim(connection.network, loop.time())

        # What came while the loop was held up is read first.
        loop.call_later(GRACE_S, lambda: loop.call_later(_READ_FIRST_S, trim))


class BoundedHTTP(HttpToolsProtocol):
    """``HttpToolsProtocol`` within the limits."""

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.network = ""
        self.since = 0.0
        self._all = server_state
        self._waiting = server_state.waiting
        self._phase = _Phase.HEAD
        self._timer: asyncio.TimerHandle | None = None
        #: Bytes of the last piece that came; of the piece in which a head began, and of those after it; of a body; around a body.
        self._piece = 0
        self._first_piece = 0
        self._head_bytes = 0
        self._body_bytes = 0
        self._around_body = 0
        self._chunks = 0
        self._is_begun = False
        self._refusal: Problem | None = None

    @property
    def is_connected(self) -> bool:
        return self.flow is not None

    @property
    def is_stalled(self) -> bool:
        return self.transport.is_closing() or self.flow.write_paused or (self.cycle is not None and self.cycle.more_body)

    def abort(self) -> None:
        self._over()
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own signature
        super().connection_made(transport)
        self.network = network(self.client[0] if self.client else "")
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over()
        self._waiting.lost(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.OVER:
            return
        if self._phase is _Phase.IDLE:
            # Even what is no head yet: line breaks before one.
            self._wake()
        began_in_head = self._phase is _Phase.HEAD
        content = self._body_bytes
        self._piece = len(data)
        self._head_bytes += self._piece
        super().data_received(data)
        if self._phase is _Phase.HEAD:
            if self._head_bytes > MAX_HEAD:
                self._refuse(_too_large())
            elif self._timer is None:
                self._wait()
        elif not began_in_head and self._phase in {_Phase.BODY, _Phase.LINGER}:
            self._around_body += self._piece - (self._body_bytes - content)
            if self._around_body > MAX_HEAD + _FRAMING * self._chunks:
                self._refuse(_too_large())

    def on_message_begin(self) -> None:
        if self._phase is _Phase.IDLE:
            self._wake()
        self._phase, self._is_begun = _Phase.HEAD, True
        self._first_piece, self._head_bytes = self._piece, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # What comes after a body is no part of the head (RFC 9110 §6.5.1).
        if self._phase is _Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._first_piece + self._head_bytes > MAX_HEAD:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > MAX_HEAD:
                self._refusal = _too_large()
                raise _RefusedError
        self._end_wait()
        self._phase, self._is_begun = _Phase.BODY, False
        self._body_bytes = self._around_body = self._chunks = 0
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._chunks += 1

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._phase is _Phase.LINGER:
            self._end_wait()
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
            self._rest()
        elif self._phase is _Phase.BODY:
            self._phase = _Phase.ANSWER

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.timeout_keep_alive_task is None:
            # It is closing, or the next request was there already.
            return
        if self._phase is _Phase.ANSWER:
            self._rest()
        elif self._phase is _Phase.BODY:
            self._phase = _Phase.LINGER
            self._wait()

    def handle_websocket_upgrade(self) -> None:
        self._over()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn answers where it cannot read a request."""
        self._refuse(self._refusal or MalformedRequest(msg.rstrip(".")))

    def _wait(self) -> None:
        """For the client, for a time."""
        self._timer = self.loop.call_later(HEAD_S, self._is_late)
        self._all.begin(self, self.loop)

    def _end_wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._waiting.end(self)

    def _rest(self) -> None:
        """Until the client asks again."""
        self._phase = _Phase.IDLE
        self._waiting.rest(self, self.loop.time())

    def _wake(self) -> None:
        self._phase, self._head_bytes = _Phase.HEAD, 0
        self._unset_keepalive_if_required()
        self._waiting.end(self)

    def _over(self) -> None:
        self._phase = _Phase.OVER
        self._end_wait()
        self._waiting.end(self)

    def _is_late(self) -> None:
        self._timer = self.loop.call_later(_READ_FIRST_S, self._give_up)

    def _give_up(self) -> None:
        if self._is_begun:
            self._refuse(HeadTimeout(f"the head of a request did not come within {HEAD_S:g} s"))
        else:
            self.abort()

    def _refuse(self, problem: Problem) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # Another request's answer is under way: nothing may be written into it.
            self.abort()
            return
        self._over()
        self._unset_keepalive_if_required()
        status, headers, body = problem_response(problem)
        lines = [*headers, *UNSEEN, *self.server_state.default_headers, (b"connection", b"close")]
        head = b"".join(b"%b: %b\r\n" % line for line in lines)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket waits for its client until the first message has come."""

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.network = ""
        self.since = 0.0
        self._all = server_state
        self._waiting = server_state.waiting
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_stalled(self) -> bool:
        return self.transport.is_closing()

    def abort(self) -> None:
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.network = network(self.client[0] if self.client else "")
        self._timer = self.loop.call_later(HEAD_S, self._is_late)
        self._all.begin(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.lost(self)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        self._waiting.end(self)
        super().send_receive_event_to_app()

    def _is_late(self) -> None:
        """A handshake that is none is answered by nobody: websockets has limits of its own."""
        if not self.handshake_complete:
            self.transport.abort()


def _too_large() -> HeadTooLarge:
    return HeadTooLarge(f"the head of a request has at most {MAX_HEAD} bytes, and so has what is around its body")
