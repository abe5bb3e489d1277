"""The HTTP server of a service: uvicorn's, which lets end what lives longer than a request before it closes connections."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import sys
import time
from collections.abc import Awaitable, Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from comps.cores.mega.acceptor import Acceptor
from comps.cores.mega.http_protocol import BoundedHTTP, Connections
from comps.cores.telemetry.logs import unexpected

_log = logging.getLogger(__name__)

#: How often it is looked whether somebody wants the server gone at once (a second Ctrl-C), seconds.
_LOOKED_EVERY_S = 0.1


class DrainingServer(uvicorn.Server):
    """``drain`` is awaited when the server is told to stop, when no connection is taken any more. It and the requests under way
    have ``timeout_graceful_shutdown`` seconds together.
    """

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.connections = self.server_state = Connections()
        self.acceptors: list[Acceptor] = []
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, with acceptors of our own for ``sockets``."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        loop = asyncio.get_running_loop()

        def protocol() -> BoundedHTTP:
            return BoundedHTTP(self.config, self.connections, self.lifespan.state, loop)

        self.acceptors = [Acceptor(listening, protocol, self.config.ssl, self.connections) for listening in sockets or ()]
        self.servers = []
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for acceptor in self.acceptors:
            acceptor.close()
        allowed = self.config.timeout_graceful_shutdown or 0
        until = time.monotonic() + allowed
        draining = asyncio.ensure_future(self._drain())
        while not (draining.done() or self.force_exit) and time.monotonic() < until:
            await asyncio.wait({draining}, timeout=_LOOKED_EVERY_S)
        draining.cancel()
        (outcome,) = await asyncio.gather(draining, return_exceptions=True)
        if isinstance(outcome, Exception):
            unexpected(_log, "draining", outcome)
        self.config.timeout_graceful_shutdown = max(1, math.ceil(until - time.monotonic()))
        await super().shutdown(sockets)
