"""An avatar's media as pictures: upright, without metadata, no larger than a video needs."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import UnsupportedMedia
from comps.media.image import decode_image
from comps.media.landmarks.portrait import LARGEST
from comps.media.metadata import clip_without_metadata, picture_without_metadata
from comps.media.video import sample_clip, sniff

#: A clip moves forwards and back through its first seconds: each of its frames is a rig of 0.5 MB, in the store and in memory.
_CLIP_S = 6.0
#: Frames a second of a clip's rig, whatever the clip's own rate and the profile's.
CLIP_FPS = 25
_MAX_CLIP_SIDE = 768

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


def decode(media: bytes) -> tuple[Kind, Frames]:
    """Kind and pictures of an avatar's media. Raises UnsupportedMedia, TooLarge."""
    kind = sniff(media)
    if kind == "image":
        picture = _shrink(decode_image(media))
        return "picture", np.ascontiguousarray(picture[None, ..., ::-1])
    if kind == "video":
        return "clip", sample_clip(media, fps=CLIP_FPS, first_s=_CLIP_S, max_side=_MAX_CLIP_SIDE).frames
    raise UnsupportedMedia("an avatar is a picture or a clip; this is neither", field="media")


def _shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LARGEST / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
