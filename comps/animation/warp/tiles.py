"""Cutting a picture into few rectangles of square tiles: only those with work to do are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comps.animation.warp.geometry import Floats

#: Side of a tile, pixels.
TILE = 16

Boxes = NDArray[np.int32]


def rectangles(wanted: NDArray[np.bool_], size: int) -> Boxes:
    """Rectangles, int32 ``[n, 4]`` x0, y0, x1, y1 in pixels, that cover the wanted tiles ``[rows, columns]`` once and no others.

    Greedy: the widest run of the topmost free row, carried down as far as it goes.
    """
    free = wanted.copy()
    found = []
    for row in range(len(free)):
        for start, end in _runs(free[row]):
            stop = row + 1
            while stop < len(free) and free[stop, start:end].all():
                stop += 1
            free[row:stop, start:end] = False
            found.append((start * TILE, row * TILE, min(end * TILE, size), min(stop * TILE, size)))
    return np.array(found, np.int32).reshape(-1, 4)


def bounds(boxes: Boxes) -> tuple[int, int, int, int]:
    """The box around all of them; one without area for none."""
    if not len(boxes):
        return 0, 0, 0, 0
    (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


def highest(values: Floats) -> Floats:
    """The largest value in each tile of ``[size, size]``: ``[rows, columns]``."""
    tiles = -(-len(values) // TILE)
    padded = np.pad(values, (0, tiles * TILE - len(values)), mode="edge")
    return np.asarray(padded.reshape(tiles, TILE, tiles, TILE).max(axis=(1, 3)), np.float32)


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
