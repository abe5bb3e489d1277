"""Blobs: content addressing, atomic writes, names, two very different stores."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.errors import BadInput, InsufficientStorage, NotFound, TooLarge
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs


@pytest.fixture(params=["folder", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    match request.param:
        case "folder":
            return Blobs(str(tmp_path / "blobs"))
        case "memory":
            return Blobs(f"memory://{uuid.uuid4().hex}/blobs")
    bucket = request.getfixturevalue("s3_bucket")
    return Blobs(f"s3://{bucket}/{uuid.uuid4().hex}")


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_a_blob_comes_back_with_its_metadata(blobs: Blobs) -> None:
    key = blobs.put(b"moving pictures", "videos", meta={"avatar_id": "a1", "seconds": 2.5})
    assert key == hashlib.sha256(b"moving pictures").hexdigest()
    assert blobs.get("videos", key) == b"moving pictures"
    assert blobs.get("videos", key, 7, 10) == b"pic"
    assert blobs.size("videos", key) == 15
    assert blobs.meta("videos", key) == {"avatar_id": "a1", "seconds": 2.5}
    assert blobs.exists("videos", key)
    with blobs.open("videos", key) as file:
        file.seek(7)
        assert file.read() == b"pictures"
    assert [(blob.key, blob.size) for blob in blobs.list("videos")] == [(key, 15)]


def test_a_deleted_blob_is_gone(blobs: Blobs) -> None:
    key = blobs.put(b"x", "avatars")
    assert blobs.delete("avatars", key)
    assert not blobs.delete("avatars", key)
    assert not blobs.exists("avatars", key)
    assert [*blobs.list("avatars")] == []
    for read in (blobs.get, blobs.open, blobs.size, blobs.meta, blobs.info):
        with pytest.raises(NotFound):
            read("avatars", key)


def test_kinds_do_not_mix(blobs: Blobs) -> None:
    blobs.put(b"1", "avatars", "k")
    blobs.put(b"22", "rigs", "k")
    assert set(blobs.kinds()) == {"avatars", "rigs"}
    assert blobs.get("avatars", "k") == b"1"
    blobs.delete("rigs", "k")
    assert blobs.exists("avatars", "k")


def test_a_key_takes_new_content_whole(blobs: Blobs) -> None:
    blobs.put(b"a longer first version", "rigs", "a.512", {"version": "1"})
    blobs.put(b"second", "rigs", "a.512", {"version": "2"})
    assert blobs.get("rigs", "a.512") == b"second"
    assert blobs.meta("rigs", "a.512") == {"version": "2"}


def test_the_same_content_twice_is_written_once(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    key = blobs.put(b"same", "avatars", meta={"name": "a"})
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in _files(tmp_path)}
    assert blobs.put(b"same", "avatars", meta={"name": "a"}) == key
    assert blobs.put(b"same", "avatars") == key
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in _files(tmp_path)} == before
    blobs.put(b"same", "avatars", meta={"name": "b"})
    assert blobs.meta("avatars", key) == {"name": "b"}


TRICKS = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc/passwd",
    ".hidden",
    "a\\b",
    "a\0b",
    "a b",
    "ä",
    "x" * 129,
    "a\n",
    "-/../..",
    "C:x",
    "%2e%2e",
]


@pytest.mark.parametrize("name", TRICKS)
def test_names_that_are_no_names_are_refused(blobs: Blobs, name: str) -> None:
    for call in (blobs.get, blobs.open, blobs.size, blobs.meta, blobs.exists, blobs.delete):
        with pytest.raises(BadInput):
            call("videos", name)
        with pytest.raises(BadInput):
            call(name, "key")
    with pytest.raises(BadInput):
        blobs.put(b"", "videos", name)
    with pytest.raises(BadInput):
        blobs.put(b"", name, "key")
    with pytest.raises(BadInput):
        list(blobs.list(name))


@given(key=st.text(max_size=20))
def test_no_key_leaves_the_store(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    with contextlib.suppress(BadInput):
        Blobs(str(outside / "store")).put(b"x", "videos", key)
    assert all(path.is_relative_to(outside / "store") for path in _files(outside))


def test_a_blob_larger_than_the_quota_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        Blobs(str(tmp_path), quota_bytes=9).put(b"0123456789", "videos")
    assert _files(tmp_path) == []


def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for url in ("~/store", "file://~/store"):
        key = Blobs(url).put(b"x", "avatars")
        assert (tmp_path / "store" / "avatars" / key).read_bytes() == b"x"


def test_concurrent_puts_of_one_key_leave_one_whole_blob(tmp_path: Path) -> None:
    versions = [bytes([n]) * (200_000 + n) for n in range(8)]

    def write(n: int) -> None:
        for _ in range(10):
            Blobs(str(tmp_path)).put(versions[n], "rigs", "shared")

    def read(_: int) -> None:
        for _ in range(40):
            with contextlib.suppress(NotFound):
                assert Blobs(str(tmp_path)).get("rigs", "shared") in versions

    with ThreadPoolExecutor(12) as pool:
        jobs = [*(pool.submit(write, n) for n in range(8)), *(pool.submit(read, n) for n in range(4))]
    for job in jobs:
        job.result()
    assert [path.name for path in _files(tmp_path)] == ["shared.json", "shared"]


_WRITER = """
import sys
from comps.storage.blobs import Blobs
blobs = Blobs(sys.argv[1])
blobs._move = lambda source, target: (print("in the middle", flush=True), sys.stdin.read())
blobs.put(b"half a video" * 1000, "videos", "k")
"""


def test_a_writer_killed_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """Killed between the temporary file and its rename: no blob is seen, and the next start sweeps the file away."""
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"in the middle\n"
    assert len(_files(tmp_path / ".tmp")) == 1
    Blobs(str(tmp_path))
    assert len(_files(tmp_path / ".tmp")) == 1, "the file of a living writer is not swept"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    blobs = Blobs(str(tmp_path))
    assert not blobs.exists("videos", "k")
    assert [*blobs.list("videos")] == []
    assert _files(tmp_path) == []


def test_a_writer_killed_while_replacing_leaves_the_old_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after each of its writes in turn; whatever was left, the next put of the same content mends it."""
    for survived in (0, 1):
        blobs = Blobs(str(tmp_path / str(survived)))
        blobs.put(b"old", "rigs", "k", {"version": 1.0})
        left = [survived]
        move = blobs._move

        def dying(source: str, target: str, left: list[int] = left, move: Callable[[str, str], None] = move) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            move(source, target)

        monkeypatch.setattr(blobs, "_move", dying)
        with pytest.raises(KeyboardInterrupt):
            blobs.put(b"newer", "rigs", "k", {"version": 2.0})
        again = Blobs(str(tmp_path / str(survived)))
        assert again.get("rigs", "k") == (b"newer" if survived else b"old")
        assert again.meta("rigs", "k") == {"version": 1.0}
        again.put(b"newer", "rigs", "k", {"version": 2.0})
        assert again.get("rigs", "k") == b"newer"
        assert again.info("rigs", "k").sha256 == hashlib.sha256(b"newer").hexdigest()
        assert again.meta("rigs", "k") == {"version": 2.0}


