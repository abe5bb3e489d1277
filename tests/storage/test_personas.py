"""Saved personas."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from comps.cores.errors import NotFound
from comps.cores.proto.avatar import Persona, Provenance
from comps.storage.personas import Personas
from comps.storage.records import Records

pytestmark = pytest.mark.anyio


@pytest.fixture
async def personas(url: str) -> AsyncIterator[Personas]:
    records = Records(url)
    yield Personas(records)
    await records.close()


async def test_a_card_comes_back_as_it_was_saved(personas: Personas) -> None:
    card = Persona(
        name="Ada",
        likes=["engines", "poetry"],
        avatar_id="face",
        provenance={"name": Provenance.GIVEN, "likes": Provenance.INVENTED},
    )
    saved = await personas.create(card)
    found = await personas.get(saved.id)
    assert found.persona.model_dump() == card.model_dump()
    assert (found.avatar_id, found.created_at) == ("face", saved.created_at)


async def test_a_card_can_be_replaced_listed_and_deleted(personas: Personas) -> None:
    ids = [(await personas.create(Persona(name=f"P{n}"))).id for n in range(5)]
    await personas.replace(ids[0], Persona(name="new", avatar_id="other"))
    first = await personas.list(3)
    second = await personas.list(3, first.next_cursor)
    assert sorted(item.persona.name for item in [*first.items, *second.items]) == ["P1", "P2", "P3", "P4", "new"]
    assert second.next_cursor is None
    assert (await personas.get(ids[0])).avatar_id == "other"
    await personas.delete(ids[0])
    with pytest.raises(NotFound):
        await personas.get(ids[0])


async def test_what_is_not_there_is_not_found(personas: Personas) -> None:
    with pytest.raises(NotFound):
        await personas.delete("nobody")
    with pytest.raises(NotFound):
        await personas.replace("nobody", Persona())
