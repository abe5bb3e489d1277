"""HTTP connections to the nodes of a megaservice: one pool, kept open between requests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping

import aiohttp
from yarl import URL

#: Below uvicorn's 5 s keep-alive, so that a pooled connection is seldom one that the other side has just closed.
_KEEPALIVE_S = 4.0
_CONNECT_S = 3.0
_SUCCESS = range(200, 300)
#: What is read ahead of a body. Above this aiohttp stops and starts reading, a system call each, for every 64 KiB.
_READ_AHEAD = 1 << 20


class UnreachableError(Exception):
    """Nothing of the request has been seen at the other side."""


class BrokenError(Exception):
    """The connection broke under way."""


class Reply:
    """The answer to a request; ``body`` once it has been read. ``close`` ends the connection of one that has not."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.body = b""

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESS

    @property
    def content_type(self) -> str:
        """Without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    async def read(self) -> bytes:
        """The whole body. Raises BrokenError."""
        try:
            self.body = await self._response.read()
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenError(str(error)) from error
        return self.body

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises BrokenError."""
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenError(str(error)) from error

    def close(self) -> None:
        self._response.close()


class Transport:
    """To be made in the event loop that it serves. At most ``max_connections`` are open at once."""

    def __init__(self, max_connections: int) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, keepalive_timeout=_KEEPALIVE_S),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
            skip_auto_headers={"User-Agent"},
            read_bufsize=_READ_AHEAD,
        )

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], server_name: str | None) -> Reply:
        """One request; sent again once when a pooled connection turns out to have been closed by the other side.

        ``server_name``: for TLS, where ``url`` names an address. Raises UnreachableError, BrokenError.
        """
        try:
            return await self._send(method, url, body, headers, server_name)
        except BrokenError:
            return await self._send(method, url, body, headers, server_name)

    async def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], server_name: str | None) -> Reply:
        try:
            response = await self._session.request(
                method,
                URL(url, encoded=True),
                data=body or None,
                headers=headers,
                allow_redirects=False,
                server_hostname=server_name,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnreachableError(str(error)) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenError(str(error)) from error
        return Reply(response)

    async def stop(self) -> None:
        await self._session.close()

    def __del__(self) -> None:
        # Megaservices by OPEA's recipe are never stopped.
        self.abandon()

    def abandon(self) -> None:
        """Let go of what was opened in an event loop that has ended. Harmless to repeat, and after ``stop``."""
        connector = self._session.connector
        self._session.detach()
        if connector is not None:
            # What it does before it first waits is all that can be done without its event loop.
            closing = connector.close().__await__()
            with contextlib.suppress(StopIteration, RuntimeError):
                next(closing)
            closing.close()
