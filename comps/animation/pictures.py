"""An avatar's media as pictures: upright, without metadata, no larger than a video needs."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.avatars import Part
from comps.cores.errors import UnsupportedMedia
from comps.media import clip_windows
from comps.media.clip_windows import window
from comps.media.image import decode_image, encode_png
from comps.media.landmarks.portrait import LARGEST
from comps.media.landmarks.stretches import stretches
from comps.media.metadata import clip_without_metadata, picture_without_metadata
from comps.media.video import sniff

#: uint8 RGB [n, h, w, 3]; n is 1 for a picture.
Frames = NDArray[np.uint8]
Kind = Literal["picture", "clip"]


def bare(media: bytes) -> bytes:
    """An avatar's media upright and without metadata, as it is stored. Raises UnsupportedMedia, TooLarge."""
    kind = sniff(media)
    if kind == "image":
        return picture_without_metadata(media)
    if kind == "video":
        return clip_without_metadata(media)
    raise UnsupportedMedia("an avatar is a picture or a clip; this is neither", field="media")


def decode(media: bytes, part: Part | None = None) -> tuple[Kind, Frames]:
    """Kind and pictures of an avatar's media: of a clip those of ``part``, or of its first seconds.

    Raises UnsupportedMedia, TooLarge.
    """
    kind = sniff(media)
    if kind == "image":
        picture = _shrink(decode_image(media))
        return "picture", np.ascontiguousarray(picture[None, ..., ::-1])
    if kind == "video":
        return "clip", window(media, 0.0) if part is None else window(media, part.from_s)[part.first : part.stop]
    raise UnsupportedMedia("an avatar is a picture or a clip; this is neither", field="media")


def windows(media: bytes) -> list[float]:
    """Where in a clip a window can begin, seconds; 0 alone for a picture. Raises UnsupportedMedia, TooLarge."""
    return clip_windows.windows(media) if sniff(media) == "video" else [0.0]


def stretch(clip: bytes, from_s: float, landmarks: NDArray[np.float32]) -> Part | None:
    """The longest stretch of a window in which one face is seen; ``landmarks``: of its frames, float32 [n, 478, 3]."""
    found = stretches(window(clip, from_s), landmarks)
    if not found:
        return None
    return Part(from_s, *max(found, key=lambda one: one[1] - one[0]))


def still(clip: bytes, part: Part) -> bytes:
    """The picture in the middle of a stretch, as PNG."""
    frames = window(clip, part.from_s)
    return encode_png(np.ascontiguousarray(frames[(part.first + part.stop) // 2, ..., ::-1]))


def _shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LARGEST / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
