"""Curves and smooth fields: splines, thin-plate splines, and the masks that are drawn with them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Pixels = NDArray[np.uint8]

_F = TypeVar("_F", Floats, Doubles)
#: Sub-pixel bits of polygon corners in ``fill``.
_FRACTION_BITS = 4


def smoothstep(x: _F) -> _F:
    """0 below 0, 1 above 1, and 3x² - 2x³ between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def spline(points: Doubles, samples: int) -> Doubles:
    """Catmull–Rom spline through ``points`` ``[n, 2]``, sampled ``[samples, 2]``."""
    return _catmull_rom(len(points), samples) @ points


@functools.lru_cache(maxsize=16)
def _catmull_rom(count: int, samples: int) -> Doubles:
    """The share of each of ``count`` points in each sample of the spline through them: ``[samples, count]``."""
    points = np.eye(count)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    at = np.linspace(0, count - 1 - 1e-6, samples)
    knot = at.astype(int)
    t = (at - knot)[:, None]
    a, b, c, d = (padded[knot + offset] for offset in range(4))
    return cast("Doubles", 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))


def pixel_grid(x0: int, y0: int, x1: int, y1: int, step: int = 1) -> Floats:
    """Centres of the ``step`` × ``step`` cells of a box: float32 ``[rows, columns, 2]``, x then y."""
    middle = (step - 1) / 2
    x, y = np.meshgrid(np.arange(x0, x1, step) + middle, np.arange(y0, y1, step) + middle)
    return np.dstack([x, y]).astype(np.float32)


def colours(picture: Pixels, points: Doubles) -> Floats:
    """The colours of ``picture`` (uint8 ``[h, w, 3]``) at points ``[n, 2]`` in its pixels; beyond it those of its border."""
    height, width = picture.shape[:2]
    x, y = np.clip(points[:, 0].astype(int), 0, width - 1), np.clip(points[:, 1].astype(int), 0, height - 1)
    return np.asarray(picture[y, x], np.float32)


def fill(shape: tuple[int, int], polygon: Doubles, blur: float = 0.0) -> Pixels:
    """Antialiased mask (uint8 ``[h, w]``, 255 inside) of a polygon ``[n, 2]`` in pixels, softened by ``blur`` pixels."""
    mask = np.zeros(shape, np.uint8)
    corners = np.round(polygon * (1 << _FRACTION_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _FRACTION_BITS)
    return cast("Pixels", cv2.GaussianBlur(mask, (0, 0), blur)) if blur > 0 else mask


@dataclass(frozen=True)
class Axes:
    """A local frame on the face: ``origin`` ``[2]`` in pixels, unit vectors ``right`` and ``down`` ``[2]``."""

    origin: Doubles
    right: Doubles
    down: Doubles

    def local(self, points: Doubles) -> Doubles:
        """Picture → local, ``[…, 2]``, pixels."""
        offset = points - self.origin
        return np.stack([offset @ self.right, offset @ self.down], -1)

    def picture(self, points: Doubles) -> Doubles:
        """Local → picture, ``[…, 2]``, pixels."""
        return self.origin + points[..., :1] * self.right + points[..., 1:] * self.down

    def at(self, origin: Doubles) -> Axes:
        """The same directions elsewhere."""
        return Axes(origin, self.right, self.down)


class ThinPlate:
    """Thin-plate spline (Bookstein 1989) that takes ``values`` ``[n, k]`` at ``centres`` ``[n, 2]``.

    ``stiffness`` relaxes interpolation towards an affine field.
    """

    def __init__(self, centres: Doubles, values: Doubles, stiffness: float = 0.05) -> None:
        n = len(centres)
        offsets = centres[:, None] - centres[None]
        system = np.zeros((n + 3, n + 3))
        system[:n, :n] = _radial((offsets**2).sum(axis=2)) + stiffness * np.eye(n)
        system[:n, n] = system[n, :n] = 1
        system[:n, n + 1 :] = centres
        system[n + 1 :, :n] = centres.T
        solution = np.linalg.solve(system, np.vstack([values, np.zeros((3, values.shape[1]))]))
        self._centres = centres.astype(np.float32)
        self._radial, self._affine = solution[:n].astype(np.float32), solution[n:]

    def __call__(self, points: Floats) -> Floats:
        """The field at ``points`` ``[…, 2]``: float32 ``[…, k]``."""
        flat = points.reshape(-1, 2)
        squared = (flat[:, :1] - self._centres[:, 0]) ** 2 + (flat[:, 1:] - self._centres[:, 1]) ** 2
        field = _radial(squared) @ self._radial + (self._affine[0] + flat @ self._affine[1:]).astype(np.float32)
        return np.asarray(field.reshape(*points.shape[:-1], -1), np.float32)


def _radial(squared: _F) -> _F:
    return np.asarray(squared * np.log(squared + 1e-6), squared.dtype)
