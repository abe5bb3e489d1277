"""How a face lies in its picture: how large, how tilted, how much of it is beyond the border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comps.media.landmarks.face import OVAL, Face

#: Outer corners of the eyes.
_RIGHT_EYE, _LEFT_EYE = 33, 263
#: Corners of the eyes, the tip of the nose, and the lips' outline: what has to be seen.
_FEATURES = [33, 133, 362, 263, 1, 61, 291, 0, 17, 37, 267, 84, 314]


@dataclass(frozen=True)
class Placement:
    """``height``: from hairline to chin, along the face, pixels. ``tilt``: of the line of the eyes, degrees clockwise;
    0 is upright. ``cut``: share of the face's outline beyond the border of the picture, 0 … 1. ``lacks_features``: an eye, the
    nose or the mouth reaches beyond it.
    """

    height: float
    tilt: float
    cut: float
    lacks_features: bool

    @classmethod
    def of(cls, face: Face, height: int, width: int) -> Placement:
        """Of a face in a picture of ``height`` × ``width`` pixels. The mesh goes on beyond the border, where it guesses."""
        points = face.points[:, :2].astype(np.float64)
        along = points[_LEFT_EYE] - points[_RIGHT_EYE]
        down = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        outline = points[[*OVAL]]
        seen = _area(_clipped(outline, height, width))
        features = points[_FEATURES]
        return cls(
            height=float(np.ptp(points @ down)),
            tilt=float(np.degrees(np.arctan2(along[1], along[0]))),
            cut=float(np.clip(1.0 - seen / max(_area(outline), 1e-6), 0.0, 1.0)),
            lacks_features=bool(((features < 0) | (features > [width, height])).any()),
        )


def _clipped(polygon: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """The part of a polygon ``[n, 2]`` inside the picture (Sutherland and Hodgman 1974)."""
    for axis, border, sign in ((0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)):
        kept: list[NDArray[np.float64]] = []
        for before, point in zip(np.roll(polygon, 1, axis=0), polygon, strict=True):
            inside, was_inside = (sign * (one[axis] - border) >= 0 for one in (point, before))
            if inside != was_inside:
                kept.append(before + (border - before[axis]) / (point[axis] - before[axis]) * (point - before))
            if inside:
                kept.append(point)
        polygon = np.reshape(kept, (-1, 2))
    return polygon


def _area(polygon: NDArray[np.float64]) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))
