"""The quota counts the database too: conversations cannot grow without bound beside the videos."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from AvatarChatbot.store import Store
from comps.cores.common.settings import StorageSettings
from comps.cores.errors import InsufficientStorage
from comps.cores.proto.avatar import Persona
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.housekeeping import clean
from comps.storage.quota import Quota
from comps.storage.records import Records

pytestmark = pytest.mark.anyio

_MB = 1 << 20


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def records(url: str) -> AsyncIterator[Records]:
    records = Records(url)
    yield records
    await records.close()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


def _with_quota(records: Records, blobs: Blobs, mb: float, clock: Clock) -> Conversations:
    conversations = Conversations(records)
    settings = StorageSettings(quota_mb=mb)

    async def make_room() -> None:
        await clean(blobs, conversations, settings, clock())

    records.quota = Quota(int(mb * _MB), records.size, make_room, clock)
    return conversations


async def _text(conversations: Conversations, mb: float) -> str:
    """A conversation of so many MiB, in letters that no compression makes small."""
    begun = await conversations.create()
    for n in range(round(mb * 32)):
        words = "".join(chr(0x4E00 + (n * 7919 + k * k * 31) % 20_000) for k in range(32_768 // 3))
        await conversations.add_turn(begun.id, words)
    return begun.id


async def test_the_size_is_of_what_is_kept(records: Records) -> None:
    conversations = Conversations(records)
    empty = await records.size()
    begun = await _text(conversations, 2)
    full = await records.size()
    assert full - empty > 1.5 * _MB
    await conversations.delete(begun)
    assert await records.size() - empty < 0.2 * _MB


async def test_videos_make_room_for_conversations(records: Records, blobs: Blobs) -> None:
    clock = Clock()
    conversations = _with_quota(records, blobs, 4, clock)
    for n in range(3):
        blobs.put(bytes(_MB), "videos", str(n))
    blobs.put(bytes(_MB // 4), "avatars", "face")
    await clean(blobs, conversations, StorageSettings(quota_mb=4), clock())
    assert len([*blobs.list("videos")]) == 3
    for _ in range(4):
        clock.now += 60
        await _text(conversations, 0.5)
    clock.now += 60
    await conversations.create()
    assert len([*blobs.list("videos")]) < 3
    assert len([*blobs.list("avatars")]) == 1


async def test_beyond_what_videos_can_make_room_for_nothing_is_written(records: Records, blobs: Blobs) -> None:
    clock = Clock()
    conversations = _with_quota(records, blobs, 1, clock)
    blobs.put(bytes(_MB // 2), "videos", "v")
    begun = await conversations.create()
    running = await conversations.add_turn(begun.id, "?")
    large = await _text(Conversations(records), 1.5)
    clock.now += 60
    with pytest.raises(InsufficientStorage, match="quota of 1 MiB"):
        await conversations.create()
    with pytest.raises(InsufficientStorage):
        await conversations.add_turn(begun.id, "?")
    assert [*blobs.list("videos")] == []
    # What was begun may end, be read and be deleted.
    assert (await conversations.end_turn(running.id, TurnStatus.DONE, reply="!")).reply == "!"
    await conversations.delete(large)
    clock.now += 60
    await conversations.add_turn(begun.id, "?")


async def test_a_store_keeps_to_it(tmp_path: Path) -> None:
    settings = StorageSettings(blobs=str(tmp_path / "blobs"), database=f"sqlite+aiosqlite:///{tmp_path}/records.db", quota_mb=0.5)
    records = Records(settings.database)
    large = await _text(Conversations(records), 1)
    await records.close()
    store = Store(settings)
    await store.start()
    try:
        with pytest.raises(InsufficientStorage):
            await store.personas.create(Persona(name="N"))
        await store.conversations.delete(large)
        await store.ready()
    finally:
        await store.stop()
