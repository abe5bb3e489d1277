"""Saved personas."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, select

from comps.cores.errors import NotFound
from comps.cores.proto.avatar import MAX_ITEM, Persona
from comps.storage.page import Page, encode_cursor, paged
from comps.storage.records import PersonaRow, Records


class SavedPersona(BaseModel):
    """A persona under an id of its own. ``created_at`` in Unix seconds."""

    id: str
    created_at: float
    persona: Persona
    avatar_id: str = ""


class Personas:
    """The personas of a database. ``clock`` gives Unix seconds."""

    def __init__(self, records: Records, *, clock: Callable[[], float] = time.time) -> None:
        self._records = records
        self._clock = clock

    async def create(self, persona: Persona) -> SavedPersona:
        row = PersonaRow(
            id=uuid.uuid4().hex, created_at=self._clock(), card=persona.model_dump(mode="json"), avatar_id=persona.avatar_id
        )
        async with self._records.adding() as session:
            session.add(row)
        return _saved(row)

    async def replace(self, persona_id: str, persona: Persona) -> SavedPersona:
        """Put another card in its place. Raises NotFound."""
        async with self._records.erasing() as session:
            row = await session.get(PersonaRow, persona_id)
            if row is None:
                raise _missing()
            row.card, row.avatar_id = persona.model_dump(mode="json"), persona.avatar_id
        return _saved(row)

    async def get(self, persona_id: str) -> SavedPersona:
        """Raises NotFound."""
        async with self._records.reading() as session:
            row = await session.get(PersonaRow, persona_id)
        if row is None:
            raise _missing()
        return _saved(row)

    async def list(self, limit: int = 50, cursor: str | None = None) -> Page[SavedPersona]:
        """Newest first. Raises BadInput for a limit outside 1 … 200 or a cursor that is none."""
        query = paged(select(PersonaRow), PersonaRow.created_at, PersonaRow.id, limit, cursor)
        async with self._records.reading() as session:
            rows = [*await session.scalars(query)]
        last = encode_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
        return Page(items=[_saved(row) for row in rows[:limit]], next_cursor=last)

    async def delete(self, persona_id: str) -> None:
        """Raises NotFound."""
        query = delete(PersonaRow).where(PersonaRow.id == persona_id).returning(PersonaRow.id)
        async with self._records.erasing() as session:
            if await session.scalar(query) is None:
                raise _missing()


def _missing() -> NotFound:
    return NotFound("there is no such persona", field="persona_id")


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
