"""The owner task of all that is stored: now and then it deletes what is past its time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from comps.cores.common.settings import StorageSettings
from comps.cores.telemetry.logs import unexpected
from comps.storage.blobs import Blobs
from comps.storage.retention import RetentionPolicy, apply_retention

if TYPE_CHECKING:
    # The services that keep blobs alone have no database.
    from comps.storage.conversations import Conversations
    from comps.storage.owned_blobs import OwnedBlobs

_log = logging.getLogger(__name__)


async def clean(
    blobs: Blobs,
    conversations: Conversations | None,
    settings: StorageSettings,
    now: float,
    owned: OwnedBlobs | None = None,
) -> int:
    """One round: time to live of blobs and conversations, then the quota. Returns how many things were deleted."""
    gone = await to_thread.run_sync(apply_retention, blobs, RetentionPolicy.of(settings), now)
    deleted = len(gone)
    if conversations is not None:
        deleted += await conversations.expire(settings.conversation_ttl_s)
    if owned is not None:
        await owned.forget(gone)
        deleted += await owned.tidy()
    return deleted


async def keep_clean(
    blobs: Blobs,
    conversations: Conversations | None,
    settings: StorageSettings,
    owned: OwnedBlobs | None = None,
    *,
    period_s: float = 600.0,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """``clean`` every ``period_s`` seconds until cancelled. A failed round is logged; the next one is tried all the same."""
    while True:
        try:
            await clean(blobs, conversations, settings, clock(), owned)
        except Exception as error:
            unexpected(_log, "housekeeping", error)
        await sleep(period_s)


class Housekeeper:
    """Owns the task that keeps a store clean: ``start`` begins it, ``stop`` ends it."""

    def __init__(
        self,
        blobs: Blobs,
        conversations: Conversations | None,
        settings: StorageSettings,
        owned: OwnedBlobs | None = None,
    ) -> None:
        self._work = (blobs, conversations, settings, owned)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(keep_clean(*self._work))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
