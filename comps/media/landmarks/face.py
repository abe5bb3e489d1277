"""What a landmark detector says of one face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Points of MediaPipe's face mesh with attention: 468 of the face, 5 + 5 of the irises.
POINTS = 478
#: The outline of the face from the middle of the forehead, clockwise in the picture.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip


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
