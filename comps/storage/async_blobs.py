"""Blobs for code on an event loop: every call runs in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from anyio import to_thread

from comps.storage.blobs import BlobInfo, Blobs, Meta


class AsyncBlobs:
    """``Blobs`` whose methods are awaited. ``blocking`` is the store itself, for work that runs in a thread anyway."""

    def __init__(self, blobs: Blobs) -> None:
        self.blocking = blobs

    async def put(self, data: bytes, kind: str, key: str | None = None, meta: Mapping[str, str | float] | None = None) -> str:
        return await to_thread.run_sync(self.blocking.put, data, kind, key, meta)

    async def get(self, kind: str, key: str, start: int | None = None, end: int | None = None) -> bytes:
        return await to_thread.run_sync(self.blocking.get, kind, key, start, end)

    async def open(self, kind: str, key: str) -> BinaryIO:
        """The file itself blocks: read it in a thread (``anyio.wrap_file``)."""
        return await to_thread.run_sync(self.blocking.open, kind, key)

    async def size(self, kind: str, key: str) -> int:
        return await to_thread.run_sync(self.blocking.size, kind, key)

    async def meta(self, kind: str, key: str) -> Meta:
        return await to_thread.run_sync(self.blocking.meta, kind, key)

    async def info(self, kind: str, key: str) -> BlobInfo:
        return await to_thread.run_sync(self.blocking.info, kind, key)

    async def exists(self, kind: str, key: str) -> bool:
        return await to_thread.run_sync(self.blocking.exists, kind, key)

    async def delete(self, kind: str, key: str) -> bool:
        return await to_thread.run_sync(self.blocking.delete, kind, key)

    async def check_room(self) -> None:
        await to_thread.run_sync(self.blocking.check_room)

    async def list(self, kind: str) -> Sequence[BlobInfo]:
        return await to_thread.run_sync(lambda: [*self.blocking.list(kind)])
