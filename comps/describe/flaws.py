"""Measures of what spoils a face's picture: blur, light, blocks of compression, and what covers mouth or eyes.

Landmark numbers are MediaPipe's face mesh, which also places the points that it cannot see: what is covered is told by the
colours around them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.media.landmarks import Face

Rgb = NDArray[np.uint8]
Floats = NDArray[np.float32]

#: The face is measured at this width, pixels: about what a video of 512 shows of it.
_SIDE = 256
_OUTLINE = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152]
_OUTLINE += [148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
#: From the mouth's corners over the chin: what a mask covers beside the lips.
_BELOW = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 430, 394, 395, 369, 396, 175, 171, 140, 170, 169, 210]
#: The middle of both cheeks, beside the nose: above most masks and beards, below most glasses.
_CHEEKS = ([50, 101, 36, 205, 187, 123], [280, 330, 266, 425, 411, 352])
#: Under the eyes: above every mask.
_UNDER_EYES = ([111, 117, 118, 119, 120, 121, 232, 231, 230, 229, 228], [340, 346, 347, 348, 349, 350, 452, 451, 450, 449, 448])
#: Upper half of the nose, from between the eyes to above its tip.
_NOSE = [168, 122, 174, 198, 5, 420, 399, 351]
#: Around the eyes with their lids, as far as glasses reach.
_EYES = ([70, 63, 105, 66, 107, 122, 100, 119, 117, 111], [300, 293, 334, 296, 336, 351, 329, 348, 346, 340])
_LIDS = (
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466],
)
#: White that a sensor clips, of 255.
_CLIPPED = 250


@dataclass(frozen=True)
class Flaws:
    """``edge``: width of the sharpest edges, as the sigma of a Gaussian blur, in widths of the face. ``bright``: the lightest
    parts of it (95th percentile of luma), 0 … 255; ``clipped``: share of it that is white. ``blocks``: how much stronger the
    edges of 8 × 8 blocks are than those between, 1 is none. ``mouth_cover``: how far the colours around the mouth are from
    those under the eyes (CIE Lab); ``lips``: how far the lips are from what is around them. ``eye_shade``: luma of the
    eyes over that of the cheeks; ``eye_detail``: contrast of the eyes, shares of the face's. ``glare``: share of the
    eyes' surroundings that is white, beyond that of the rest of the face.
    """

    edge: float
    bright: float
    clipped: float
    blocks: float
    mouth_cover: float
    lips: float
    eye_shade: float
    eye_detail: float
    glare: float


def flaws(face: Face, frame: Rgb) -> Flaws:
    """Measure ``face`` in ``frame`` (uint8 RGB [h, w, 3])."""
    crop, points = _upright(face, frame)
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    luma = lab[..., 0] * 2.55
    skin = _area(points, [_OUTLINE])
    lips, below = _area(points, [_LIPS]), _area(points, [_BELOW])
    below &= ~_area(points, [_LIPS], grow=3)
    bare = _area(points, [*_CHEEKS, _NOSE])
    around, lids = _area(points, list(_EYES)), _area(points, list(_LIDS))
    white = crop.min(axis=2) >= _CLIPPED
    rest = skin & ~around
    contrast = max(_spread(luma[skin]), 1.0)
    return Flaws(
        edge=_edge(luma, skin),
        bright=float(np.percentile(luma[skin], 95)) if skin.any() else 0.0,
        clipped=_share(white, rest),
        blocks=_blocks(face, frame),
        mouth_cover=_apart(lab, below, _area(points, list(_UNDER_EYES))),
        lips=_apart(lab, lips, below),
        eye_shade=_mean(luma, lids) / max(_mean(luma, bare), 1.0),
        eye_detail=_spread(luma[lids]) / contrast,
        glare=max(0.0, _share(white, around & ~lids) - _share(white, rest)),
    )


def _upright(face: Face, frame: Rgb) -> tuple[Rgb, Floats]:
    """The face with level eyes at ``_SIDE`` pixels from side to side, with some room, and its points there."""
    points = face.points[:, :2].astype(np.float64)
    along = points[263] - points[33]
    angle = np.arctan2(along[1], along[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    level = points @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = _SIDE / max(float(high[0] - low[0]), 1e-6)
    matrix = np.hstack([turn * scale, -scale * low[:, None]])
    size = _SIDE, max(2, min(4 * _SIDE, round(float(high[1] - low[1]) * scale)))
    source = frame if scale >= 1 else cv2.GaussianBlur(frame, (0, 0), 0.35 / scale)
    crop = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8), ((level - low) * scale).astype(np.float32)


def _area(points: Floats, outlines: list[list[int]], grow: int = 0) -> NDArray[np.bool_]:
    height = max(2, min(4 * _SIDE, round(float(points[:, 1].max()))))
    mask = np.zeros((height, _SIDE), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round(cv2.convexHull(points[outline])).astype(np.int32)], 1)
    if grow:
        mask = np.asarray(cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)), np.uint8)
    return mask.astype(bool)


def _edge(luma: Floats, skin: NDArray[np.bool_]) -> float:
    """Of a step of height c blurred with sigma s the steepest slope is c / (s √2π): the strongest slopes tell s."""
    gx, gy = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.125)
    slopes = np.hypot(gx, gy)[skin]
    if not slopes.size:
        return 1.0
    steep = float(np.percentile(slopes, 99.5))
    height = float(np.ptp(np.percentile(luma[skin], [2, 98])))
    return float(height / max(steep * np.sqrt(2 * np.pi), 1e-6) / _SIDE)


def _blocks(face: Face, frame: Rgb) -> float:
    """Of the frame's own pixels around the face; blocks of 8 × 8 begin at the frame's corner (JPEG, H.264)."""
    x0, y0, x1, y1 = (round(edge) for edge in face.box)
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = grey.shape
    x0, y0, x1, y1 = max(0, x0) // 8 * 8, max(0, y0) // 8 * 8, min(width, x1), min(height, y1)
    part = grey[y0:y1, x0:x1]
    if min(part.shape, default=0) < 32:
        return 1.0
    steps = [np.abs(np.diff(part, axis=axis)).mean(axis=1 - axis) for axis in (0, 1)]
    borders = float(np.mean([step[7::8].mean() for step in steps]))
    between = float(np.mean([np.mean([step[k::8].mean() for k in (2, 3, 4)]) for step in steps]))
    return (borders + 0.5) / (between + 0.5)


def _apart(lab: Floats, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    if not one.any() or not other.any():
        return 0.0
    return float(np.linalg.norm(np.median(lab[one], axis=0) - np.median(lab[other], axis=0)))


def _mean(luma: Floats, area: NDArray[np.bool_]) -> float:
    return float(luma[area].mean()) if area.any() else 0.0


def _spread(values: Floats) -> float:
    return float(values.std()) if values.size else 0.0


def _share(what: NDArray[np.bool_], area: NDArray[np.bool_]) -> float:
    return float(what[area].mean()) if area.any() else 0.0
