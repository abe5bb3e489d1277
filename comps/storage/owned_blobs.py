"""Avatars and videos through the rows of their owners: a blob is seen by who has a row of it, and goes with the last one.

Blobs are named by content, so two owners of the same picture share a blob, its rigs and its idle loops. The order that keeps
rows and blobs together: a blob is written before its row; who registers an avatar looks for the blob again once the row is there;
who takes the last row deletes the blob while nobody else can write one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio import to_thread
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from comps.cores.errors import NotFound
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import BlobInfo, Blobs
from comps.storage.ownership import ANONYMOUS, Kind, find, is_owned, lock, pages, release
from comps.storage.page import Page, encode_cursor
from comps.storage.records import OwnedRow, Records, TurnRow
from comps.storage.retention import delete_caches, delete_picture, drawn_of

#: A use is written down this often at most, seconds.
_USE_NOTED_S = 3600.0
#: A row or a drawing younger than this may belong to work under way.
_UNDER_WAY_S = 3600.0
#: Rows of one statement: SQLite takes 32,766 values.
_BATCH = 2000
#: What the migration leaves behind: the blobs from before have no rows yet.
_UNADOPTED = ("unadopted", "blobs")
_NAMES = {Kind.AVATAR: "avatar", Kind.VIDEO: "video"}


@dataclass(frozen=True)
class Owned:
    """A blob of somebody's. ``created_at``: when it became theirs, Unix seconds. ``avatar_id``: of a video, whom it shows."""

    id: str
    created_at: float
    avatar_id: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


