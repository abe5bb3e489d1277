"""Cutting the square that is shown out of a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels

_Image = TypeVar("_Image", Pixels, Floats)

#: Height of the face in the square, and how far down its middle lies.
_FACE_SHARE = 0.46
_FACE_MIDDLE = 0.46
#: Below this scale the picture is blurred first, so that fine patterns do not alias.
_ALIAS_SCALE = 0.6


@dataclass(frozen=True)
class Framing:
    """The square ``[x, x + side]`` × ``[y, y + side]`` of the picture, shown at ``size`` pixels."""

    x: float
    y: float
    side: float
    size: int

    @classmethod
    def around(cls, points: Floats, height: int, width: int, size: int) -> Framing:
        """Face-sized for landmarks ``[478, 2 or 3]`` in a picture; stays inside the picture where that is large enough."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle = (low + high) / 2
        side = min(float(high[1] - low[1]) / _FACE_SHARE, float(max(height, width)))
        x, y = float(middle[0]) - side / 2, float(middle[1]) - side * _FACE_MIDDLE
        if side <= width:
            x = min(max(x, 0.0), width - side)
        if side <= height:
            y = min(max(y, 0.0), height - side)
        return cls(x, y, side, size)

    @property
    def scale(self) -> float:
        """Shown pixels a picture pixel."""
        return self.size / self.side

    def cut(self, image: _Image) -> _Image:
        """The square of ``image`` (any number of channels); beyond the picture its border goes on."""
        k = self.scale
        source = image if k >= _ALIAS_SCALE else cv2.GaussianBlur(image, (0, 0), 0.35 / k)
        # Pixel centres lie at half coordinates: shift by half a pixel on either side.
        matrix = np.array([[k, 0, (0.5 - self.x) * k - 0.5], [0, k, (0.5 - self.y) * k - 0.5]])
        flags = cv2.INTER_CUBIC if k > 1 else cv2.INTER_LINEAR
        return cast(
            "_Image", cv2.warpAffine(source, matrix, (self.size, self.size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        )

    def place(self, points: Floats) -> Doubles:
        """Landmarks ``[n, 2 or 3]`` of the picture in the square, depth scaled alike."""
        shift = np.array([self.x, self.y, 0.0])[: points.shape[1]]
        return cast("Doubles", (points.astype(np.float64) - shift) * self.scale)

    def unplace(self, points: Doubles) -> Doubles:
        """Points ``[n, 2]`` of the square in the picture: the reverse of ``place``."""
        return points / self.scale + [self.x, self.y]
