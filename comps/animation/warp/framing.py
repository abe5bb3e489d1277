"""Cutting the square that is shown out of a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels

_Image = TypeVar("_Image", Pixels, Floats)

#: Height of the face in the square, and how far down its middle lies.
_FACE_SHARE = 0.46
_FACE_MIDDLE = 0.46
#: The largest share of the square's side that a face takes where the picture leaves little room around it.
_CLOSEST = 0.72
#: Beyond the picture lies its mirror image, blurred by this share of the square's side, and worked out at this many pixels.
_GROUND_BLUR = 0.06
_GROUND_SIDE = 96
#: The picture fades into that ground over this share of the square's side.
_FADE = 0.03
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
        source = image if k >= _ALIAS_SCALE else cv2.GaussianBlur(image, (0, 0), 0.35 / k)
        flags = cv2.INTER_CUBIC if k > 1 else cv2.INTER_LINEAR
        shown = _warp(source, self._matrix(k), self.size, flags, cv2.BORDER_REPLICATE)
        height, width = image.shape[:2]
        if image.ndim == 3 and not self._is_inside(height, width):
            shown = self._on_ground(cast("Pixels", source), shown)
        return cast("_Image", shown)

    def _matrix(self, scale: float) -> Doubles:
        """From the picture to the square at ``scale``; pixel centres lie at half coordinates: hence the halves."""
        return np.array([[scale, 0, (0.5 - self.x) * scale - 0.5], [0, scale, (0.5 - self.y) * scale - 0.5]])

    def _is_inside(self, height: int, width: int) -> bool:
        # A thousandth of a pixel: the sums above are rounded.
        return min(self.x, self.y, width - self.x - self.side, height - self.y - self.side) > -1e-3

    def _on_ground(self, image: Pixels, shown: Pixels) -> Pixels:
        small = _warp(image, self._matrix(_GROUND_SIDE / self.side), _GROUND_SIDE, cv2.INTER_AREA, cv2.BORDER_REFLECT)
        blurred = cv2.GaussianBlur(small, (0, 0), _GROUND_BLUR * _GROUND_SIDE, borderType=cv2.BORDER_REPLICATE)
        ground = cv2.resize(blurred, (self.size, self.size), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        seen = np.outer(self._seen(self.y, image.shape[0]), self._seen(self.x, image.shape[1]))[..., None]
        return np.asarray(ground + (shown - ground) * seen + 0.5, np.float32).clip(0, 255).astype(np.uint8)

    def _seen(self, start: float, length: int) -> Floats:
        """How much of the picture each row or column of the square shows, 0 … 1: float32 ``[size]``.

        ``start``: of the square, in a picture of ``length``. At borders that the square does not reach there is no fading.
        """
        at = start + (np.arange(self.size) + 0.5) / self.scale
        fade = _FADE * self.side
        before = at / fade if start < 0 else np.ones(self.size)
        after = (length - at) / fade if start + self.side > length else np.ones(self.size)
        return np.minimum(before, after).clip(0, 1).astype(np.float32)

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


def _warp(image: Any, matrix: Doubles, size: int, flags: int, border: int) -> Any:
    return cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border)
