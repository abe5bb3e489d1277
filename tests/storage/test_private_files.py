"""What is kept can be read by its owner alone, whatever the umask and whatever rights it had before."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from AvatarChatbot.store import Store
from comps.cores.common.settings import StorageSettings
from comps.storage.blobs import Blobs
from comps.storage.records import Records

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _loose(path: Path) -> list[Path]:
    """What others could read under ``path``, which they can enter."""
    if _rights(path) & 0o077 == 0:
        return []
    return [path, *(found for child in path.iterdir() for found in (_loose(child) if child.is_dir() else [child]))]


def _settings(folder: Path) -> StorageSettings:
    return StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/avatarchatbot.db")


def _all_rights(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): _rights(path) for path in [folder, *folder.rglob("*")]}


async def _fill(folder: Path) -> dict[str, int]:
    """The rights of all that a store has while it is at work."""
    store = Store(_settings(folder))
    await store.start()
    try:
        begun = await store.conversations.create({"name": "Ada"})
        await store.conversations.add_turn(begun.id, "a question")
        await store.blobs.put(b"a face", "avatars", "face")
        return _all_rights(folder)
    finally:
        await store.stop()


async def test_new_files_are_the_owners(tmp_path: Path, umask: None) -> None:
    rights = await _fill(tmp_path / "share" / "avatarchatbot")
    assert rights["blobs"] == rights["."] == 0o700
    files = {name: mode for name, mode in rights.items() if name.startswith("avatarchatbot.db")}
    assert files == dict.fromkeys(("avatarchatbot.db", "avatarchatbot.db-wal", "avatarchatbot.db-shm"), 0o600)
    assert rights["blobs/avatars/face"] == 0o600


async def test_loose_files_are_tightened_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "avatarchatbot"
    await _fill(folder)
    for path in (folder, folder / "blobs", folder / "avatarchatbot.db"):
        path.chmod(0o777)
    # A killed process leaves the log and its index.
    other = sqlite3.connect(folder / "avatarchatbot.db")
    other.execute("PRAGMA user_version = 7")
    for suffix in ("-wal", "-shm"):
        (folder / f"avatarchatbot.db{suffix}").chmod(0o666)
    rights = await _fill(folder)
    other.close()
    assert rights["."] == rights["blobs"] == 0o700
    assert {mode for name, mode in rights.items() if name.startswith("avatarchatbot.db")} == {0o600}


async def test_a_folder_of_the_users_keeps_its_rights(tmp_path: Path) -> None:
    """Of one that the database shares with other things only the database is tightened."""
    os.chmod(tmp_path, 0o755)  # noqa: PTH101
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/mine.db")
    await records.prepare()
    await records.close()
    assert (_rights(tmp_path), _rights(tmp_path / "mine.db")) == (0o755, 0o600)


def test_a_store_of_before_is_closed_to_others(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    (root / "avatars").mkdir(parents=True)
    (root / "avatars" / "face").write_bytes(b"x")
    root.chmod(0o755)
    assert _loose(root)
    Blobs(str(root))
    assert _loose(root) == []
