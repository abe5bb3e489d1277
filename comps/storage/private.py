"""Files and folders that only their owner may read, whatever the umask."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def private_folder(folder: Path) -> None:
    """Make ``folder``, and what is missing above it, for the owner alone; one that is there is tightened."""
    if not folder.parent.exists():
        private_folder(folder.parent)
    try:
        folder.mkdir(_FOLDER)
    except FileExistsError:
        tighten(folder)
    else:
        folder.chmod(_FOLDER)


def private_file(path: Path) -> None:
    """Make an empty file for the owner alone; one that is there keeps its content and is tightened."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE)
    except FileExistsError:
        tighten(path)
    else:
        os.fchmod(descriptor, _FILE)
        os.close(descriptor)


def tighten(path: Path) -> None:
    """Take the rights of group and others away. Somebody else's file, and what is gone, are left alone."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        wanted = mode & (_FOLDER if stat.S_ISDIR(mode) else _FILE)
        if stat.S_IMODE(mode) != wanted:
            path.chmod(wanted)
