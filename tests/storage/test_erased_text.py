"""Text that was deleted or overwritten is in none of SQLite's files any more: not in pages, not in the write-ahead log."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import text

from comps.cores.common.settings import StorageSettings
from comps.cores.proto.avatar import Persona
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.housekeeping import clean, keep_current
from comps.storage.personas import Personas
from comps.storage.records import Records

pytestmark = pytest.mark.anyio

_SECRET = "my number is 0171-5550-199"


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/data/db.sqlite")
    yield records
    await records.close()


def _found(folder: Path) -> list[str]:
    """The files that hold the secret."""
    return [path.name for path in (folder / "data").iterdir() if b"0171-5550" in path.read_bytes()]


async def _talk(conversations: Conversations, secret: str = _SECRET) -> str:
    begun = await conversations.create({"name": "Ada", "background": [secret]})
    for _ in range(5):
        turn = await conversations.add_turn(begun.id, f"{secret} " * random.randrange(1, 400))
        await conversations.end_turn(turn.id, TurnStatus.DONE, reply=f"I heard that {secret}")
    return begun.id


async def test_a_deleted_conversation(records: Records, tmp_path: Path) -> None:
    conversations = Conversations(records)
    for _ in range(20):
        secret, other = await _talk(conversations), await _talk(conversations, "nothing")
        assert _found(tmp_path)
        await conversations.delete(secret)
        assert _found(tmp_path) == []
        assert len((await conversations.get(other)).turns) == 5


async def test_a_persona_deleted_or_overwritten(records: Records, tmp_path: Path) -> None:
    personas = Personas(records)
    for size in (1, 20):
        card = Persona(name="Ada", background=[_SECRET] * size)
        deleted, replaced = await personas.create(card), await personas.create(card)
        assert _found(tmp_path)
        await personas.replace(replaced.id, Persona(name="Ada"))
        await personas.delete(deleted.id)
        assert _found(tmp_path) == []
        assert (await personas.get(replaced.id)).persona.name == "Ada"


async def test_what_expired(records: Records, tmp_path: Path) -> None:
    now = 1_000_000.0
    conversations = Conversations(records, clock=lambda: now)
    await _talk(conversations)
    assert _found(tmp_path)
    now += 200
    settings = StorageSettings(blobs=str(tmp_path / "blobs"), conversation_ttl_s=100)
    await clean(Blobs(settings.blobs), conversations, settings, now)
    assert _found(tmp_path) == []


async def test_what_a_reader_held_back_goes_later(records: Records, tmp_path: Path) -> None:
    """Another connection still reads the state of before: the deletion does not wait for it, a later round takes it away."""
    conversations = Conversations(records)
    secret = await _talk(conversations)
    reader = Records(f"sqlite+aiosqlite:///{tmp_path}/data/db.sqlite")
    async with reader.reading() as session:
        await session.execute(text("SELECT count(*) FROM turns"))
        with anyio.fail_after(10):
            await conversations.delete(secret)
        assert _found(tmp_path)
    await reader.close()

    async def once(_: float) -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()

    with anyio.CancelScope() as scope:
        await keep_current(conversations, period_s=1, sleep=once)
    assert _found(tmp_path) == []
