"""The owner task of all that is stored: now and then it deletes what is past its time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from comps.cores.common.settings import StorageSettings
from comps.cores.errors import InsufficientStorage
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
    """One round: time to live of conversations and blobs, then the quota of both; what nobody owns any more. Returns how many
    things were deleted.
    """
    deleted = beside = 0
    if conversations is not None:
        deleted = await conversations.expire(settings.conversation_ttl_s)
        await conversations.records.scrub()
        beside = await conversations.records.size()
    retained = await to_thread.run_sync(apply_retention, blobs, RetentionPolicy.of(settings, beside), now)
    if conversations is not None and conversations.records.quota is not None:
        conversations.records.quota.counted(retained.bytes)
    deleted += len(retained)
    if owned is not None:
        await owned.forget(retained)
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


async def keep_current(
    conversations: Conversations,
    *,
    period_s: float,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Every ``period_s`` seconds until cancelled: renew the leases of running turns, close those of killed gateways, take erased
    text out of the log where that had to wait.
    """
    while True:
        try:
            await conversations.renew_running()
            await conversations.close_abandoned()
            if not conversations.records.is_scrubbed:
                await conversations.records.scrub()
        except InsufficientStorage as problem:
            _log.warning("turns cannot be kept current: %s", problem.detail)
        except Exception as error:
            unexpected(_log, "keeping turns current", error)
        await sleep(period_s)


class Housekeeper:
    """Owns the tasks that keep a store clean and current: ``start`` begins them, ``stop`` ends them.

    ``renew_s``: how often running turns are told of, seconds.
    """

    def __init__(
        self,
        blobs: Blobs,
        conversations: Conversations | None,
        settings: StorageSettings,
        owned: OwnedBlobs | None = None,
        *,
        renew_s: float = 20.0,
    ) -> None:
        self._work = (blobs, conversations, settings, owned)
        self._conversations = conversations
        self._renew_s = renew_s
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(keep_clean(*self._work))]
        if self._conversations is not None:
            self._tasks.append(asyncio.create_task(keep_current(self._conversations, period_s=self._renew_s)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
