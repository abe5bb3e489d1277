"""The drawing plane: units of a 1024 × 1024 square, x to the right, y down, whatever the rendered resolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]
Points = Sequence[tuple[float, float]] | Array

#: Side of the finished picture, in units (and pixels).
SIDE = 1024
#: The vertical axis of the face.
AXIS = 512.0
#: OpenCV takes sub-pixel vertices as fixed-point numbers with this many fractional bits.
_SHIFT = 4


def single(values: ArrayLike) -> Array:
    """Anything numeric as an array of float32."""
    array: Array = np.asarray(values, np.float32)
    return array


def curve(points: Points, samples: int = 160) -> Array:
    """Catmull-Rom spline through ``points`` (n, 2), evenly sampled in its parameter: (samples, 2)."""
    p = np.asarray(points, np.float64)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    u = np.linspace(0, len(p) - 3 - 1e-6, samples)
    i = u.astype(int)
    f = (u - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    spline = 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)
    return single(spline)


def mirrored(half: Points) -> Array:
    """A closed outline from its right half, given as (offset from the face's axis, y) from top to bottom."""
    right = np.asarray(half, np.float32)
    left = right[::-1] * single([-1, 1])
    return np.vstack([right, left]) + single([AXIS, 0])


def smoothstep(low: float, high: float, x: Array) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between (Hermite). ``low`` may be the larger one."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return single(t * t * (3 - 2 * t))


@dataclass(frozen=True)
class Canvas:
    """A square plane of ``SIDE * scale`` pixels a side; ``x`` and ``y`` are the pixels' coordinates in units."""

    scale: float
    x: Array
    y: Array

    @classmethod
    def at(cls, scale: float) -> Canvas:
        side = round(SIDE * scale)
        axis = ((np.arange(side) + 0.5) / scale).astype(np.float32)
        return cls(scale, *np.meshgrid(axis, axis))

    @property
    def shape(self) -> tuple[int, int]:
        return self.x.shape[0], self.x.shape[1]

    def pixels(self, points: Points) -> NDArray[np.int32]:
        """Units to OpenCV's fixed-point pixel coordinates."""
        pixel = np.asarray(points, np.float64) * self.scale - 0.5
        return np.round(pixel * (1 << _SHIFT)).astype(np.int32)

    def fill(self, outline: Points, soften: float = 0.0) -> Array:
        """Coverage (0 … 1) of a closed outline, its edge blurred by ``soften`` units (standard deviation)."""
        return self.fill_all([outline], soften)

    def fill_all(self, outlines: Iterable[Points], soften: float = 0.0) -> Array:
        """Coverage of several closed outlines together."""
        mask = np.zeros(self.shape, np.uint8)
        for outline in outlines:
            cv2.fillPoly(mask, [self.pixels(outline)], 255, cv2.LINE_AA, _SHIFT)
        cover = single(mask) / single(255)
        return self.blur(cover, soften) if soften else cover

    def blur(self, image: Array, sigma: float) -> Array:
        """Gaussian blur, ``sigma`` in units; wide ones are made on a smaller picture."""
        pixels = sigma * self.scale
        if pixels < 0.3:
            return image
        shrink = max(1, int(pixels / 4))
        if shrink == 1:
            return np.asarray(cv2.GaussianBlur(image, (0, 0), pixels), np.float32)
        side = (max(8, image.shape[1] // shrink), max(8, image.shape[0] // shrink))
        small = cv2.GaussianBlur(cv2.resize(image, side, interpolation=cv2.INTER_AREA), (0, 0), pixels * side[0] / image.shape[1])
        return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)

    def bump(self, cx: float, cy: float, rx: float, ry: float, turn: float = 0.0) -> Array:
        """A Gaussian hill of height 1 at (``cx``, ``cy``) with radii in units, turned by ``turn`` degrees."""
        hill = np.zeros(self.shape, np.float32)
        reach = 4.5 * max(rx, ry)  # beyond it the hill is lower than 1/20,000
        rows = slice(*(max(0, round((cy + side * reach) * self.scale)) for side in (-1, 1)))
        columns = slice(*(max(0, round((cx + side * reach) * self.scale)) for side in (-1, 1)))
        c, s = single(np.cos(np.radians(turn))), single(np.sin(np.radians(turn)))
        dx, dy = self.x[rows, columns] - single(cx), self.y[rows, columns] - single(cy)
        u, v = (c * dx + s * dy) / single(rx), (c * dy - s * dx) / single(ry)
        hill[rows, columns] = np.exp(-0.5 * (u * u + v * v))
        return hill

    def bumps(self, offset: float, cy: float, rx: float, ry: float, turn: float = 0.0) -> Array:
        """Two hills, mirrored about the face's axis."""
        return self.bump(AXIS + offset, cy, rx, ry, turn) + self.bump(AXIS - offset, cy, rx, ry, -turn)

    def noise(self, seed: int, grain: float) -> Array:
        """Smooth noise with features of ``grain`` units: mean 0, standard deviation 1. The same at every scale."""
        cells = max(4, round(SIDE / grain * 2))
        field = np.random.default_rng(seed).standard_normal((cells, cells)).astype(np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 1.0)
        field /= field.std()
        return np.asarray(cv2.resize(field, self.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
