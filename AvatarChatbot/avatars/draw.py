"""Draw the project's own avatars: ``python -m AvatarChatbot.avatars.draw [name …]`` writes ``<name>.png`` beside this file."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from AvatarChatbot.avatars import FOLDER
from AvatarChatbot.avatars.studio.characters import CHARACTERS
from AvatarChatbot.avatars.studio.portrait import paint

#: zlib's level: the pictures are made once and shipped in every wheel.
_COMPRESSION = 9


def write(name: str, folder: Path = FOLDER) -> Path:
    """Draw one character into ``folder``. Raises ``KeyError`` for a character that does not exist."""
    picture = paint(CHARACTERS[name])
    target = folder / f"{name}.png"
    if not cv2.imwrite(str(target), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]):
        raise OSError(f"{target} cannot be written")
    return target


def main(wanted: list[str]) -> None:
    """Draw the named characters, or all."""
    cv2.setNumThreads(1)
    for name in wanted or CHARACTERS:
        print(write(name))


if __name__ == "__main__":
    main(sys.argv[1:])
