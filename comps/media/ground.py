"""Showing a part of a picture that may reach beyond it: there lies blurred ground, no stretched border."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

#: Beyond the picture lies its mirror image, blurred by this share of what is shown, and worked out at this many pixels a side.
_BLUR = 0.06
_SIDE = 96
#: The picture fades into that ground over this share of what is shown.
_FADE = 0.03


def shown(image: Picture, matrix: NDArray[np.float64], size: int, flags: int) -> Picture:
    """``image`` (uint8 [h, w, 3]) mapped by ``matrix`` [2, 3], pixel centres at whole coordinates: uint8 [size, size, 3]."""
    seen = _warp(np.full(image.shape[:2], 255, np.uint8), matrix, size, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT)
    picture = cast("Picture", _warp(image, matrix, size, flags, cv2.BORDER_REPLICATE))
    if seen.all():
        return picture
    # A zero beyond the border of the square would be nearer than the picture's: distances count from its own borders alone.
    amount = np.clip((cv2.distanceTransform(seen, cv2.DIST_L2, 5) - 0.5) / (_FADE * size), 0, 1)[..., None]
    ground = _ground(image, matrix, size)
    return np.asarray(ground + (picture - ground) * amount + 0.5, np.float32).clip(0, 255).astype(np.uint8)


def _ground(image: Picture, matrix: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    scale = _SIDE / size
    smaller = matrix * scale
    # Pixel centres lie at half coordinates when sizes change.
    smaller[:, 2] += 0.5 * scale - 0.5
    small = _warp(image, smaller, _SIDE, cv2.INTER_AREA, cv2.BORDER_REFLECT)
    blurred = cv2.GaussianBlur(small, (0, 0), _BLUR * _SIDE, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _warp(image: Any, matrix: NDArray[np.float64], size: int, flags: int, border: int) -> Any:
    return cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border)
