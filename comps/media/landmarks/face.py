"""What a landmark detector says of one face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Points of MediaPipe's face mesh with attention: 468 of the face, 5 + 5 of the irises.
POINTS = 478


@dataclass(frozen=True)
class Face:
    """One face in a picture.

    ``points``: float32 ``[478, 3]``, x and y in pixels of the picture, z (depth, towards the viewer is negative) in the
    same scale. ``box``: x0, y0, x1, y1 of the points, pixels. ``score``: the detector's confidence, 0 … 1.
    """

    points: NDArray[np.float32]
    box: tuple[float, float, float, float]
    score: float

    @classmethod
    def of(cls, points: NDArray[np.float32], score: float) -> Face:
        """A face from its points alone."""
        (x0, y0), (x1, y1) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return cls(points, (float(x0), float(y0), float(x1), float(y1)), score)
