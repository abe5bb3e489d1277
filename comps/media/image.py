"""Pictures: from untrusted bytes to pixels, with limits, and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.media import heif
from comps.media.image_header import BadHeader, read_header

#: What shows through transparent parts: light grey, neither the white of paper nor the black of a hole.
_BACKGROUND = 224

#: A picture: uint8 [height, width, 3], blue, green, red.
Picture = NDArray[np.uint8]


#: A JPEG may have this many times the pixels that are accepted of others: it is decoded at 1/2 or 1/4, as if it were smaller.
_SCALED = 6.4
_REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
#: A HEIC may have this many times as many: phones' 48 million. It is decoded whole, and halved.
_HALVED = 1.25


def decode_image(data: bytes, *, max_pixels: int = 40_000_000) -> Picture:
    """Decode a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF → uint8 BGR [h, w, 3], upright.

    Of an animation or a sequence it is the first picture. Transparency is laid over light grey; greyscale, palette, CMYK, 10 and
    16 bit become 8-bit BGR. The size is read from the header first; JPEG and HEIC with more than ``max_pixels`` are made
    smaller. Raises TooLarge, UnsupportedMedia for anything that is not a whole image.
    """
    try:
        header = read_header(data)
    except BadHeader as error:
        raise UnsupportedMedia(f"the picture {error}", field="media") from None
    most = int(max_pixels * (_SCALED if header.is_scalable else _HALVED if header.format == "heic" else 1))
    if header.pixels > most:
        told = f"the picture has {header.width}×{header.height} pixels; at most {most / 1e6:g} million are accepted"
        raise TooLarge(told, field="media")
    if header.format == "heic":
        return _heic(data, max_pixels)
    scale = next(scale for scale in (1, 2, 4, 8) if header.pixels / scale**2 <= max_pixels)
    flags = cv2.IMREAD_UNCHANGED if scale == 1 else _REDUCED[scale] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        raw = None
    if raw is None:
        raise UnsupportedMedia("the picture cannot be decoded", field="media")
    return np.ascontiguousarray(_upright(_opaque(_eight_bit(raw)), header.orientation))


def _heic(data: bytes, max_pixels: int) -> Picture:
    picture = _opaque(heif.decode(data))
    if picture.shape[0] * picture.shape[1] > max_pixels:
        picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(picture)


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
    raise UnsupportedMedia(f"the picture's samples are of an unsupported kind ({raw.dtype})", field="media")


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
