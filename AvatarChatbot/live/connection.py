"""One WebSocket connection: text and bytes both ways, and how either side ends it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from AvatarChatbot.live.messages import Failed, Pong, Preparing
from comps.cores.errors import Problem

#: Codes by which a client says that it leaves: it is done, its page is closed (RFC 6455 §7.4.1). Without a closing handshake, as
#: where the network breaks, servers report others.
_LEAVING = frozenset({1000, 1001})
#: Limit on reading the messages that have arrived already, seconds.
_READ_ON_S = 1.0


class Connection:
    """``messages`` raises nothing at the client's end; ``send`` and ``reply`` raise WebSocketDisconnect after it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        #: Whether the client has said that it leaves.
        self.is_leaving = False

    async def receive(self) -> str | bytes:
        """Raises WebSocketDisconnect."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            self.is_leaving = message.get("code") in _LEAVING
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def messages(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                yield await self.receive()
            except WebSocketDisconnect:
                return

    async def read_on(self) -> None:
        """After a failed send, read on to the close frame: its code says how the client left."""
        with anyio.move_on_after(_READ_ON_S), contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.receive()

    async def send(self, message: str | bytes) -> None:
        """Waits while the client does not read."""
        try:
            await (self._socket.send_text(message) if isinstance(message, str) else self._socket.send_bytes(message))
        except RuntimeError as error:
            # Starlette and uvicorn raise it when the connection is already closed.
            raise WebSocketDisconnect(1006) from error

    async def reply(self, message: Pong | Failed | Preparing) -> None:
        """Answer a message at once: it is not one of the session's, so it has no number and does not come again."""
        await self.send(message.model_dump_json(exclude_none=True, exclude={"sequence"}))

    async def fail(self, problem: Problem, code: int) -> None:
        """Say why, and close."""
        try:
            await self.reply(Failed(problem=problem.document()))
        except WebSocketDisconnect:
            return
        await self.close(code)

    async def close(self, code: int) -> None:
        """Harmless where it is closed."""
        if self._socket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            await self._socket.close(code)
        except (RuntimeError, WebSocketDisconnect):
            """The client was faster."""
