"""A picture that somebody brings: none of the program's own, which all have from the start."""

from __future__ import annotations

import cv2

from AvatarChatbot import avatars


def picture(name: str) -> bytes:
    """A character in a mirror, as PNG."""
    encoded, data = cv2.imencode(".png", cv2.flip(cv2.imread(str(avatars.path(name))), 1))
    assert encoded
    return data.tobytes()
