"""Owners: what is somebody's is nobody else's, and a blob goes with its last owner; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from comps.cores.common.settings import StorageSettings
from comps.cores.errors import BadInput, NotFound
from comps.cores.proto.avatar import Persona
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs, content_key
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.housekeeping import clean
from comps.storage.owned_blobs import OwnedBlobs
from comps.storage.ownership import ANONYMOUS, EVERYBODY, Kind
from comps.storage.personas import Personas
from comps.storage.records import Records
from comps.storage.schema import bring_up_to_date

pytestmark = pytest.mark.anyio

DAY = 86_400.0
PICTURE = b"a picture of somebody"
FACE = "f" * 32


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Store:
    """All that is kept, on one clock, and the animation service's part of it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.clock = Clock()
        self.records = Records(url)
        self.blobs = Blobs(str(folder / "blobs"), clock=self.clock)
        self.conversations = Conversations(self.records, clock=self.clock)
        self.personas = Personas(self.records, clock=self.clock)
        self.owned = OwnedBlobs(self.records, AsyncBlobs(self.blobs), DAY, clock=self.clock)

    def draw(self) -> None:
        """As the animation service registers an avatar: what was found in it first, the picture last."""
        self.blobs.put(b"findings", "rigs", f"{FACE}.findings")
        self.blobs.put(b"rig", "rigs", f"{FACE}.512.2")
        self.blobs.put(PICTURE, "avatars", FACE)

    def is_whole(self) -> bool:
        return self.blobs.exists("avatars", FACE) and self.blobs.exists("rigs", f"{FACE}.findings")

    async def register(
        self, owner: str, *, brought: bool = False, before_look: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """As the gateway registers an avatar (``Answering.register``)."""
        while True:
            if not self.is_whole():
                self.draw()
            is_new = await self.owned.hold_avatar(owner, FACE, brought=brought)
            if before_look is not None:
                await before_look()
                before_look = None
            if not is_new or self.is_whole():
                return

    async def video(self, owner: str, avatar_id: str = FACE) -> str:
        conversation = await self.conversations.create(owner=owner)
        turn = await self.conversations.add_turn(conversation.id, "?")
        meta: dict[str, str | float] = {"avatar_id": avatar_id, "conversation_id": conversation.id, "content_type": "video/mp4"}
        await self.owned.keep_video(owner, turn.id, b"moving " + turn.id.encode(), meta)
        return turn.id

    async def has(self, owner: str, kind: Kind, content_id: str) -> bool:
        try:
            return (await self.owned.get(owner, kind, content_id)).id == content_id
        except NotFound:
            return False

    def keys(self, kind: str) -> set[str]:
        return {*self.blobs.keys(kind)}

    async def clean(self) -> None:
        settings = StorageSettings(video_ttl_s=7 * DAY, brought_avatar_ttl_s=DAY)
        await clean(self.blobs, self.conversations, settings, self.clock(), self.owned)


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(url, tmp_path)
    yield store
    await store.records.close()


async def test_a_conversation_is_its_owners_alone(store: Store) -> None:
    begun = await store.conversations.create({"name": "Ada"}, owner="a")
    turn = await store.conversations.add_turn(begun.id, "a secret")
    calls: list[Callable[[str], Awaitable[object]]] = [
        lambda owner: store.conversations.get(begun.id, owner=owner),
        lambda owner: store.conversations.get_turn(turn.id, owner=owner),
        lambda owner: store.conversations.delete(begun.id, owner=owner),
    ]
    for call in calls:
        for stranger in ("b", ANONYMOUS, EVERYBODY):
            with pytest.raises(NotFound):
                await call(stranger)
    assert (await store.conversations.list(owner="b")).items == []
    assert [item.id for item in (await store.conversations.list(owner="a")).items] == [begun.id]
    for call in calls:
        await call("a")
    with pytest.raises(NotFound):
        await store.conversations.get(begun.id, owner="a")


async def test_a_persona_is_its_owners_alone(store: Store) -> None:
    saved = await store.personas.create(Persona(name="Ada"), owner="a")
    for stranger in ("b", ANONYMOUS, EVERYBODY):
        with pytest.raises(NotFound):
            await store.personas.get(saved.id, owner=stranger)
        with pytest.raises(NotFound):
            await store.personas.replace(saved.id, Persona(name="Eve"), owner=stranger)
        with pytest.raises(NotFound):
            await store.personas.delete(saved.id, owner=stranger)
    assert (await store.personas.list(owner="b")).items == []
    assert [item.persona.name for item in (await store.personas.list(owner="a")).items] == ["Ada"]
    await store.personas.delete(saved.id, owner="a")
    assert (await store.personas.list(owner="a")).items == []


async def test_what_was_there_before_an_owner_is_not_told_from_what_never_was(store: Store) -> None:
    begun = await store.conversations.create(owner="a")

    async def told(content_id: str) -> object:
        with pytest.raises(NotFound) as caught:
            await store.conversations.get(content_id, owner="b")
        return caught.value.document()

    for strange in ("0" * 32, "", "a\0b", "ä", "x" * 500, "'; --"):
        assert await told(begun.id) == await told(strange)


async def test_one_picture_two_owners_one_blob(store: Store) -> None:
    await store.register("a")
    await store.register("b")
    videos = {owner: await store.video(owner) for owner in "ab"}
    await store.owned.delete_avatar("a", FACE)
    assert not await store.has("a", Kind.AVATAR, FACE)
    assert not await store.has("a", Kind.VIDEO, videos["a"])
    assert await store.has("b", Kind.AVATAR, FACE)
    assert await store.has("b", Kind.VIDEO, videos["b"])
    assert store.is_whole()
    assert store.keys("videos") == {videos["b"]}
    with pytest.raises(NotFound):
        await store.owned.delete_avatar("a", FACE)
    store.blobs.put(b"loop", "loops", f"{FACE}.idle")
    store.blobs.put(b"draft", "drafts", "draft", {"portrait": content_key(PICTURE)})
    await store.owned.delete_avatar("b", FACE)
    assert {kind: store.keys(kind) for kind in ("avatars", "rigs", "loops", "drafts", "videos")} == {
        kind: set() for kind in ("avatars", "rigs", "loops", "drafts", "videos")
    }


async def test_knowing_an_id_is_not_having_it(store: Store) -> None:
    await store.register("a")
    video = await store.video("a")
    for kind, content_id in ((Kind.AVATAR, FACE), (Kind.VIDEO, video)):
        assert not await store.has("b", kind, content_id)
        assert (await store.owned.list("b", kind)).items == []
    for refused in (store.owned.use_avatar, store.owned.delete_avatar):
        with pytest.raises(NotFound):
            await refused("b", FACE)
    with pytest.raises(NotFound):
        await store.owned.delete_video("b", video)
    with pytest.raises(NotFound):
        await store.video("b")
    assert store.is_whole()
    assert store.keys("videos") == {video}


async def test_what_all_have_nobody_lists_or_deletes(store: Store) -> None:
    await store.register(EVERYBODY)
    assert await store.has("a", Kind.AVATAR, FACE)
    assert (await store.owned.list("a", Kind.AVATAR)).items == []
    with pytest.raises(NotFound):
        await store.owned.delete_avatar("a", FACE)
    video = await store.video("a")
    await store.register("a")
    await store.owned.delete_avatar("a", FACE)
    assert await store.has("b", Kind.AVATAR, FACE)
    assert not await store.has("a", Kind.VIDEO, video)
    assert store.is_whole()


async def test_a_listing_is_of_ones_own_page_by_page(store: Store) -> None:
    await store.register("a")
    await store.register("b")
    made = []
    for _ in range(5):
        store.clock.now += 1
        made.append(await store.video("a"))
        await store.video("b")
    seen, cursor = [], None
    while True:
        page = await store.owned.list("a", Kind.VIDEO, 2, cursor)
        seen += [item.id for item in page.items]
        assert page.items[0].about["bytes"] == store.blobs.size("videos", page.items[0].id)
        if (cursor := page.next_cursor) is None:
            break
    assert seen == made[::-1]
    with pytest.raises(BadInput):
        await store.owned.list("a", Kind.VIDEO, 201)


async def test_a_video_of_what_was_deleted_meanwhile_is_not_kept(store: Store) -> None:
    await store.register("a")
    conversation = await store.conversations.create(owner="a")
    turn = await store.conversations.add_turn(conversation.id, "?")
    await store.owned.delete_avatar("a", FACE)
    with pytest.raises(NotFound) as caught:
        await store.owned.keep_video("a", turn.id, b"moving", {"avatar_id": FACE})
    assert caught.value.extra["field"] == "avatar_id"
    await store.register("a")
    await store.conversations.delete(conversation.id, owner="a")
    with pytest.raises(NotFound):
        await store.owned.keep_video("a", turn.id, b"moving", {"avatar_id": FACE})
    assert store.keys("videos") == set()
    assert (await store.owned.list("a", Kind.VIDEO)).items == []


async def test_a_kept_video_goes_with_its_conversation_however_its_turn_ended(store: Store) -> None:
    await store.register("a")
    video = await store.video("a")
    turn = await store.conversations.end_turn(video, TurnStatus.CUT)
    assert await store.conversations.delete(turn.conversation_id, owner="a") == [video]


@pytest.mark.parametrize("when", ["before the row", "after the row"])
async def test_an_avatar_deleted_while_another_registers_it(store: Store, when: str) -> None:
    """B was told that the picture is known; then A, its only owner, deletes it."""
    await store.register("a")
    if when == "before the row":
        hold = store.owned.hold_avatar

        async def late(owner: str, avatar_id: str, *, brought: bool) -> bool:
            if await store.has("a", Kind.AVATAR, FACE):
                await store.owned.delete_avatar("a", FACE)
            return await hold(owner, avatar_id, brought=brought)

        store.owned.hold_avatar = late  # type: ignore[method-assign]
        await store.register("b")
    else:
        await store.register("b", before_look=lambda: store.owned.delete_avatar("a", FACE))
    assert await store.has("b", Kind.AVATAR, FACE)
    assert not await store.has("a", Kind.AVATAR, FACE)
    assert store.is_whole()


async def test_registering_and_deleting_at_once_leaves_no_row_without_its_picture(store: Store) -> None:
    async def busy(owner: str) -> None:
        for _ in range(10):
            await store.register(owner)
            await anyio.lowlevel.checkpoint()
            await store.owned.delete_avatar(owner, FACE)
        await store.register(owner)

    async with anyio.create_task_group() as tasks:
        for owner in "abc":
            tasks.start_soon(busy, owner)
    assert store.is_whole()
    for owner in "abc":
        assert await store.has(owner, Kind.AVATAR, FACE)
        await store.owned.delete_avatar(owner, FACE)
    assert store.keys("avatars") == store.keys("rigs") == set()


async def test_a_brought_avatar_goes_a_day_after_its_last_use(store: Store) -> None:
    await store.register("a", brought=True)
    store.blobs.put(b"loop", "loops", f"{FACE}.idle")
    for _ in range(3):
        store.clock.now += 0.9 * DAY
        await store.clean()
        assert store.is_whole()
        await store.owned.use_avatar("a", FACE)
    store.clock.now += 0.9 * DAY
    await store.register("a", brought=True)
    store.clock.now += 0.9 * DAY
    await store.clean()
    assert store.is_whole()
    store.clock.now += 0.2 * DAY
    await store.clean()
    assert store.keys("avatars") == store.keys("rigs") == store.keys("loops") == set()
    with pytest.raises(NotFound):
        await store.owned.use_avatar("a", FACE)


async def test_a_registered_avatar_stays_whoever_brings_it(store: Store) -> None:
    await store.register("a", brought=True)
    await store.register("a")
    await store.register("a", brought=True)
    await store.register("b", brought=True)
    store.clock.now += 100 * DAY
    await store.clean()
    assert await store.has("a", Kind.AVATAR, FACE)
    assert not await store.has("b", Kind.AVATAR, FACE)
    assert store.is_whole()


async def test_a_use_is_seldom_written_down(store: Store) -> None:
    await store.register("a", brought=True)
    store.clock.now += 60
    writes = 0
    writing = store.records.writing

    def counted() -> object:
        nonlocal writes
        writes += 1
        return writing()

    store.records.writing = counted  # type: ignore[method-assign,assignment]
    for _ in range(5):
        await store.owned.use_avatar("a", FACE)
        await store.register("a", brought=True)
    assert writes == 0
    store.clock.now += 2 * 3600
    await store.owned.use_avatar("a", FACE)
    assert writes == 1


async def test_an_avatar_that_nobody_got_goes_too_with_what_was_drawn_of_none(store: Store) -> None:
    store.draw()
    store.blobs.put(b"rig", "rigs", "gone.512.2")
    await store.clean()
    assert store.is_whole()
    assert "gone.512.2" in store.keys("rigs")
    store.clock.now += 1.1 * DAY
    await store.clean()
    assert store.keys("avatars") == store.keys("rigs") == set()


async def test_rows_go_with_their_blobs(store: Store) -> None:
    await store.register("a")
    old = await store.video("a")
    store.clock.now += 4 * DAY
    young = await store.video("a")
    store.clock.now += 4 * DAY
    await store.clean()
    assert [item.id for item in (await store.owned.list("a", Kind.VIDEO)).items] == [young]
    assert not await store.has("a", Kind.VIDEO, old)
    # Another service has made room, and a person has tidied up.
    store.blobs.delete("videos", young)
    store.blobs.delete("avatars", FACE)
    await store.clean()
    assert (await store.owned.list("a", Kind.VIDEO)).items == []
    assert (await store.owned.list("a", Kind.AVATAR)).items == []


async def test_rows_go_with_conversations_that_expire(store: Store) -> None:
    await store.conversations.create(owner="a")
    store.clock.now += 100
    await store.conversations.expire(50)
    async with store.records.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM owned WHERE kind = 'conversations'")) == 0


async def test_what_was_stored_before_there_were_owners_is_anonymous(store: Store, url: str, tmp_path: Path) -> None:
    """A database of the first schema, with something in it, and blobs."""

    def first_schema(connection: Connection) -> None:
        bring_up_to_date(connection, "0001")
        connection.execute(text("INSERT INTO conversations VALUES ('c0', 5, 6, '{\"name\": \"Ada\"}', '')"))
        connection.execute(text("INSERT INTO personas VALUES ('p0', 7, '{\"name\": \"Ivo\"}', '')"))

    (tmp_path / "data").mkdir()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(first_schema)
    await engine.dispose()
    store.draw()
    store.blobs.put(b"moving", "videos", "v0", {"avatar_id": FACE, "conversation_id": "c0", "content_type": "video/mp4"})
    await store.owned.adopt()
    assert [(item.id, item.created_at) for item in (await store.conversations.list()).items] == [("c0", 5.0)]
    assert [item.id for item in (await store.personas.list()).items] == ["p0"]
    assert [item.id for item in (await store.owned.list(ANONYMOUS, Kind.AVATAR)).items] == [FACE]
    (video,) = (await store.owned.list(ANONYMOUS, Kind.VIDEO)).items
    assert (video.id, video.avatar_id, video.about["conversation_id"]) == ("v0", FACE, "c0")
    assert (await store.conversations.list(owner="a")).items == []
    store.clock.now += 100 * DAY
    await store.owned.tidy()
    assert store.is_whole()
    # Only once: what is stored without an owner later is no one's.
    store.blobs.put(b"other", "videos", "v1")
    await store.owned.adopt()
    assert [item.id for item in (await store.owned.list(ANONYMOUS, Kind.VIDEO)).items] == ["v0"]


async def test_gateways_that_start_together_adopt_once(store: Store, url: str) -> None:
    store.draw()
    records = [Records(url) for _ in range(4)]
    async with anyio.create_task_group() as tasks:
        for each in records:
            tasks.start_soon(OwnedBlobs(each, AsyncBlobs(store.blobs), DAY).adopt)
    assert [item.id for item in (await store.owned.list(ANONYMOUS, Kind.AVATAR)).items] == [FACE]
    for each in records:
        await each.close()
