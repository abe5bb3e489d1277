"""How a character looks in its portrait's frame: colours of hair, clothing and background, and how it is framed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comps.describe.boxes import Box
from comps.describe.colours import HAIR_NAMES, SURFACE_NAMES, difference, lab, name, names_of
from comps.describe.footage import Rgb
from comps.media.landmarks import Face

#: Pixels count as the person's, or as background, beyond these values of the mask.
_PERSON, _BACKGROUND = 0.6, 0.2
#: A region must have this many pixels, and be the person's in this share, for anything to be said of it.
_MIN_PIXELS, _MIN_SHARE = 60, 0.3
#: Hair nearer to the forehead's colour than this (``difference``) may as well be a bare head.
_UNLIKE_SKIN = 14.0
#: Two places of one head of hair differ by less than this in a* and b*.
_SAME_HUE = 14.0
#: How much the top of the head counts for the colour of hair, where the light falls; the rest is the temples, in the shade.
_TOP_WEIGHT = 0.7


@dataclass(frozen=True)
class Appearance:
    """Colour names, the main one first; empty where nothing certain can be said."""

    hair: str = ""
    clothing: list[str] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    framing: str = ""


def appearance(frame: Rgb, face: Face, person: NDArray[np.float32]) -> Appearance:
    """Colours of ``face`` and around it. ``frame``: uint8 RGB [h, w, 3], no more than the face's surroundings; ``person``:
    float32 [h, w], how much each pixel belongs to a person."""
    return Appearance(
        hair=_hair(frame, face, person),
        clothing=names_of(_clothing(frame, face, person), SURFACE_NAMES)[:2],
        background=names_of(_masked(frame, person < _BACKGROUND, _whole(frame)), SURFACE_NAMES)[:2],
    )


def _hair(frame: Rgb, face: Face, person: NDArray[np.float32]) -> str:
    """The colour of what is above the forehead and beside the temples; nothing when it may be bare skin."""
    x0, y0, x1, y1 = face.box
    wide, tall = x1 - x0, y1 - y0
    is_person = person > _PERSON
    above_box = (x0 + 0.1 * wide, y0 - 0.30 * tall, x1 - 0.1 * wide, y0 - 0.06 * tall)
    above = _masked(frame, is_person, above_box)
    skin = _masked(frame, is_person, (x0 + 0.3 * wide, y0 + 0.05 * tall, x1 - 0.3 * wide, y0 + 0.18 * tall))
    if len(above) < _MIN_PIXELS or len(above) < _MIN_SHARE * _area(above_box, frame) or not len(skin):
        return ""
    sides = [(x0 - 0.14 * wide, y0, x0, y0 + 0.3 * tall), (x1, y0, x1 + 0.14 * wide, y0 + 0.3 * tall)]
    temples = np.concatenate([_masked(frame, is_person, side) for side in sides])
    on_top, on_skin = _median(above), _median(skin)
    beside = _median(temples) if len(temples) >= _MIN_PIXELS else on_top
    if np.linalg.norm(beside[1:] - on_top[1:]) > _SAME_HUE:
        beside = on_top
    # Fair hair is like skin where light falls on it; beside the temples it is in the shade.
    if max(difference(on_top, on_skin), difference(beside, on_skin)) < _UNLIKE_SKIN:
        return ""
    return name(_TOP_WEIGHT * on_top + (1 - _TOP_WEIGHT) * beside, HAIR_NAMES)


def _median(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(np.median(lab(pixels), axis=0))


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


def framing(frame: Rgb, face: Face) -> str:
    """How much of the whole picture ``frame`` the face takes."""
    share = (face.box[3] - face.box[1]) / frame.shape[0]
    if share > 0.45:
        return "in close-up"
    return "at medium distance" if share > 0.2 else "from some distance"
