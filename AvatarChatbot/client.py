"""A Python client of live conversations: the other end of docs/protocol.md."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from AvatarChatbot.live.framing import Frame

#: Fragments of a second of video at the highest quality fit in.
_MAX_MESSAGE = 16 << 20


@dataclass
class LiveClient:
    """One connection of a live conversation. Iterate over it: events are dicts, fragments are ``Frame``.

    ``sequence`` is that of the last message that arrived, for a resume.
    """

    connection: ClientConnection
    session: str = ""
    sequence: int = field(default=0)

    def __aiter__(self) -> LiveClient:
        return self

    async def __anext__(self) -> dict[str, Any] | Frame:
        try:
            message = await self.connection.recv()
        except ConnectionClosed:
            raise StopAsyncIteration from None
        if isinstance(message, bytes):
            frame = Frame.unpack(message)
            self.sequence = frame.sequence
            return frame
        event: dict[str, Any] = json.loads(message)
        self.sequence = event.get("sequence", self.sequence)
        if event["type"] == "ready":
            self.session = event["session"]
        return event

    async def send(self, type: str, **fields: Any) -> None:
        """A message of the protocol, e.g. ``send("text", text="Hello")``."""
        await self.connection.send(json.dumps({"type": type, **fields}))

    async def speak(self, sound: bytes) -> None:
        """A part of what the microphone hears, in the format that ``start`` named."""
        await self.connection.send(sound)


@asynccontextmanager
async def live(url: str, *, key: str | None = None, **start: Any) -> AsyncIterator[LiveClient]:
    """Connect to ``url`` (ws:// or wss://) and start a session; ``start`` are the fields of that message."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with connect(url, max_size=_MAX_MESSAGE, additional_headers=headers, proxy=None) as connection:
        client = LiveClient(connection)
        await client.send("start", **start)
        yield client
