"""A file system of a megabyte or so, to be filled: a tmpfs, where the test may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """``fill`` takes all its room, ``free`` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave: int = 0) -> None:
        """All of its room but ``leave`` bytes."""
        with self._ballast.open("ab", buffering=0) as file:
            for block in (1 << 16, 1 << 12, 1):
                try:
                    while file.write(bytes(block)) == block:
                        pass
                except OSError:
                    continue
            file.truncate(max(0, file.tell() - leave))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, mb: int = 2) -> Iterator[SmallDisk]:
    """Mounted at ``folder`` meanwhile. Skips the test where nothing may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: something of the test may still hold a file open.
        subprocess.run(["umount", "-l", str(folder)], check=True)