def test_files_of_others_in_the_folder_do_no_harm(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    (tmp_path / "README").write_text("not a kind")
    blobs.put(b"x", "videos", "k")
    (tmp_path / "videos" / "folder").mkdir()
    (tmp_path / "videos" / ".DS_Store").write_text("not a blob")
    assert [(kind, blob.key) for kind in blobs.kinds() for blob in blobs.list(kind)] == [("videos", "k")]


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InsufficientStorage):
        Blobs(str(tmp_path)).put(b"x" * 1000, "videos", "k")
    assert _files(tmp_path) == []


def test_a_blob_without_its_metadata_still_serves(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(b"x", "videos", "k", {"a": "b"})
    (tmp_path / ".meta" / "videos" / "k.json").unlink()
    (blob,) = blobs.list("videos")
    assert blob.meta == {}
    assert blob.created_at > 1.6e9
    blobs.put(b"x", "videos", "k", {"a": "b"})
    assert blobs.meta("videos", "k") == {"a": "b"}


@pytest.mark.anyio
async def test_the_async_store_is_the_same_store(blobs: Blobs) -> None:
    store = AsyncBlobs(blobs)
    key = await store.put(b"abc", "avatars", meta={"kind": "picture"})
    assert await store.get("avatars", key, 1) == b"bc"
    assert await store.size("avatars", key) == 3
    assert await store.meta("avatars", key) == {"kind": "picture"}
    assert (await store.info("avatars", key)).size == 3
    assert [blob.key for blob in await store.list("avatars")] == [key]
    with await store.open("avatars", key) as file:
        assert file.read() == b"abc"
    assert await store.delete("avatars", key)
    assert not await store.exists("avatars", key)
