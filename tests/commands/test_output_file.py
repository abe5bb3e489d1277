"""Files that commands write: what failed leaves them as they were."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from AvatarChatbot.commands.output_file import opened


class _Failed(Exception):
    pass


def _write(path: Path, *pieces: bytes, fails: bool = False) -> None:
    with opened(path) as file:
        for piece in pieces:
            file.write(piece)
        if fails:
            raise _Failed
        file.keep()


def test_a_file_gets_its_content_at_the_end_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "answer.mp4"
    path.write_bytes(b"a longer one, of before")
    with opened(path) as file:
        file.write(b"new ")
        file.write(b"one")
        assert path.read_bytes() == b"a longer one, of before"
        file.keep()
    assert path.read_bytes() == b"new one"


def test_what_failed_leaves_things_as_they_were(tmp_path: Path) -> None:
    old, new = tmp_path / "old.mp4", tmp_path / "new.mp4"
    old.write_bytes(b"of before")
    for path in (old, new):
        with pytest.raises(_Failed):
            _write(path, b"half of it", fails=True)
    assert old.read_bytes() == b"of before"
    assert not new.exists()


def test_a_link_goes_on_to_point_where_it_did(tmp_path: Path) -> None:
    target, link = tmp_path / "target.mp4", tmp_path / "link.mp4"
    target.write_bytes(b"of before")
    link.symlink_to(target)
    _write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["", "no/such/folder.mp4", "x" * 300])
def test_what_cannot_be_written_is_told_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError), opened(tmp_path / name):  # noqa: PT011 # its kind is the file system's
        pytest.fail("opened")


def test_a_pipe_gets_each_piece_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    first = threading.Event()

    def reader() -> None:
        with pipe.open("rb", buffering=0) as file:
            while piece := file.read(100):
                read.append(piece)
                first.set()

    thread = threading.Thread(target=reader)
    thread.start()
    with opened(pipe) as file:
        file.write(b"first")
        assert first.wait(10)
        file.write(b"second")
        file.keep()
    thread.join(10)
    assert b"".join(read) == b"firstsecond"
    assert pipe.exists()


def test_the_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _write(Path("-"), b"\x00\x01", b"\xff")
    assert capfdbinary.readouterr().out == b"\x00\x01\xff"
