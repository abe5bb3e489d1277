"""What the gateway keeps: videos and avatars as blobs, conversations, personas and owners as records."""

from __future__ import annotations

import contextlib
import time

from anyio import to_thread

from comps.cores.common.settings import StorageSettings
from comps.cores.errors import InsufficientStorage
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations
from comps.storage.everything import Everything
from comps.storage.housekeeping import Housekeeper, clean
from comps.storage.owned_blobs import OwnedBlobs
from comps.storage.personas import Personas
from comps.storage.quota import Quota
from comps.storage.records import Records


class Store:
    """Opened by ``start``, which also begins the housekeeping that ``stop`` ends."""

    def __init__(self, settings: StorageSettings) -> None:
        self._settings = settings
        self._records = Records(settings.database)
        self.conversations = Conversations(self._records)
        self.personas = Personas(self._records)
        self.blobs: AsyncBlobs
        #: The blobs through the rows of their owners: what clients see.
        self.owned: OwnedBlobs
        self.everything: Everything
        self._housekeeper: Housekeeper | None = None

    async def start(self) -> None:
        quota = int(self._settings.quota_mb * 2**20)
        blobs = await to_thread.run_sync(Blobs, self._settings.blobs, quota)
        self.blobs = AsyncBlobs(blobs)
        self.owned = OwnedBlobs(self._records, self.blobs, self._settings.brought_avatar_ttl_s)
        self.everything = Everything(self.conversations, self.personas, self.owned)
        self._records.quota = Quota(quota, self._records.size, self._make_room)
        # With a full disk it starts too: it says that it is not ready, and serves what needs no room.
        with contextlib.suppress(InsufficientStorage):
            await self._records.prepare()
            await self.owned.adopt()
            await self.conversations.close_abandoned()
        self._housekeeper = Housekeeper(blobs, self.conversations, self._settings, self.owned)
        await self._housekeeper.start()

    async def ready(self) -> None:
        """Raises InsufficientStorage while the disk is full."""
        await self.blobs.check_room()
        await self._records.check_room()

    async def _make_room(self) -> None:
        await clean(self.blobs.blocking, self.conversations, self._settings, time.time(), self.owned)

    async def stop(self) -> None:
        if self._housekeeper is not None:
            await self._housekeeper.stop()
        await self._records.close()
