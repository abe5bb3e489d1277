"""Saved personas."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from comps.cores.errors import NotFound
from comps.cores.proto.avatar import MAX_ITEM, Persona
from comps.storage.ownership import ANONYMOUS, Kind, delete_some, find, pages, release
from comps.storage.page import Page, encode_cursor
from comps.storage.records import OwnedRow, PersonaRow, Records


class SavedPersona(BaseModel):
    """A persona under an id of its own. ``created_at`` in Unix seconds."""

    id: str
    created_at: float
    persona: Persona
    avatar_id: str = ""


class Personas:
    """The personas of a database; what an owner does not have is not found. ``clock`` gives Unix seconds."""

    def __init__(self, records: Records, *, clock: Callable[[], float] = time.time) -> None:
        self._records = records
        self._clock = clock

    async def create(self, persona: Persona, *, owner: str = ANONYMOUS) -> SavedPersona:
        row = PersonaRow(
            id=uuid.uuid4().hex, created_at=self._clock(), card=persona.model_dump(mode="json"), avatar_id=persona.avatar_id
        )
        async with self._records.adding() as session:
            session.add(row)
            session.add(OwnedRow(owner=owner, kind=Kind.PERSONA, content_id=row.id, created_at=row.created_at))
        return _saved(row)

    async def replace(self, persona_id: str, persona: Persona, *, owner: str = ANONYMOUS) -> SavedPersona:
        """Put another card in its place. Raises NotFound."""
        async with self._records.erasing() as session:
            row = await _persona(session, persona_id, owner)
            row.card, row.avatar_id = persona.model_dump(mode="json"), persona.avatar_id
        return _saved(row)

    async def get(self, persona_id: str, *, owner: str = ANONYMOUS) -> SavedPersona:
        """Raises NotFound."""
        async with self._records.reading() as session:
            return _saved(await _persona(session, persona_id, owner))

    async def list(self, limit: int = 50, cursor: str | None = None, *, owner: str = ANONYMOUS) -> Page[SavedPersona]:
        """Newest first. Raises BadInput for a limit outside 1 … 200 or a cursor that is none."""
        mine = select(PersonaRow).join(OwnedRow, OwnedRow.content_id == PersonaRow.id)
        query = pages(mine, owner, Kind.PERSONA, limit, cursor)
        async with self._records.reading() as session:
            rows = [*await session.scalars(query)]
        last = encode_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
        return Page(items=[_saved(row) for row in rows[:limit]], next_cursor=last)

    async def delete(self, persona_id: str, *, owner: str = ANONYMOUS) -> None:
        """Raises NotFound."""
        async with self._records.erasing() as session:
            await session.delete(await _persona(session, persona_id, owner))
            await release(session, owner, Kind.PERSONA, persona_id)

    async def delete_some(self, owner: str, most: int) -> int:
        """Delete up to ``most`` of ``owner``'s personas; returns how many."""
        async with self._records.erasing() as session:
            return await delete_some(session, PersonaRow, owner, Kind.PERSONA, most)


async def _persona(session: AsyncSession, persona_id: str, owner: str) -> PersonaRow:
    is_theirs = await find(session, owner, Kind.PERSONA, persona_id) is not None
    row = await session.get(PersonaRow, persona_id) if is_theirs else None
    if row is None:
        raise NotFound("there is no such persona", field="persona_id")
    return row


def _saved(row: PersonaRow) -> SavedPersona:
    return SavedPersona(id=row.id, created_at=row.created_at, persona=_card(row.card), avatar_id=row.avatar_id)


def _card(stored: dict[str, Any]) -> Persona:
    """A card as it was stored; of one from before there were limits, what is within them."""
    card = dict(stored)
    while True:
        try:
            return Persona.model_validate(card)
        except ValidationError as error:
            for field, *item in (wrong["loc"] for wrong in error.errors()):
                card[str(field)] = _shortened(card[str(field)], is_item=bool(item))


def _shortened(value: Any, *, is_item: bool) -> Any:
    """A list whose items are cut to the limit, where one ``is_item`` too long; else half of a list or a text."""
    if is_item and isinstance(value, list):
        return [item[:MAX_ITEM] for item in value]
    return value[: len(value) // 2] if isinstance(value, list | str) else {}