class OwnedBlobs:
    """``brought_ttl_s``: how long an avatar is kept, after its last use, that nobody registered. ``clock``: Unix seconds."""

    def __init__(
        self, records: Records, blobs: AsyncBlobs, brought_ttl_s: float, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._brought_ttl_s = brought_ttl_s
        self._clock = clock

    async def get(self, owner: str, kind: Kind, content_id: str) -> Owned:
        """What ``owner`` has, or all have. Raises NotFound."""
        async with self._records.reading() as session:
            row = await find(session, owner, kind, content_id)
        if row is None:
            raise _missing(kind)
        return _owned(row)

    async def list(self, owner: str, kind: Kind, limit: int = 50, cursor: str | None = None) -> Page[Owned]:
        """Newest first. Raises BadInput for a limit outside 1 … 200 or a cursor that is none."""
        query = pages(select(OwnedRow), owner, kind, limit, cursor)
        async with self._records.reading() as session:
            rows = [*await session.scalars(query)]
        last = encode_cursor(rows[limit - 1].created_at, rows[limit - 1].content_id) if len(rows) > limit else None
        return Page(items=[_owned(row) for row in rows[:limit]], next_cursor=last)

    # Avatars

    async def hold_avatar(self, owner: str, avatar_id: str, *, brought: bool) -> bool:
        """``owner`` has registered the avatar, or ``brought`` it with a request, and EVERYBODY one of the program's own.

        Returns whether that is new. It may then have been deleted in between: the caller looks whether it is still there, and
        registers it again where it is not.
        """
        now = self._clock()
        async with self._records.reading() as session:
            row = await session.get(OwnedRow, (owner, str(Kind.AVATAR), avatar_id))
        if row is not None and not self._is_to_be_noted(row, brought, now):
            return False
        size = await self._size(avatar_id)
        expires_at = now + self._brought_ttl_s if brought else None
        async with self._writing(Kind.AVATAR, avatar_id) as session:
            row = await session.get(OwnedRow, (owner, str(Kind.AVATAR), avatar_id))
            if row is not None:
                # What was registered once is not forgotten because it is brought.
                row.expires_at = row.expires_at and expires_at
                row.about = {"bytes": size}
                return False
            session.add(
                OwnedRow(
                    owner=owner,
                    kind=Kind.AVATAR,
                    content_id=avatar_id,
                    created_at=now,
                    expires_at=expires_at,
                    about={"bytes": size},
                )
            )
        return True

    async def _size(self, avatar_id: str) -> int:
        """Bytes; 0 of one that was deleted since it was registered."""
        try:
            return await self._blobs.size(Kind.AVATAR, avatar_id)
        except NotFound:
            return 0

    async def use_avatar(self, owner: str, avatar_id: str) -> None:
        """``owner`` asks for an avatar by its id; one that was brought stays for as long again. Raises NotFound."""
        now = self._clock()
        async with self._records.reading() as session:
            row = await find(session, owner, Kind.AVATAR, avatar_id)
        if row is None:
            raise _missing(Kind.AVATAR)
        if row.expires_at is None or not self._is_to_be_noted(row, True, now):
            return
        mine = (OwnedRow.owner == row.owner, OwnedRow.kind == Kind.AVATAR, OwnedRow.content_id == avatar_id)
        longer = update(OwnedRow).where(*mine, OwnedRow.expires_at.is_not(None)).values(expires_at=now + self._brought_ttl_s)
        async with self._writing(Kind.AVATAR, avatar_id) as session:
            await session.execute(longer)
            if await session.get(OwnedRow, (row.owner, str(Kind.AVATAR), avatar_id)) is None:
                raise _missing(Kind.AVATAR)

    async def delete_avatar(self, owner: str, avatar_id: str) -> None:
        """Take the avatar from ``owner``, with their videos of it. Where they were the last, all that was made of it goes.

        Raises NotFound.
        """
        # Whoever leaves before the answer has still asked for all of it to go.
        with anyio.CancelScope(shield=True):
            await self._delete_avatar(owner, avatar_id)

    async def _delete_avatar(self, owner: str, avatar_id: str) -> None:
        async with self._writing(Kind.AVATAR, avatar_id) as session:
            row = await find(session, owner, Kind.AVATAR, avatar_id)
            if row is None or row.owner != owner:
                raise _missing(Kind.AVATAR)
            shown = (OwnedRow.owner == owner, OwnedRow.kind == Kind.VIDEO, OwnedRow.avatar_id == avatar_id)
            videos = [*await session.scalars(delete(OwnedRow).where(*shown).returning(OwnedRow.content_id))]
            pictures = await self._release_avatar(session, owner, avatar_id)
        for video_id in videos:
            async with self._writing(Kind.VIDEO, video_id) as session:
                await self._delete_unowned_video(session, video_id)
        await self._delete_caches(avatar_id, pictures)

    async def _release_avatar(self, session: AsyncSession, owner: str, avatar_id: str) -> set[str] | None:
        """Take a row; with the last one the picture goes, and the SHA-256 of its media is returned."""
        await release(session, owner, Kind.AVATAR, avatar_id)
        if await is_owned(session, Kind.AVATAR, avatar_id):
            return None
        return await to_thread.run_sync(delete_picture, self._blobs.blocking, avatar_id)

    async def _delete_caches(self, avatar_id: str, pictures: set[str] | None) -> None:
        if pictures is not None:
            await to_thread.run_sync(delete_caches, self._blobs.blocking, avatar_id, pictures)

    # Videos

    async def keep_video(self, owner: str, turn_id: str, video: bytes, meta: Mapping[str, str | float]) -> None:
        """Store the video of a turn under the turn's id. ``meta["avatar_id"]``: whom it shows.

        Raises NotFound, and stores nothing, when the avatar or the conversation was deleted meanwhile.
        """
        await self._blobs.put(video, Kind.VIDEO, turn_id, meta)
        try:
            avatar_id = str(meta["avatar_id"])
            async with self._writing(Kind.AVATAR, avatar_id) as session:
                if await find(session, owner, Kind.AVATAR, avatar_id) is None:
                    raise _missing(Kind.AVATAR)
                turn = update(TurnRow).where(TurnRow.id == turn_id).values(video_id=turn_id).returning(TurnRow.id)
                if await session.scalar(turn) is None:
                    raise NotFound("there is no such conversation", field="conversation_id")
                session.add(_video_row(owner, turn_id, self._clock(), len(video), meta))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._blobs.delete(Kind.VIDEO, turn_id)
            raise

    async def delete_video(self, owner: str, video_id: str) -> None:
        """Raises NotFound."""
        with anyio.CancelScope(shield=True):
            await self._delete_video(owner, video_id)

    async def _delete_video(self, owner: str, video_id: str) -> None:
        async with self._writing(Kind.VIDEO, video_id) as session:
            row = await find(session, owner, Kind.VIDEO, video_id)
            if row is None or row.owner != owner:
                raise _missing(Kind.VIDEO)
            await release(session, owner, Kind.VIDEO, video_id)
            await self._delete_unowned_video(session, video_id)

    async def _delete_unowned_video(self, session: AsyncSession, video_id: str) -> None:
        if not await is_owned(session, Kind.VIDEO, video_id):
            await self._blobs.delete(Kind.VIDEO, video_id)

    # Housekeeping

    async def adopt(self) -> None:
        """Give the avatars and videos from before there were owners to ANONYMOUS, once."""
        async with self._records.reading() as session:
            if await session.get(OwnedRow, (ANONYMOUS, *_UNADOPTED)) is None:
                return
        rows = [_values(ANONYMOUS, kind, blob) for kind in (Kind.AVATAR, Kind.VIDEO) for blob in await self._blobs.list(kind)]
        async with self._records.writing() as session:
            marker = delete(OwnedRow).where(
                OwnedRow.owner == ANONYMOUS, OwnedRow.kind == _UNADOPTED[0], OwnedRow.content_id == _UNADOPTED[1]
            )
            # Of several gateways that start together one deletes the marker; the others wait for it, and find none.
            if await session.scalar(marker.returning(OwnedRow.kind)) is not None and rows:
                await session.execute(insert(OwnedRow), rows)

    async def forget(self, deleted: Sequence[tuple[str, str]]) -> None:
        """Delete the rows of blobs, (kind, key), that retention has deleted."""
        for kind in Kind:
            keys = [key for of, key in deleted if of == kind]
            await self._forget(kind, keys)

    async def tidy(self) -> int:
        """Delete brought avatars that were not used for long, with all that was made of them; what was drawn of avatars that are
        gone; and rows whose blob is gone. Returns how many avatars.
        """
        expired = await self._expire()
        orphans = await self._delete_orphans()
        await self._delete_leftovers()
        await self._forget_missing()
        return expired + orphans

    async def _expire(self) -> int:
        now, deleted = self._clock(), 0
        async with self._records.reading() as session:
            past = select(OwnedRow).where(OwnedRow.kind == Kind.AVATAR, OwnedRow.expires_at < now)
            rows = [*await session.scalars(past)]
        for row in rows:
            pictures = None
            async with self._writing(Kind.AVATAR, row.content_id) as session:
                found = await session.get(OwnedRow, (row.owner, row.kind, row.content_id))
                # It may have been used since.
                if found is not None and found.expires_at is not None and found.expires_at < now:
                    pictures = await self._release_avatar(session, row.owner, row.content_id)
            await self._delete_caches(row.content_id, pictures)
            deleted += pictures is not None
        return deleted

    async def _delete_orphans(self) -> int:
        """Avatars that nobody has a row of: a request that brought one was cut short, or came past the gateway."""
        deleted = 0
        async with self._records.reading() as session:
            held = {*await session.scalars(select(OwnedRow.content_id).where(OwnedRow.kind == Kind.AVATAR))}
        orphans = {key for key in await self._keys(Kind.AVATAR) if key not in held}
        for avatar_id in orphans:
            try:
                info = await self._blobs.info(Kind.AVATAR, avatar_id)
            except NotFound:
                continue
            if self._clock() - info.created_at <= self._brought_ttl_s:
                continue
            pictures = None
            async with self._writing(Kind.AVATAR, avatar_id) as session:
                if not await is_owned(session, Kind.AVATAR, avatar_id):
                    pictures = await to_thread.run_sync(delete_picture, self._blobs.blocking, avatar_id)
            await self._delete_caches(avatar_id, pictures)
            deleted += pictures is not None
        return deleted

    async def _delete_leftovers(self) -> None:
        """Rigs and loops of no avatar: they were drawn while it was deleted."""

        def sweep(blobs: Blobs, before: float) -> None:
            drawn = [(kind, key) for kind in ("rigs", "loops") for key in blobs.keys(kind)]
            # After the drawings, so that an avatar that was registered meanwhile is among them.
            avatars = {*blobs.keys(Kind.AVATAR)}
            for kind, key in drawn:
                if drawn_of(key) not in avatars:
                    with contextlib.suppress(NotFound):
                        if blobs.info(kind, key).created_at < before:
                            blobs.delete(kind, key)

        await to_thread.run_sync(sweep, self._blobs.blocking, self._clock() - _UNDER_WAY_S)

    async def _forget_missing(self) -> None:
        for kind in (Kind.AVATAR, Kind.VIDEO):
            before = self._clock() - _UNDER_WAY_S
            async with self._records.reading() as session:
                old = select(OwnedRow.content_id).where(OwnedRow.kind == kind, OwnedRow.created_at < before)
                rows = {*await session.scalars(old)}
            for key in rows - {*await self._keys(kind)} if rows else ():
                async with self._writing(kind, key) as session:
                    # It may have been stored again since.
                    if not await self._blobs.exists(kind, key):
                        await session.execute(delete(OwnedRow).where(OwnedRow.kind == kind, OwnedRow.content_id == key))

    async def _forget(self, kind: Kind, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            async with self._records.writing() as session:
                await session.execute(delete(OwnedRow).where(OwnedRow.kind == kind, OwnedRow.content_id.in_(batch)))

    async def _keys(self, kind: Kind) -> Sequence[str]:
        return await to_thread.run_sync(lambda: [*self._blobs.blocking.keys(kind)])

    @asynccontextmanager
    async def _writing(self, kind: Kind, content_id: str) -> AsyncIterator[AsyncSession]:
        async with self._records.writing() as session:
            await lock(session, kind, content_id)
            yield session

    def _is_to_be_noted(self, row: OwnedRow, brought: bool, now: float) -> bool:
        """Whether a use of the avatar changes its row: so seldom that asking for one costs no write."""
        if not (row.about or {}).get("bytes"):
            return True
        if row.expires_at is None:
            return False
        seldom = min(_USE_NOTED_S, self._brought_ttl_s / 8)
        return not brought or row.expires_at < now + self._brought_ttl_s - seldom


def _missing(kind: Kind) -> NotFound:
    return NotFound(f"there is no such {_NAMES[kind]}", field=f"{_NAMES[kind]}_id")


def _owned(row: OwnedRow) -> Owned:
    return Owned(row.content_id, row.created_at, row.avatar_id, row.about or {})


def _video_row(owner: str, video_id: str, now: float, size: int, meta: Mapping[str, str | float]) -> OwnedRow:
    return OwnedRow(**_values(owner, Kind.VIDEO, BlobInfo(video_id, size, now, dict(meta))))


def _values(owner: str, kind: Kind, blob: BlobInfo) -> dict[str, Any]:
    """A row of a blob: of an avatar, what its blob says of it is the animation service's."""
    about = {name: value for name, value in blob.meta.items() if name != "avatar_id"} if kind is Kind.VIDEO else {}
    return {
        "owner": owner,
        "kind": str(kind),
        "content_id": blob.key,
        "created_at": blob.created_at,
        "avatar_id": str(blob.meta.get("avatar_id", "")) if kind is Kind.VIDEO else "",
        "about": {"bytes": blob.size, **about},
    }
