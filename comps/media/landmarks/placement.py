"""How a face lies in its picture: how large, how tilted, how much of it is beyond the border."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from comps.media.landmarks.face import Face

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
        hull = cv2.convexHull(np.ascontiguousarray(face.points[:, :2]))
        picture = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        seen = float(cv2.intersectConvexConvex(hull, picture)[0])
        features = points[_FEATURES]
        return cls(
            height=float(np.ptp(points @ down)),
            tilt=float(np.degrees(np.arctan2(along[1], along[0]))),
            cut=float(np.clip(1.0 - seen / max(float(cv2.contourArea(hull)), 1e-6), 0.0, 1.0)),
            lacks_features=bool(((features < 0) | (features > [width, height])).any()),
        )
