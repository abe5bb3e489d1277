"""How a character looks in its portrait's frame: colours of hair, clothing and background, and how it is framed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comps.describe.colours import HAIR_NAMES, SURFACE_NAMES, dominant, lab, name, names_of
from comps.describe.footage import Rgb
from comps.media.landmarks import Face

#: Pixels count as the person's, or as background, beyond these values of the mask.
_PERSON, _BACKGROUND = 0.6, 0.2
#: A region must have this many pixels, and be the person's in this share, for anything to be said of it.
_MIN_PIXELS, _MIN_SHARE = 60, 0.3
#: Hair nearer to the skin's colour than this (L*a*b* distance) may as well be a bare head: nothing is said.
_UNLIKE_SKIN = 16.0

#: Left, top, right, bottom in pixels.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Appearance:
    """Colour names, the main one first; empty where nothing certain can be said."""

    hair: str = ""
    clothing: list[str] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    framing: str = ""


def appearance(frame: Rgb, face: Face, person: NDArray[np.float32]) -> Appearance:
    """``frame`` uint8 RGB [h, w, 3]; ``person`` float32 [h, w], how much each pixel belongs to a person."""
    return Appearance(
        hair=_hair(frame, face, person),
        clothing=names_of(_clothing(frame, face, person), SURFACE_NAMES)[:2],
        background=names_of(_masked(frame, person < _BACKGROUND, _whole(frame)), SURFACE_NAMES)[:2],
        framing=_framing(frame, face),
    )


def _hair(frame: Rgb, face: Face, person: NDArray[np.float32]) -> str:
    x0, y0, x1, y1 = face.box
    wide, tall = x1 - x0, y1 - y0
    above = _masked(frame, person > _PERSON, (x0 + 0.1 * wide, y0 - 0.30 * tall, x1 - 0.1 * wide, y0 - 0.06 * tall))
    if len(above) < _MIN_PIXELS or len(above) < _MIN_SHARE * 0.8 * wide * 0.24 * tall:
        return ""
    cheeks = _masked(frame, person > _PERSON, (x0 + 0.3 * wide, y0 + 0.55 * tall, x1 - 0.3 * wide, y0 + 0.75 * tall))
    colour, _ = dominant(above)[0]
    if len(cheeks) and np.linalg.norm(np.median(lab(cheeks), axis=0) - colour) < _UNLIKE_SKIN:
        return ""
    return name(colour, HAIR_NAMES)


def _clothing(frame: Rgb, face: Face, person: NDArray[np.float32]) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = face.box
    wide, tall = x1 - x0, y1 - y0
    box = (x0 - 0.5 * wide, y1 + 0.35 * tall, x1 + 0.5 * wide, y1 + 1.2 * tall)
    pixels = _masked(frame, person > _PERSON, box)
    if len(pixels) < _MIN_PIXELS or len(pixels) < _MIN_SHARE * _area(box, frame):
        return np.empty((0, 3), np.uint8)
    return pixels


def _masked(frame: Rgb, mask: NDArray[np.bool_], box: Box) -> NDArray[np.uint8]:
    """The pixels of ``box`` that ``mask`` holds: uint8 RGB [n, 3]."""
    x0, y0, x1, y1 = (max(0, round(edge)) for edge in box)
    return frame[y0:y1, x0:x1][mask[y0:y1, x0:x1]]


def _whole(frame: Rgb) -> Box:
    return (0, 0, frame.shape[1], frame.shape[0])


def _area(box: Box, frame: Rgb) -> float:
    wide = min(box[2], frame.shape[1]) - max(box[0], 0)
    tall = min(box[3], frame.shape[0]) - max(box[1], 0)
    return float(max(0.0, wide) * max(0.0, tall))


def _framing(frame: Rgb, face: Face) -> str:
    share = (face.box[3] - face.box[1]) / frame.shape[0]
    if share > 0.45:
        return "close-up"
    return "head and shoulders" if share > 0.2 else "from further away"
