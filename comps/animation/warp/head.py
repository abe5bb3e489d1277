"""The slow sway of the head: displacement fields from the mesh's depth, and the layers that keep the background still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Doubles, Floats, Pixels, ThinPlate, pixel_grid, smoothstep
from comps.animation.warp.planes import Planes, half
from comps.animation.warp.tiles import TILE, Boxes, around, highest, plan

#: Cells of the fields, pixels: the sway is smooth.
STEP = 16
#: The field fades to zero over this distance at a border of the picture, which shows nothing from beyond it.
_BORDER = 28.0
#: The largest yaw, pitch, roll (radians), x and y (face heights) that are drawn.
LIMITS = np.array([0.06, 0.04, 0.025, 0.01, 0.01], np.float32)
#: What moves less than this at those limits stands still, pixels.
_STILL = 0.1
#: Interpolation looks this much further, pixels.
_SOFT = 2.0


@dataclass(frozen=True)
class HeadSway:
    """What the sway needs.

    ``fields``: float32 ``[5, rows, columns, 2]``, pixels of displacement a unit of yaw, pitch, roll (radians) and x, y (face
    heights), on ``STEP`` × ``STEP`` cells of the picture. ``coverage``: the head's matte at the chroma's resolution, uint8.
    ``behind``: the background, made up behind the head's edge. ``solid``: boxes int32 ``[n, 4]`` that the sway moves and
    that show the head alone; ``edge``: boxes that may show some background too. ``region``: the box around all.
    """

    fields: Floats
    coverage: Pixels
    behind: Planes
    solid: Boxes
    edge: Boxes
    region: tuple[int, int, int, int]


def build(picture: Pixels, landmarks: Doubles, matte: Floats) -> tuple[HeadSway, Pixels]:
    """Fields and layers for ``picture`` (BGR uint8), ``landmarks`` ``[478, 3]`` and ``matte`` ``[size, size]`` 0 … 1.

    Returns the sway and the face layer: the picture, with the head's colours carried on beyond the matte's edge.
    """
    size = len(picture)
    grid = pixel_grid(0, 0, size, size, STEP)
    fields = _fields(grid, landmarks, _weight(grid, landmarks, size))
    reach = cv2.resize(_reach(fields), (size, size), interpolation=cv2.INTER_LINEAR)
    background, front = _layers(picture, matte, int(np.ceil(reach.max())) + 2)
    near_head = reach + _SOFT > _distance(matte < 0.01)
    near_edge = near_head & (reach + _SOFT > _distance(matte > 0.99))
    swaying = highest(reach) > _STILL
    moving = swaying & (highest(near_head.astype(np.float32)) > 0)
    edge = moving & (highest(near_edge.astype(np.float32)) > 0)
    solid, mixed = plan(moving & ~edge, edge, size)
    sway = HeadSway(
        fields=fields,
        coverage=np.round(half(matte) * 255).astype(np.uint8),
        behind=Planes.of(background),
        solid=solid,
        edge=mixed,
        region=around([*map(tuple, solid.tolist()), *map(tuple, mixed.tolist())]),
    )
    # Elsewhere the picture itself is shown.
    layered = cv2.resize(moving.astype(np.uint8), None, fx=TILE, fy=TILE, interpolation=cv2.INTER_NEAREST)[:size, :size]
    return sway, np.where(layered[..., None] > 0, front, picture)


def _distance(inside: NDArray[np.bool_]) -> Floats:
    """How far each pixel lies from the nearest one outside, pixels."""
    return np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _reach(fields: Floats) -> Floats:
    """How far each cell moves at most, pixels ``[rows, columns]``."""
    moves = np.abs(fields) * LIMITS[:, None, None, None]
    return np.asarray(np.linalg.norm(moves.sum(axis=0), axis=-1), np.float32)


def _weight(grid: Floats, landmarks: Doubles, size: int) -> Doubles:
    """How much each place goes with the head: 1 on it, fading down the neck and far to the sides ``[rows, columns]``."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    middle, (width, height) = (low + high) / 2, high - low
    x, y = grid[..., 0].astype(np.float64), grid[..., 1].astype(np.float64)
    reach = np.hypot((x - middle[0]) / (width * 0.5), np.minimum(y - middle[1] + 0.1 * height, 0) / (height * 0.7))
    sideways = 1 - smoothstep((reach - 1.7) / 0.9)
    chin = landmarks[face.CHIN, 1]
    down_the_neck = 1 - smoothstep((y - chin + 0.05 * height) / (0.55 * height))
    edge = np.minimum(np.minimum(x, size - x), np.minimum(y, size - y))
    return np.asarray(sideways * down_the_neck * smoothstep((edge - STEP / 2) / _BORDER))


def _fields(grid: Floats, landmarks: Doubles, weight: Doubles) -> Floats:
    """Displacement a unit of each head parameter: float32 ``[5, rows, columns, 2]``."""
    points, depth = landmarks[:, :2], landmarks[:, 2]
    low, high = points.min(axis=0), points.max(axis=0)
    middle, (width, height) = (low + high) / 2, high - low
    rear = float(np.percentile(depth, 92))
    chosen = np.arange(0, 468, 6)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    outside = middle + np.stack([np.cos(angle) * width, np.sin(angle) * height * 0.95], 1)
    surface = ThinPlate(
        np.vstack([points[chosen], outside]), np.concatenate([depth[chosen], np.full(16, rear)])[:, None], stiffness=500.0
    )
    z = np.clip(surface(grid)[..., 0], depth.min(), rear)
    lever = (z - (rear + 0.25 * width)) * weight
    still = np.zeros_like(lever)
    pivot = points[face.CHIN] + [0, 0.25 * height]
    roll_x, roll_y = -(grid[..., 1] - pivot[1]) * weight, (grid[..., 0] - pivot[0]) * weight
    moves = [(-lever, still), (still, lever), (roll_x, roll_y), (weight * height, still), (still, weight * height)]
    return np.stack([np.dstack(move) for move in moves]).astype(np.float32)


def _layers(picture: Pixels, matte: Floats, farthest: int) -> tuple[Pixels, Pixels]:
    """Background carried on behind the matte's edge, and foreground carried on beyond it: both BGR uint8."""
    reach = np.ones((2 * farthest + 1,) * 2, np.uint8)
    covered = (matte > 0.02).astype(np.uint8)
    solid = (matte > 0.9).astype(np.uint8)
    rim = cv2.dilate(covered, np.ones((3, 3), np.uint8))
    behind_edge = rim - cv2.erode(rim, reach)
    background = cv2.inpaint(picture, behind_edge, 3, cv2.INPAINT_TELEA)
    beyond_edge = cv2.dilate(covered, reach) - solid
    carried = cv2.inpaint(picture, beyond_edge, 3, cv2.INPAINT_TELEA)
    return cast("Pixels", background), _unmix(picture, background, carried, matte)


def _unmix(picture: Pixels, background: Pixels, carried: Pixels, matte: Floats) -> Pixels:
    """The foreground f of picture = matte · f + (1 - matte) · background; where the matte is thin, the carried-on colour."""
    alpha = matte[..., None]
    exact = (picture.astype(np.float32) - (1 - alpha) * background) / np.maximum(alpha, 0.25)
    trust = smoothstep((alpha - 0.2) / 0.5)
    return cast("Pixels", np.clip(exact * trust + carried * (1 - trust) + 0.5, 0, 255).astype(np.uint8))
