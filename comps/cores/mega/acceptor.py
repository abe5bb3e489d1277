"""Takes a server's connections, never with the last descriptors.

asyncio's and uvloop's servers accept until no descriptor is left; then uvloop closes whoever comes, and asyncio waits a second.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import cast

from comps.cores.mega.http_protocol import BoundedHTTP, Connections
from comps.cores.mega.network import network
from comps.cores.mega.waiting import Connection

_log = logging.getLogger(__name__)

#: Accepted at once, before others have their turn.
_AT_ONCE = 32
#: Where descriptors are used up by something else, seconds.
_PAUSE_S = 0.1
#: Of TLS, seconds.
_HANDSHAKE_S = 10.0


class _Starting:
    """A connection that has no protocol yet; with TLS, its handshake."""

    is_stalled = False

    def __init__(self, accepted: socket.socket, address: object) -> None:
        self.accepted = accepted
        self.network = network(str(address[0]) if isinstance(address, tuple) else "")
        self.since = 0.0
        self.is_unwanted = False
        self.protocol: BoundedHTTP | None = None
        #: The handshake.
        self.task: asyncio.Task[None] | None = None

    def abort(self) -> None:
        """uvloop forgets to tell the protocol of a connection whose beginning is cancelled: that is only done in a handshake."""
        self.is_unwanted = True
        if self.protocol is not None and self.protocol.is_connected:
            self.protocol.abort()
        elif self.task is not None:
            self.task.cancel()


class Acceptor:
    """In place of ``asyncio.Server``. ``context``: of TLS; None: without."""

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], BoundedHTTP],
        context: ssl.SSLContext | None,
        connections: Connections,
    ) -> None:
        self._listening = listening
        self._protocol = protocol
        self._context = context
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        listening.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Take no more."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def _listen(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                _log.warning("no connection can be taken for now: %s", error)
                self._loop.remove_reader(self._listening)
                self._loop.call_later(_PAUSE_S, self._listen)
                return
            waiting, descriptor = self._connections.waiting, accepted.fileno()
            if waiting.make_room(descriptor, self._others):
                self._start(_Starting(accepted, address))
            else:
                accepted.close()
            if waiting.is_scarce(descriptor):
                # Those that were closed for it first give theirs back.
                return

    def _others(self) -> Iterable[Connection]:
        return cast("Iterable[Connection]", self._connections.connections)

    def _start(self, starting: _Starting) -> None:
        starting.accepted.setblocking(False)
        starting.accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.begin(starting, self._loop)
        task = self._loop.create_task(self._connect(starting))
        if self._context is not None:
            starting.task = task
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._started(starting, task))

    async def _connect(self, starting: _Starting) -> None:
        def protocol() -> BoundedHTTP:
            starting.protocol = self._protocol()
            return starting.protocol

        handshake = _HANDSHAKE_S if self._context is not None else None
        transport, _ = await self._loop.connect_accepted_socket(
            protocol, starting.accepted, ssl=self._context, ssl_handshake_timeout=handshake
        )
        if starting.is_unwanted:
            transport.abort()

    def _started(self, starting: _Starting, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._connections.waiting.lost(starting)
        if task.cancelled() or task.exception() is not None:
            # The client left, or is none of TLS.
            starting.accepted.close()
