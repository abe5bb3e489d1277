"""HTTP connections to the nodes of a megaservice: one pool, kept open between requests."""

from __future__ import annotations

import contextlib
import select
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from comps.cores.mega.resend import may_be_sent_again

#: Below what servers do (uvicorn by default: 5 s), so that a pooled connection is seldom one that the other side has just closed.
_KEEPALIVE_S = 4.0
_CONNECT_S = 3.0
#: In a cluster an address is soon another's.
_RESOLVED_FOR_S = 2
_SUCCESS = range(200, 300)
#: Bytes of a body that is not joined to its headers, so that they go out in one packet.
_LARGE = 1 << 16


class UnreachableError(Exception):
    """Nothing of the request has been seen at the other side."""


class BrokenError(Exception):
    """The connection broke under way."""


class Reply:
    """The answer to a request; ``pieces`` of its body, as they came, once it has been read.

    ``close`` ends the connection of one that has not.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.pieces: tuple[bytes, ...] = ()

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESS

    @property
    def content_type(self) -> str:
        """Without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))

    async def read(self) -> None:
        """Read the whole body. Raises BrokenError."""
        try:
            self.pieces = tuple([piece async for piece in self._response.content.iter_any()])
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenError(str(error)) from error

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises BrokenError."""
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenError(str(error)) from error

    def close(self) -> None:
        self._response.close()


class _Pieces(aiohttp.Payload):
    """A body in pieces, which are written as they are; aiohttp copies one that is whole."""

    _autoclose = True

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__(pieces)
        self._size = sum(map(len, pieces))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        writer.send_headers()
        for piece in self._value:
            await writer.write(piece)


def _payload(body: Sequence[bytes]) -> _Pieces | bytes | None:
    pieces = _Pieces(body)
    return pieces if (pieces.size or 0) >= _LARGE else b"".join(body) or None


class _Connector(aiohttp.TCPConnector):
    """Does not reuse a connection that the other side has closed, though the event loop has not been told of it yet."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._ends: WeakKeyDictionary[ResponseHandler, select.poll] = WeakKeyDictionary()

    async def _get(self, key: Any, traces: Any) -> Any:
        idle = self._conns.get(key)
        while idle and self._has_been_closed(idle[0][0]):
            idle.popleft()[0].close()
        return await super()._get(key, traces)

    def _has_been_closed(self, connection: ResponseHandler) -> bool:
        """An idle connection with something to read holds the end of the stream, or what no request was made for."""
        transport = connection.transport
        if transport is None or transport.is_closing():
            return True
        end = self._ends.get(connection)
        if end is None:
            end = self._ends[connection] = select.poll()
            end.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(end.poll(0))


class Transport:
    """To be made in the event loop that it serves. At most ``max_connections`` are open at once."""

    def __init__(self, max_connections: int) -> None:
        self._pooled = _session(limit=max_connections, keepalive_timeout=_KEEPALIVE_S)
        self._fresh = _session(limit=max_connections, force_close=True)

    async def send(
        self,
        method: str,
        url: str,
        body: Sequence[bytes],
        headers: Mapping[str, str],
        server_name: str | None,
        *,
        repeatable: bool = False,
    ) -> Reply:
        """One request. Where the connection breaks it is sent again once, by one of its own, if it may be (``resend``).

        ``server_name``: for TLS, where ``url`` names an address. Raises UnreachableError, BrokenError.
        """
        try:
            return await _send(self._pooled, method, url, body, headers, server_name)
        except BrokenError:
            if not may_be_sent_again(method, repeatable=repeatable):
                raise
            return await _send(self._fresh, method, url, body, headers, server_name)

    async def stop(self) -> None:
        await self._pooled.close()
        await self._fresh.close()

    def __del__(self) -> None:
        # Megaservices by OPEA's recipe are never stopped.
        self.abandon()

    def abandon(self) -> None:
        """Let go of what was opened in an event loop that has ended. Harmless to repeat, and after ``stop``."""
        for session in (self._pooled, self._fresh):
            connector = session.connector
            session.detach()
            if connector is not None:
                # What it does before it first waits is all that can be done without its event loop.
                closing = connector.close().__await__()
                with contextlib.suppress(StopIteration, RuntimeError):
                    next(closing)
                closing.close()


def _session(**connections: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=_Connector(ttl_dns_cache=_RESOLVED_FOR_S, **connections),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
        skip_auto_headers={"User-Agent"},
    )


async def _send(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: Sequence[bytes],
    headers: Mapping[str, str],
    server_name: str | None,
) -> Reply:
    try:
        response = await session.request(
            method,
            URL(url, encoded=True),
            data=_payload(body),
            headers=headers,
            allow_redirects=False,
            server_hostname=server_name,
        )
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise UnreachableError(str(error)) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise BrokenError(str(error)) from error
    return Reply(response)
