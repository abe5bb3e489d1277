"""Cutting the square that is shown out of a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels
from comps.media import ground

_Image = TypeVar("_Image", Pixels, Floats)

#: Height of the face in the square, and how far down its middle lies.
_FACE_SHARE = 0.46
_FACE_MIDDLE = 0.46
#: The largest share of the square's side that a face takes where the picture leaves little room around it.
_CLOSEST = 0.72
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
        """Face-sized for landmarks ``[478, 2 or 3]`` in a picture, inside it: closer to the face or off its centre where needed.

        Only of a picture that is hardly larger than the face does the square show what lies beyond.
        """
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle = (low + high) / 2
        closest = float((high - low).max()) / _CLOSEST
        side = min(float(high[1] - low[1]) / _FACE_SHARE, max(float(min(height, width)), closest))
        x = _within(float(middle[0]) - side / 2, width - side)
        y = _within(float(middle[1]) - side * _FACE_MIDDLE, height - side)
        return cls(x, y, side, size)

    @property
    def scale(self) -> float:
        """Shown pixels a picture pixel."""
        return self.size / self.side

    def cut(self, image: _Image) -> _Image:
        """The square of ``image`` (any number of channels). Beyond it a picture has blurred ground; a mask goes on."""
        k = self.scale
        source: Any = image if k >= _ALIAS_SCALE else cv2.GaussianBlur(image, (0, 0), 0.35 / k)
        flags = cv2.INTER_CUBIC if k > 1 else cv2.INTER_LINEAR
        # Pixel centres lie at half coordinates: shift by half a pixel on either side.
        matrix = np.array([[k, 0, (0.5 - self.x) * k - 0.5], [0, k, (0.5 - self.y) * k - 0.5]])
        shown: Any
        if image.ndim == 3 and not self._is_inside(image.shape[0], image.shape[1]):
            shown = ground.shown(source, matrix, self.size, flags)
        else:
            shown = cv2.warpAffine(source, matrix, (self.size, self.size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return cast("_Image", shown)

    def _is_inside(self, height: int, width: int) -> bool:
        # A thousandth of a pixel: the sums above are rounded.
        return min(self.x, self.y, width - self.x - self.side, height - self.y - self.side) > -1e-3

    def place(self, points: Floats) -> Doubles:
        """Landmarks ``[n, 2 or 3]`` of the picture in the square, depth scaled alike."""
        shift = np.array([self.x, self.y, 0.0])[: points.shape[1]]
        return cast("Doubles", (points.astype(np.float64) - shift) * self.scale)

    def unplace(self, points: Doubles) -> Doubles:
        """Points ``[n, 2]`` of the square in the picture: the reverse of ``place``."""
        return points / self.scale + [self.x, self.y]


def _within(start: float, room: float) -> float:
    """``start`` moved by as little as needed so that the square lies in the picture; where ``room`` < 0, the picture in it."""
    return min(max(start, min(room, 0.0)), max(room, 0.0))
