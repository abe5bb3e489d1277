"""The slow sway of the head: displacement fields from the mesh's depth, and the layers that keep the background still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Doubles, Floats, Pixels, ThinPlate, pixel_grid, smoothstep
from comps.animation.warp.planes import Planes

#: Cells of the fields, pixels: the sway is smooth.
STEP = 16
#: The field fades to zero over this distance at a border of the picture, which shows nothing from beyond it.
_BORDER = 28.0
#: Widest uncovering by the sway, pixels: the background is made up this far behind the head.
_UNCOVERED = 14


@dataclass(frozen=True)
class HeadSway:
    """What the sway needs.

    ``box``: the region it touches, x0, y0, x1, y1, multiples of 16. ``fields``: float32 ``[5, rows, columns, 2]``, pixels of
    displacement a unit of yaw, pitch, roll (radians) and x, y (face heights), on ``STEP`` × ``STEP`` cells.
    ``coverage``: the head's matte in the box, uint8 ``[h, w]``. ``behind``: the background there, made up behind the head's edge.
    """

    box: tuple[int, int, int, int]
    fields: Floats
    coverage: Pixels
    behind: Planes


def build(
    picture: Pixels, landmarks: Doubles, matte: Floats, moving: Sequence[tuple[int, int, int, int]]
) -> tuple[HeadSway, Pixels]:
    """Fields and layers for ``picture`` (BGR ``[size, size, 3]``), landmarks ``[478, 3]`` and a person's ``matte`` ``[size, size]`` 0 … 1.

    ``moving``: boxes that speech and blinks touch; the sway's box holds them too.
    Returns the sway and the foreground: the picture with the person's colours carried on beyond the matte's edge.
    """
    size = len(picture)
    grid = pixel_grid(0, 0, size, size, STEP)
    weight = _weight(grid, landmarks, size)
    fields = _fields(grid, landmarks, weight)
    box = _box(weight, matte, moving)
    columns, rows = slice(box[0] // STEP, box[2] // STEP), slice(box[1] // STEP, box[3] // STEP)
    background, foreground = _layers(picture, matte)
    x0, y0, x1, y1 = box
    coverage = np.ascontiguousarray(np.round(matte[y0:y1, x0:x1] * 255).astype(np.uint8))
    behind = Planes.of(np.ascontiguousarray(background[y0:y1, x0:x1]))
    return HeadSway(box, np.ascontiguousarray(fields[:, rows, columns]), coverage, behind), foreground


def _weight(grid: Floats, landmarks: Doubles, size: int) -> Doubles:
    """How much each place goes with the head: 1 on it, fading down the neck and far to the sides ``[rows, columns]``."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    middle, (width, height) = (low + high) / 2, high - low
    x, y = grid[..., 0].astype(np.float64), grid[..., 1].astype(np.float64)
    reach = np.hypot((x - middle[0]) / (width * 0.5), np.minimum(y - middle[1] + 0.1 * height, 0) / (height * 0.7))
    around = 1 - smoothstep((reach - 1.7) / 1.1)
    chin = landmarks[face.CHIN, 1]
    down_the_neck = 1 - smoothstep((y - chin + 0.05 * height) / (0.75 * height))
    edge = np.minimum(np.minimum(x, size - x), np.minimum(y, size - y))
    return around * down_the_neck * smoothstep((edge - STEP / 2) / _BORDER)


def _fields(grid: Floats, landmarks: Doubles, weight: Doubles) -> Floats:
    """Displacement a unit of each head parameter: float32 ``[5, rows, columns, 2]``."""
    points, depth = landmarks[:, :2], landmarks[:, 2]
    low, high = points.min(axis=0), points.max(axis=0)
    middle, (width, height) = (low + high) / 2, high - low
    rear = float(np.percentile(depth, 92))
    chosen = np.arange(0, 468, 6)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    around = middle + np.stack([np.cos(angle) * width, np.sin(angle) * height * 0.95], 1)
    surface = ThinPlate(
        np.vstack([points[chosen], around]), np.concatenate([depth[chosen], np.full(16, rear)])[:, None], stiffness=500.0
    )
    z = np.clip(surface(grid)[..., 0], depth.min(), rear)
    lever = (z - (rear + 0.25 * width)) * weight
    still = np.zeros_like(lever)
    pivot = points[face.CHIN] + [0, 0.25 * height]
    roll_x, roll_y = -(grid[..., 1] - pivot[1]) * weight, (grid[..., 0] - pivot[0]) * weight
    moves = [(-lever, still), (still, lever), (roll_x, roll_y), (weight * height, still), (still, weight * height)]
    return np.stack([np.dstack(move) for move in moves]).astype(np.float32)


def _box(weight: Doubles, matte: Floats, moving: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """Where there is both sway and head, and all of ``moving``, in whole cells within the picture."""
    cells = len(matte) // STEP
    person = cv2.resize(cv2.dilate(matte, np.ones((33, 33), np.uint8)), weight.shape[::-1], interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero((weight > 1e-3) & (person > 0.02))
    boxes = [(x0 // STEP, y0 // STEP, -(-x1 // STEP), -(-y1 // STEP)) for x0, y0, x1, y1 in moving]
    boxes += [(int(x), int(y), int(x) + 1, int(y) + 1) for x, y in zip(columns, rows, strict=True)]
    x0, y0 = (min(box[axis] for box in boxes) for axis in (0, 1))
    x1, y1 = (min(max(box[axis] for box in boxes), cells) for axis in (2, 3))
    return x0 * STEP, y0 * STEP, x1 * STEP, y1 * STEP


def _layers(picture: Pixels, matte: Floats) -> tuple[Pixels, Pixels]:
    """Background carried on behind the matte's edge, and foreground carried on beyond it: both BGR uint8."""
    reach = np.ones((2 * _UNCOVERED + 1,) * 2, np.uint8)
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
