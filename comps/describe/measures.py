"""Measures of one face: how open its eyes and mouth are, where it looks, how sharp it is, whether it is all in the picture.

Landmark numbers are MediaPipe's face mesh. Head angles from six points and a generic head are 20–35° off
(reference/persona.md), so directions are ratios on the face itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.media.landmarks import Face

_NOSE, _CHIN, _FOREHEAD = 1, 152, 10
_LEFT_SIDE, _RIGHT_SIDE = 234, 454
#: Outer corner, inner corner, upper lid, lower lid.
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
#: Left corner, right corner, upper inner lip, lower inner lip.
_MOUTH = (61, 291, 13, 14)
_SHARPNESS_SIDE = 128


@dataclass(frozen=True)
class Measures:
    """``eyes``: opening over width of the eyes; ``mouth``: gap over width of the lips. ``turn``: -1 … 1, 0 looks at the viewer,
    negative to the picture's left. ``nod``: where the nose lies between eyes (0) and chin (1). ``tilt``: degrees of the
    line of the eyes. ``sharpness``: variance of the Laplacian of the face at 128 pixels. ``height``: the face's share of the
    picture's height; ``pixels``: its height in pixels. ``margin``: room around the head, 1 enough, 0 cut off."""

    eyes: float
    mouth: float
    turn: float
    nod: float
    tilt: float
    sharpness: float
    height: float
    pixels: float
    margin: float


def measure(face: Face, frame: NDArray[np.uint8]) -> Measures:
    """Measure ``face`` in ``frame`` (uint8 RGB [h, w, 3])."""
    points = face.points[:, :2].astype(np.float64)
    along, across = _axes(points)
    height = face.box[3] - face.box[1]
    return Measures(
        eyes=_eye_opening(points),
        mouth=_distance(points, _MOUTH[2], _MOUTH[3]) / _distance(points, _MOUTH[0], _MOUTH[1]),
        turn=_turn(points, along),
        nod=_nod(points, across),
        tilt=float(np.degrees(np.arctan2(along[1], along[0]))),
        sharpness=_sharpness(face, frame),
        height=height / frame.shape[0],
        pixels=height,
        margin=_margin(face, frame.shape[0], frame.shape[1]),
    )


def _axes(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along the line of the eyes, and from it down to the chin."""
    along = points[263] - points[33]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    return along, np.array([-along[1], along[0]])


def _distance(points: NDArray[np.float64], one: int, other: int) -> float:
    return max(float(np.linalg.norm(points[one] - points[other])), 1e-6)


def _eye_opening(points: NDArray[np.float64]) -> float:
    openings = [_distance(points, upper, lower) / _distance(points, outer, inner) for outer, inner, upper, lower in _EYES]
    return float(np.mean(openings))


def _turn(points: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    left, right = (float((points[_NOSE] - points[_LEFT_SIDE]) @ along), float((points[_RIGHT_SIDE] - points[_NOSE]) @ along))
    return float(np.clip((left - right) / max(left + right, 1e-6), -1.0, 1.0))


def _nod(points: NDArray[np.float64], across: NDArray[np.float64]) -> float:
    eyes = (points[33] + points[263]) / 2
    return float((points[_NOSE] - eyes) @ across) / max(float((points[_CHIN] - eyes) @ across), 1e-6)


def _sharpness(face: Face, frame: NDArray[np.uint8]) -> float:
    x0, y0, x1, y1 = (max(0, round(edge)) for edge in face.box)
    crop = frame[y0:y1, x0:x1]
    if crop.size == 0:
        return 0.0
    grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), (_SHARPNESS_SIDE, _SHARPNESS_SIDE), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _margin(face: Face, height: int, width: int) -> float:
    x0, y0, x1, y1 = face.box
    tall = max(y1 - y0, 1e-6)
    # The mesh ends at the hairline; the head goes on for about a quarter of the face above it.
    room = min(x0, y0 - 0.25 * tall, width - x1, height - y1)
    return float(np.clip(1.0 + room / (0.15 * tall), 0.0, 1.0))
