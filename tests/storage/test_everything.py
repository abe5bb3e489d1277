"""All that one owner has, counted and deleted; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from comps.cores.errors import InsufficientStorage, NotFound, Unfinished
from comps.cores.proto.avatar import Persona
from comps.storage.everything import Belongings, Everything
from comps.storage.ownership import EVERYBODY, Kind
from tests.storage.test_ownership import FACE, Store

pytestmark = pytest.mark.anyio

NOTHING = Belongings(conversations=0, personas=0, avatars=0, videos=0)


class Seconds:
    """A clock that goes on by ``step`` whenever it is looked at."""

    now, step = 0.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(url, tmp_path)
    yield store
    await store.records.close()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def everything(store: Store, seconds: Seconds) -> Everything:
    return Everything(store.conversations, store.personas, store.owned, clock=seconds)


async def _fill(store: Store, owner: str, conversations: int = 3) -> str:
    await store.register(owner)
    for _ in range(conversations - 1):
        await store.conversations.add_turn((await store.conversations.create(owner=owner)).id, "?")
    await store.personas.create(Persona(name="Ada"), owner=owner)
    return await store.video(owner)


async def test_all_of_an_owners_goes_and_nothing_of_anothers(store: Store, everything: Everything) -> None:
    await store.register(EVERYBODY)
    for owner in "ab":
        await _fill(store, owner, 250)
    shown = await store.video("b")
    had = Belongings(conversations=250, personas=1, avatars=1, videos=1)
    others = Belongings(conversations=251, personas=1, avatars=1, videos=2)
    assert (await everything.count("a"), await everything.count("b")) == (had, others)
    assert await everything.delete("a", 60) == had
    assert (await everything.count("a"), await everything.count("b")) == (NOTHING, others)
    assert await everything.delete("a", 60) == NOTHING
    assert shown in store.keys("videos")
    assert len(store.keys("videos")) == 2
    assert store.is_whole()
    assert await store.has(EVERYBODY, Kind.AVATAR, FACE)
    assert await everything.delete("b", 60) == others
    assert store.keys("videos") == set()


async def test_a_turn_under_way_is_not_kept(store: Store, everything: Everything) -> None:
    await store.register("a")
    turn = await store.conversations.add_turn((await store.conversations.create(owner="a")).id, "?")
    await everything.delete("a", 60)
    with pytest.raises(NotFound):
        await store.owned.keep_video("a", turn.id, b"moving", {"avatar_id": FACE})
    assert await everything.count("a") == NOTHING
    assert store.keys("videos") == store.keys("avatars") == set()


async def test_what_takes_longer_than_a_request_is_told_and_goes_on_with_the_next(
    store: Store, everything: Everything, seconds: Seconds
) -> None:
    await _fill(store, "a", 150)
    seconds.step = 1.0
    with pytest.raises(Unfinished) as caught:
        await everything.delete("a", 0.5)
    told = caught.value.document()
    assert told["left"] == {"conversations": 50, "personas": 1, "avatars": 1, "videos": 1}
    assert told["deleted"] == {"conversations": 100, "personas": 0, "avatars": 0, "videos": 0}
    assert (told["status"], told["retry_after"], "cause" in told) == (503, 1, False)
    await everything.delete("a", 60)
    assert await everything.count("a") == NOTHING


async def test_what_cannot_be_deleted_is_told_and_does_not_keep_the_rest(
    store: Store, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(store, "a")

    async def full(*_: Any) -> None:
        raise InsufficientStorage("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store.conversations, "delete_some", full)
        with pytest.raises(Unfinished) as caught:
            await everything.delete("a", 60)
    told = caught.value.document()
    assert told["cause"] == "insufficient_storage"
    assert told["left"] == {"conversations": 3, "personas": 0, "avatars": 0, "videos": 0}
    await everything.delete("a", 60)
    assert await everything.count("a") == NOTHING
