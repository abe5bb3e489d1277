"""What a client waits for before its session is there; it is told where that takes a while."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.websockets import WebSocketDisconnect

from AvatarChatbot.live.connection import Connection
from AvatarChatbot.live.messages import Preparing, Step
from AvatarChatbot.live.session import Told

#: A session that is there sooner begins with ``ready``, and one that is refused sooner with its ``error``, seconds.
TOLD_AFTER_S = 0.5


@contextlib.asynccontextmanager
async def telling(connection: Connection) -> AsyncIterator[Told]:
    """Gives what is to be called with each step. None is told after the block."""
    latest: Step | None = None
    is_long = False

    async def tell() -> None:
        if latest is not None:
            with contextlib.suppress(WebSocketDisconnect):
                await connection.reply(Preparing(step=latest))

    async def told(step: Step) -> None:
        nonlocal latest
        latest = step
        if is_long:
            await tell()

    async def begin() -> None:
        nonlocal is_long
        await asyncio.sleep(TOLD_AFTER_S)
        is_long = True
        await tell()

    beginning = asyncio.create_task(begin())
    try:
        yield told
    finally:
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
