"""Pictures: from untrusted bytes to pixels, with limits, and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.media.image_header import BadHeader, read_header

#: What shows through transparent parts: light grey, neither the white of paper nor the black of a hole.
_BACKGROUND = 224

#: A picture: uint8 [height, width, 3], blue, green, red.
Picture = NDArray[np.uint8]


def decode_image(data: bytes, *, max_pixels: int = 40_000_000) -> Picture:
    """Decode a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF (the first frame of an animation) → uint8 BGR [h, w, 3], upright.

    Transparency is laid over light grey; greyscale, palette, CMYK and 16 bit become 8-bit BGR. The size is read from the
    header first. Raises TooLarge for more than ``max_pixels``, UnsupportedMedia for anything that is not a whole image.
    """
    try:
        header = read_header(data)
    except BadHeader as error:
        raise UnsupportedMedia(f"the picture {error}") from None
    if header.pixels > max_pixels:
        raise TooLarge(
            f"the picture has {header.width}×{header.height} pixels; at most {max_pixels / 1e6:g} million are accepted"
        )
    try:
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        raw = None
    if raw is None:
        raise UnsupportedMedia("the picture cannot be decoded")
    return np.ascontiguousarray(_upright(_opaque(_eight_bit(raw)), header.orientation))


def encode_png(picture: Picture) -> bytes:
    """uint8 BGR [h, w, 3] → PNG."""
    return _encode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def encode_jpeg(picture: Picture, *, quality: int = 90) -> bytes:
    """uint8 BGR [h, w, 3] → JPEG; ``quality`` 1 … 100."""
    return _encode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])


def _encode(suffix: str, picture: Picture, options: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, picture, options)
    if not done:
        raise ValueError(f"cannot encode a picture of shape {picture.shape}")
    return bytes(encoded)


def _eight_bit(raw: NDArray[Any]) -> Picture:
    """Any depth → uint8; floats (some TIFFs) are taken as 0 … 1."""
    if raw.dtype == np.uint8:
        return raw
    if raw.dtype == np.uint16:
        return np.asarray(raw >> 8, np.uint8)
    if np.issubdtype(raw.dtype, np.floating):
        return np.asarray(np.nan_to_num(np.clip(raw, 0.0, 1.0)) * 255, np.uint8)
    raise UnsupportedMedia(f"the picture's samples are of an unsupported kind ({raw.dtype})")


def _opaque(raw: Picture) -> Picture:
    """[h, w] or [h, w, 1 … 4] → [h, w, 3]; alpha laid over the background."""
    if raw.ndim == 2 or raw.shape[2] == 1:
        return np.asarray(cv2.cvtColor(raw, cv2.COLOR_GRAY2BGR), np.uint8)
    if raw.shape[2] == 3:
        return raw
    if raw.shape[2] == 2:
        raw = np.dstack((raw[..., :1],) * 3 + (raw[..., 1:],))
    alpha = raw[..., 3:].astype(np.uint16)
    mixed = raw[..., :3] * alpha + _BACKGROUND * (255 - alpha)
    return np.asarray((mixed + 127) // 255, np.uint8)


def _upright(picture: Picture, orientation: int) -> Picture:
    """Undo EXIF orientation (CIPA DC-008 §4.6.4 A): 2–4 mirror and turn, 5–8 also swap rows and columns."""
    if orientation >= 5:
        picture = picture.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return picture
