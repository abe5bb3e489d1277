"""The files of an SQLite database: their rights, their size, and whether they can grow."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path

from sqlalchemy.engine import URL

from comps.storage.private import private_file, private_folder, tighten

#: A folder of this name belongs to this program alone (``StorageSettings``): its rights are tightened. Others are the user's.
_OWN_FOLDER = "avatarchatbot"
#: What is written beside the file to find out whether there is room, bytes.
_PROBE = 64 << 10
#: What is kept for deletions, and what there must be to keep it, bytes. It holds the pages of some hundred turns.
_RESERVE, _PLENTY = 512 << 10, 4 << 20
_LOG = "-wal"
#: How long the log waits for readers and writers to be emptied, seconds.
_LOG_WAIT_S = 1.0


def of(url: URL) -> Path | None:
    """The file of an SQLite database; None for one in memory, and for other databases."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in ("", ":memory:") or name.startswith("file:"):
        return None
    return Path(name)


def make_private(file: Path) -> None:
    """Take the rights of others away, of the folder too where it is ours. SQLite gives its log and index the file's rights."""
    if not file.parent.exists() or file.parent.name == _OWN_FOLDER:
        private_folder(file.parent)
    private_file(file)
    for suffix in (_LOG, "-shm", "-journal"):
        tighten(file.with_name(file.name + suffix))


def log_size(file: Path | None) -> int:
    """Bytes of the write-ahead log."""
    try:
        return 0 if file is None else file.with_name(file.name + _LOG).stat().st_size
    except FileNotFoundError:
        return 0


def empty_log(file: Path) -> bool:
    """Copy the write-ahead log into the database and cut it to nothing; returns whether no reader or writer was in the way.

    Raises sqlite3.OperationalError.
    """
    with contextlib.closing(sqlite3.connect(file, timeout=_LOG_WAIT_S)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def lend_reserve(file: Path) -> None:
    """Give back the room that is kept for deletions, where there is no other: they need some in the log, and on a full disk
    nobody could make room.
    """
    if _room(file) < _RESERVE:
        _reserve(file).unlink(missing_ok=True)


def keep_reserve(file: Path) -> None:
    """Keep room for deletions, where there is enough of it."""
    reserve = _reserve(file)
    if not reserve.exists() and _room(file) > _PLENTY:
        with contextlib.suppress(OSError):
            private_file(reserve)
            reserve.write_bytes(os.urandom(_RESERVE))


def _reserve(file: Path) -> Path:
    return file.with_name(f".{file.name}.reserve")


def _room(file: Path) -> int:
    """Bytes that may be written beside ``file``."""
    found = os.statvfs(file.parent)
    return found.f_bavail * found.f_frsize


def write_beside(file: Path) -> None:
    """Raises OSError where there is no room beside ``file``."""
    if not file.parent.exists():
        private_folder(file.parent)
    probe = file.with_name(f".{file.name}.{os.getpid()}.{uuid.uuid4().hex}")
    try:
        private_file(probe)
        probe.write_bytes(os.urandom(_PROBE))
    finally:
        probe.unlink(missing_ok=True)
