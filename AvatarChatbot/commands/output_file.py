"""Open a command's output file before the work begins, so that a wrong name fails at once."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: In place of a file's name.
STDOUT = Path("-")


class OutputFile:
    """An output file that is open; ``write`` adds to its content.

    A file on disk is changed by ``keep`` alone, all at once: what failed leaves it as it was. A pipe, a device or the standard
    output gets each piece at once.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_kept = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Raises OSError."""
        if self._is_kept:
            self._pieces.append(data)
        else:
            self._file.write(data)
            self._file.flush()

    def keep(self) -> None:
        """Store the content: it is complete. Raises OSError."""
        if self._is_kept:
            self._file.seek(0)
            self._file.writelines(self._pieces)
            self._file.truncate()
        self._file.flush()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[OutputFile]:
    """Open the file at ``path``; ``-`` is the standard output. A file that did not exist is deleted again where the block fails.

    Raises OSError where it cannot be written.
    """
    if path == STDOUT:
        yield OutputFile(sys.stdout.buffer)
        return
    is_new = not path.exists()
    # Without O_TRUNC the old content stays until ``keep``. Write-only, since a pipe has one direction.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "wb") as file:
        try:
            yield OutputFile(file)
        except BaseException:
            if is_new:
                path.unlink(missing_ok=True)
            raise
