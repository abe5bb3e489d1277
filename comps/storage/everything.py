"""All that one owner has: how much it is, and deleting it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

import anyio
from pydantic import BaseModel

from comps.cores.errors import NotFound, Problem, Unfinished
from comps.cores.telemetry.logs import unexpected
from comps.storage import ownership
from comps.storage.conversations import Conversations
from comps.storage.owned_blobs import OwnedBlobs
from comps.storage.ownership import Kind
from comps.storage.page import MAX_LIMIT
from comps.storage.personas import Personas

_log = logging.getLogger(__name__)

#: Records of one transaction: other writers wait no longer than for these.
_BATCH = 100
#: When whoever was told that something is left may ask again, seconds.
_AGAIN_S = 1.0


class Belongings(BaseModel):
    """How many things of each kind an owner has, or had. Turns go with their conversations."""

    conversations: int
    personas: int
    avatars: int
    videos: int

    @property
    def total(self) -> int:
        return self.conversations + self.personas + self.avatars + self.videos


class Everything:
    """What an owner has in the database of ``conversations``. ``clock``: seconds."""

    def __init__(
        self,
        conversations: Conversations,
        personas: Personas,
        owned: OwnedBlobs,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._conversations = conversations
        self._personas = personas
        self._owned = owned
        self._clock = clock

    async def count(self, owner: str) -> Belongings:
        async with self._conversations.records.reading() as session:
            return Belongings(**{str(kind): number for kind, number in (await ownership.count(session, owner)).items()})

    async def delete(self, owner: str, within_s: float) -> Belongings:
        """Delete all that ``owner`` has; returns how much that was. What belongs to all stays.

        Works for about ``within_s`` seconds. What cannot be deleted does not keep the rest. Raises Unfinished where something is
        left: its members ``deleted`` and ``left`` say of each kind how much, and ``cause`` is the code of the last problem.
        """
        until = self._clock() + within_s
        before = await self.count(owner)
        failure: Problem | None = None
        # Conversations first: an answer that is under way keeps no video once its conversation is gone.
        async with aclosing(self._deletions(owner)) as deletions:
            async for delete in deletions:
                try:
                    # A deletion that has begun is finished, also where its client has left.
                    with anyio.CancelScope(shield=True), contextlib.suppress(NotFound):
                        await delete()
                except Exception as error:
                    failure = error if isinstance(error, Problem) else unexpected(_log, "deleting all of an owner's", error)
                if self._clock() >= until:
                    break
        left = await self.count(owner)
        if left.total:
            raise Unfinished(
                "some of it could not be deleted: ask again" if failure else "there is more than one request deletes: ask again",
                retry_after=_AGAIN_S,
                cause=failure.code if failure else None,
                deleted=_difference(before, left).model_dump(),
                left=left.model_dump(),
            )
        return before

    async def _deletions(self, owner: str) -> AsyncGenerator[Callable[[], Awaitable[object]], None]:
        """Deletions one after the other, none of which takes long."""
        had = await self.count(owner)
        for number, delete_some in (
            (had.conversations, self._conversations.delete_some),
            (had.personas, self._personas.delete_some),
        ):
            for _ in range(0, number, _BATCH):
                yield partial(delete_some, owner, _BATCH)
        # An avatar takes its videos along.
        for kind, delete_one in ((Kind.AVATAR, self._owned.delete_avatar), (Kind.VIDEO, self._owned.delete_video)):
            cursor: str | None = None
            while True:
                page = await self._owned.list(owner, kind, MAX_LIMIT, cursor)
                for item in page.items:
                    yield partial(delete_one, owner, item.id)
                if (cursor := page.next_cursor) is None:
                    break


def _difference(before: Belongings, left: Belongings) -> Belongings:
    """What is no more; meanwhile something new may have come."""
    return Belongings(**{kind: max(0, number - getattr(left, kind)) for kind, number in before})
