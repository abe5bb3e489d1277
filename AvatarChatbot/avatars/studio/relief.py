"""Shapes as reliefs: a height over the picture plane (units, towards the viewer), its normals, its shadows."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from AvatarChatbot.avatars.studio.canvas import Array, Canvas, single

#: The height of what lies behind everything, in units.
BACKDROP = -200.0
#: Side of the grid on which outlines are inflated: 2 units a cell, refined from coarser grids.
_GRIDS = (64, 128, 256, 512)
#: Jacobi sweeps on each grid; the coarse grids carry the long wavelengths.
_SWEEPS = 60
#: The neighbourhood of a cell.
_EDGE = np.ones((3, 3), np.uint8)


def inflate(canvas: Canvas, cover: Array, depth: float, roundness: float = 0.5) -> Array:
    """Blow an outline up like a balloon, ``depth`` high: Poisson's equation inside it, raised to ``roundness``.

    ``roundness`` 0.5 gives an ellipsoid from an ellipse; 1 gives a tent with soft edges.
    """
    fine = (_GRIDS[-1], _GRIDS[-1])
    # the steep rim lies just outside the outline, where it is not seen
    grown = cv2.dilate(cv2.resize(cover, fine, interpolation=cv2.INTER_AREA), _EDGE, iterations=2)
    u = np.zeros((_GRIDS[0], _GRIDS[0]), np.float32)
    for side in _GRIDS:
        u = cv2.resize(u, (side, side), interpolation=cv2.INTER_LINEAR)
        inside = cv2.resize(grown, (side, side), interpolation=cv2.INTER_AREA)
        source = single(4.0 * (_GRIDS[0] / side) ** 2)
        for _ in range(_SWEEPS):
            u = (cv2.blur(u, (3, 3)) + source) * inside
    balloon = np.asarray(cv2.GaussianBlur(u, (0, 0), 0.8), np.float32)
    balloon = np.maximum(balloon / max(float(balloon.max()), 1e-6), 0) ** roundness * depth
    wide = cv2.resize(balloon, canvas.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return canvas.blur(np.maximum(wide, 0), 1.5)


def normals(canvas: Canvas, height: Array) -> Array:
    """Unit normals (h, w, 3) of a relief: x right, y down, z towards the viewer."""
    k = single(canvas.scale / 8)  # Sobel's weights sum to 8
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, borderType=cv2.BORDER_REPLICATE) * k
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, borderType=cv2.BORDER_REPLICATE) * k
    return unit(np.dstack([-dx, -dy, np.ones_like(dx)]))


def unit(vectors: Array) -> Array:
    """Vectors along the last axis, scaled to length 1."""
    length = np.sqrt((vectors * vectors).sum(-1, keepdims=True)) + 1e-6
    return np.asarray(vectors / length, np.float32)


def _shrunk(canvas: Canvas, image: Array) -> tuple[Array, float]:
    """The picture at 512 × 512 or less, and the units a pixel of it covers."""
    side = min(512, canvas.shape[0])
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.float32), 1024 / side


def _silhouette(z: Array) -> NDArray[np.bool_]:
    """Cells next to the backdrop: half-covered, they lie half-way to it in height, and must not darken the edge for that."""
    beyond = (z < 0.75 * BACKDROP).astype(np.uint8)
    return np.asarray(cv2.dilate(beyond, _EDGE, iterations=2), np.bool_)


def cast_shadow(
    canvas: Canvas, height: Array, light: tuple[float, float, float], reach: float = 150, penumbra: float = 0.35
) -> Array:
    """How much of a directional light is kept from each point by the relief itself: 0 (lit) … 1 (in shadow)."""
    z, unit_px = _shrunk(canvas, height)
    lx, ly, lz = light
    slope = lz / float(np.hypot(lx, ly))
    way = single([lx, ly]) / float(np.hypot(lx, ly))
    shade = np.zeros_like(z)
    distance = 5.0
    while distance < reach:
        shift = single([[1, 0, -way[0] * distance / unit_px], [0, 1, -way[1] * distance / unit_px]])
        blocker = cv2.warpAffine(z, shift, z.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shade = np.maximum(shade, np.clip((blocker - z - slope * distance) / (penumbra * distance + 4), 0, 1))
        distance *= 1.09
    shade = np.where(_silhouette(z), cv2.erode(shade, _EDGE), shade)
    shade = cv2.GaussianBlur(shade, (0, 0), 3.0 / unit_px)
    return np.asarray(np.clip(cv2.resize(shade, canvas.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def occlusion(canvas: Canvas, height: Array) -> Array:
    """Ambient light that reaches a point: 1 in the open, towards 0 in hollows (a difference of Gaussians at four widths)."""
    z, unit_px = _shrunk(canvas, height)
    open_sky = np.ones_like(z)
    for sigma, strength in ((5.0, 0.45), (12.0, 0.55), (28.0, 0.6), (60.0, 0.5)):
        hollow = np.clip(cv2.GaussianBlur(z, (0, 0), sigma / unit_px) - z, 0, None) / sigma
        open_sky *= 1 - strength * (1 - np.exp(-1.3 * hollow))
    open_sky = np.where(_silhouette(z), cv2.dilate(open_sky, _EDGE), open_sky)
    return np.asarray(np.clip(cv2.resize(open_sky, canvas.shape[::-1], interpolation=cv2.INTER_LINEAR), 0, 1), np.float32)
