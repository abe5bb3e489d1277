"""Time to live, quota, and what goes with an avatar; on a clock that the test turns."""

from __future__ import annotations

import hashlib
from pathlib import Path

import anyio
import pytest

from comps.cores.common.settings import StorageSettings
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations
from comps.storage.housekeeping import keep_clean
from comps.storage.records import Records
from comps.storage.retention import RetentionPolicy, apply_retention, delete_avatar


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def blobs(tmp_path: Path, clock: Clock) -> Blobs:
    return Blobs(str(tmp_path), clock=clock)


def _keys(blobs: Blobs, kind: str) -> set[str]:
    return {blob.key for blob in blobs.list(kind)}


def test_videos_go_after_their_time_and_avatars_stay(blobs: Blobs, clock: Clock) -> None:
    blobs.put(b"a", "avatars", "face")
    blobs.put(b"1", "videos", "old")
    clock.now += 60
    blobs.put(b"2", "videos", "young")
    policy = RetentionPolicy(ttl_s={"videos": 100})
    clock.now += 40
    assert apply_retention(blobs, policy, clock.now) == []
    clock.now += 1
    assert apply_retention(blobs, policy, clock.now) == [("videos", "old")]
    assert _keys(blobs, "videos") == {"young"}
    assert _keys(blobs, "avatars") == {"face"}


def test_the_oldest_videos_make_room(blobs: Blobs, clock: Clock) -> None:
    blobs.put(bytes(50), "avatars", "face")
    for name in ("third", "first", "second"):
        blobs.put(bytes(30), "videos", name)
        clock.now += 1
    # 140 bytes: two videos must go, the two oldest, whatever their names.
    assert apply_retention(blobs, RetentionPolicy(quota_bytes=110), clock.now) == [("videos", "third")]
    assert apply_retention(blobs, RetentionPolicy(quota_bytes=109), clock.now) == [("videos", "first")]
    assert _keys(blobs, "videos") == {"second"}
    assert apply_retention(blobs, RetentionPolicy(quota_bytes=10), clock.now) == [("videos", "second")]
    assert _keys(blobs, "avatars") == {"face"}


def test_a_deleted_avatar_takes_its_rigs_and_videos(blobs: Blobs) -> None:
    for avatar in ("abc", "abcd"):
        blobs.put(b"p", "avatars", avatar)
        blobs.put(b"r" + avatar.encode(), "rigs", f"{avatar}.512")
        blobs.put(b"v" + avatar.encode(), "videos", f"v-{avatar}", {"avatar_id": avatar})
    picture = hashlib.sha256(b"p").hexdigest()
    blobs.put(b"1", "drafts", "of-it", {"media": picture, "portrait": "x"})
    blobs.put(b"2", "drafts", "with-it", {"media": "x", "portrait": picture})
    blobs.put(b"3", "drafts", "of-another", {"media": "x", "portrait": "y"})
    assert delete_avatar(blobs, "abc")
    assert _keys(blobs, "drafts") == {"of-another"}
    assert _keys(blobs, "avatars") == {"abcd"}
    assert _keys(blobs, "rigs") == {"abcd.512"}
    assert _keys(blobs, "videos") == {"v-abcd"}
    assert not delete_avatar(blobs, "abc")


def test_the_policy_follows_the_settings() -> None:
    policy = RetentionPolicy.of(StorageSettings(video_ttl_s=5, quota_mb=1.5))
    assert policy.ttl_s["videos"] == 5
    assert policy.quota_bytes == 3 * 2**19


@pytest.mark.anyio
async def test_the_owner_task_cleans_again_and_again(blobs: Blobs, clock: Clock, tmp_path: Path) -> None:
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/db.sqlite")
    conversations = Conversations(records, clock=clock)
    settings = StorageSettings(video_ttl_s=100, conversation_ttl_s=250, quota_mb=1)
    await conversations.create()
    blobs.put(b"1", "videos", "v")
    held: list[tuple[set[str], int]] = []

    async def sleep(_: float) -> None:
        held.append((_keys(blobs, "videos"), len((await conversations.list()).items)))
        if len(held) == 4:
            scope.cancel()
            await anyio.lowlevel.checkpoint()
        clock.now += 100.5

    with anyio.CancelScope() as scope:
        await keep_clean(blobs, conversations, settings, clock=clock, sleep=sleep)
    await records.close()
    assert held == [({"v"}, 1), (set(), 1), (set(), 1), (set(), 0)]
