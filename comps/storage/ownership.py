"""Who owns what: the rows that every request for a conversation, a persona, an avatar or a video goes through.

An owner is a name. To everybody else a thing does not exist: knowing its id is no credential.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from comps.storage.page import paged
from comps.storage.records import ConversationRow, OwnedRow, PersonaRow

#: Whoever asks a gateway without keys, and the owner of what was stored before there were owners.
ANONYMOUS = "anonymous"
#: Owns what belongs to all: the program's own avatars. No key can have this name.
EVERYBODY = ""

#: No other id was ever given to anything, and PostgreSQL refuses some other texts.
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


class Kind(StrEnum):
    CONVERSATION = "conversations"
    PERSONA = "personas"
    AVATAR = "avatars"
    VIDEO = "videos"


def is_id(content_id: str) -> bool:
    """Whether anything could have this id."""
    return _ID.fullmatch(content_id) is not None


async def lock(session: AsyncSession, kind: Kind, content_id: str) -> None:
    """Until this transaction ends nobody else gives the thing to an owner or takes it from one.

    On SQLite a writing transaction is alone anyway; on PostgreSQL this takes an advisory lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        digest = hashlib.sha256(f"{kind}/{content_id}".encode()).digest()
        await session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def pages(query: Select[Any], owner: str, kind: Kind, limit: int, cursor: str | None) -> Select[Any]:
    """A page of ``owner``'s rows, as ``page.paged`` gives it. ``query`` selects from ``OwnedRow``, or joins it."""
    mine = query.where(OwnedRow.owner == owner, OwnedRow.kind == kind)
    return paged(mine, OwnedRow.created_at, OwnedRow.content_id, limit, cursor)


async def find(session: AsyncSession, owner: str, kind: Kind, content_id: str) -> OwnedRow | None:
    """The row of ``owner``, else everybody's; None where neither has the thing."""
    if not is_id(content_id):
        return None
    for name in (owner, EVERYBODY):
        if (row := await session.get(OwnedRow, (name, str(kind), content_id), populate_existing=True)) is not None:
            return row
    return None


async def is_owned(session: AsyncSession, kind: Kind, content_id: str) -> bool:
    """Whether anybody has the thing."""
    row = select(OwnedRow.owner).where(OwnedRow.kind == kind, OwnedRow.content_id == content_id).limit(1)
    return await session.scalar(row) is not None


async def count(session: AsyncSession, owner: str) -> dict[Kind, int]:
    """How many things of each kind ``owner`` has."""
    query = select(OwnedRow.kind, func.count()).where(OwnedRow.owner == owner).group_by(OwnedRow.kind)
    found = dict((await session.execute(query)).tuples().all())
    return {kind: found.get(kind, 0) for kind in Kind}


async def release(session: AsyncSession, owner: str, kind: Kind, *content_ids: str) -> None:
    """Take things from ``owner``."""
    await session.execute(
        delete(OwnedRow).where(OwnedRow.owner == owner, OwnedRow.kind == kind, OwnedRow.content_id.in_(content_ids))
    )


async def delete_some(session: AsyncSession, table: type[ConversationRow | PersonaRow], owner: str, kind: Kind, most: int) -> int:
    """Delete up to ``most`` of ``owner``'s rows in ``table``, and their ownership rows; returns how many were deleted."""
    mine = select(OwnedRow.content_id).where(OwnedRow.owner == owner, OwnedRow.kind == kind).limit(most)
    ids = [*await session.scalars(mine)]
    await session.execute(delete(table).where(table.id.in_(ids)))
    await release(session, owner, kind, *ids)
    return len(ids)
