"""A full disk: what cannot be kept is refused with 507, what is there stays whole, and it goes on when there is room again."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from AvatarChatbot.store import Store
from comps.cores.common.settings import StorageSettings
from comps.cores.disk import means_full
from comps.cores.errors import InsufficientStorage, Problem
from comps.cores.proto.avatar import Persona
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.personas import Personas
from comps.storage.records import Records
from tests.small_disk import SmallDisk, small_disk
from tests.storage.postgres import Postgres

pytestmark = pytest.mark.anyio


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


def _settings(folder: Path) -> StorageSettings:
    return StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/records.db")


@pytest.fixture
async def store(disk: SmallDisk) -> AsyncIterator[Store]:
    store = Store(_settings(disk.folder))
    await store.start()
    yield store
    await store.stop()


async def _until_refused(write: Callable[[], Awaitable[object]]) -> None:
    """``write`` again and again until there is no room."""
    for _ in range(1000):
        try:
            await write()
        except InsufficientStorage:
            return
    raise AssertionError("there was room for everything")


def test_its_problem_has_a_status_and_a_code_of_its_own() -> None:
    document = InsufficientStorage("full").document()
    assert (document["status"], document["code"]) == (507, "insufficient_storage")


def test_a_blob_that_finds_no_room_leaves_nothing(disk: SmallDisk) -> None:
    blobs = Blobs(str(disk.folder / "blobs"))
    blobs.put(b"before" * 1000, "videos", "v")
    before = {path for path in disk.folder.rglob("*") if path.is_file()}
    for kind, key in (("videos", "new"), ("videos", "v"), ("fresh", "new")):
        with pytest.raises(InsufficientStorage):
            blobs.put(bytes(4 << 20), kind, key)
    assert {path for path in disk.folder.rglob("*") if path.is_file()} == before
    assert blobs.get("videos", "v") == b"before" * 1000
    disk.fill()
    with pytest.raises(InsufficientStorage):
        blobs.check_room()
    disk.free()
    blobs.check_room()
    blobs.put(b"after", "videos", "v")
    assert blobs.get("videos", "v") == b"after"


async def test_a_database_that_finds_no_room_stays_whole(store: Store, disk: SmallDisk) -> None:
    begun = await store.conversations.create({"name": "Ada"})
    running = await store.conversations.add_turn(begun.id, "before")
    disk.fill()
    card = Persona(name="N", background=["b" * 400] * 50)
    await _until_refused(lambda: store.conversations.add_turn(begun.id, "q" * 10_000))
    await _until_refused(lambda: store.personas.create(card))
    await _until_refused(lambda: store.conversations.end_turn(running.id, TurnStatus.DONE, reply="r" * 30_000))
    with pytest.raises(InsufficientStorage):
        await store.ready()
    assert (await store.conversations.get(begun.id)).turns[0].question == "before"
    disk.free()
    await store.ready()
    ended = await store.conversations.end_turn(running.id, TurnStatus.DONE, reply="r" * 30_000)
    assert (await store.conversations.get_turn(ended.id)).reply == "r" * 30_000


async def test_somebody_can_make_room(tmp_path: Path) -> None:
    """On a full disk conversations, personas and videos can be deleted, and nothing of them is left."""
    with small_disk(tmp_path / "larger", mb=8) as disk:
        store = Store(_settings(disk.folder))
        await store.start()
        begun = await store.conversations.create({"name": "Ada"})
        for _ in range(20):
            await store.conversations.add_turn(begun.id, "s3cret " * 1000)
        card = await store.personas.create(Persona(name="s3cret"))
        await store.blobs.put(bytes(100_000), "videos", "v")
        disk.fill()
        await _until_refused(lambda: store.conversations.add_turn(begun.id, "s3cret " * 1000))
        await store.conversations.delete(begun.id)
        await store.personas.delete(card.id)
        assert await store.blobs.delete("videos", "v")
        await store.ready()
        assert b"s3cret" not in (disk.folder / "records.db").read_bytes() + (disk.folder / "records.db-wal").read_bytes()
        await store.conversations.create()
        await store.stop()


async def test_a_store_opens_on_a_full_disk_and_says_so(disk: SmallDisk) -> None:
    disk.fill()
    store = Store(_settings(disk.folder))
    await store.start()
    try:
        with pytest.raises(InsufficientStorage):
            await store.ready()
        with pytest.raises(InsufficientStorage):
            await store.conversations.create()
        with pytest.raises(InsufficientStorage):
            await store.blobs.put(b"x", "videos")
        disk.free()
        await store.ready()
        begun = await store.conversations.create({"name": "Ada"})
        assert (await store.conversations.get(begun.id)).persona == {"name": "Ada"}
    finally:
        await store.stop()


@pytest.mark.parametrize(("limit", "lift"), [("max_page_count=1", "max_page_count=99999"), ("query_only=ON", "query_only=OFF")])
async def test_a_database_that_may_not_grow_or_be_written(sqlite_url: str, limit: str, lift: str) -> None:
    """Where nothing can be mounted: SQLite itself says that it is full."""
    records = Records(sqlite_url)
    begun = await Conversations(records).create()

    async def pragma(setting: str) -> None:
        async with records.reading() as session:
            await session.execute(text(f"PRAGMA {setting}"))

    await pragma(limit)
    await _until_refused(lambda: Conversations(records).add_turn(begun.id, "q" * 10_000))
    await _until_refused(lambda: Personas(records).create(Persona(background=["b" * 400] * 50)))
    await pragma(lift)
    await records.check_room()
    await Conversations(records).add_turn(begun.id, "q" * 10_000)
    await records.close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_what_the_system_says(code: int) -> None:
    assert means_full(OSError(code, "no room"))
    chained = RuntimeError("while writing")
    chained.__cause__ = OSError(code, "no room")
    assert means_full(chained)


@pytest.mark.parametrize("other", [OSError(errno.ENOENT, "gone"), ValueError(), sqlite3.OperationalError("locked"), Problem("x")])
def test_what_is_something_else(other: Exception) -> None:
    assert not means_full(other)


class _ClientError(Exception):
    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


@pytest.mark.parametrize(
    ("code", "status", "is_full"),
    [("XMinioStorageFull", 507, True), ("QuotaExceeded", 403, True), ("Whatever", 507, True), ("InternalError", 500, False)],
)
def test_what_an_object_store_says(code: str, status: int, is_full: bool) -> None:
    # As s3fs raises it: errno.EIO for all that it does not know.
    error = OSError(errno.EIO, code)
    error.__cause__ = _ClientError(code, status)
    assert means_full(error) is is_full


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    return postgres_server.database()


async def test_postgresql_says_that_its_disk_is_full(postgres_url: str) -> None:
    """A trigger raises what the server raises when its disk is full (53100)."""
    records = Records(postgres_url)
    begun = await Conversations(records).create()
    raising = """CREATE FUNCTION full_disk() RETURNS trigger AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql"""
    async with records.writing() as session:
        await session.execute(text(raising))
        await session.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON turns EXECUTE FUNCTION full_disk()"))
    with pytest.raises(InsufficientStorage):
        await Conversations(records).add_turn(begun.id, "?")
    async with records.writing() as session:
        await session.execute(text("DROP TRIGGER full_disk ON turns"))
    await records.check_room()
    await Conversations(records).add_turn(begun.id, "?")
    await records.close()
