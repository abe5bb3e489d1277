"""Cutting a picture into few rectangles of square tiles: only those with work to do are drawn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comps.animation.warp.geometry import Floats

#: Side of a tile, pixels.
TILE = 32

Box = tuple[int, int, int, int]
#: Boxes x0, y0, x1, y1 in pixels, int32 ``[n, 4]``.
Boxes = NDArray[np.int32]

#: What a rectangle costs, in pixels of an edge rectangle (6 ns each): the calls, and each pixel.
_CALLS = {"solid": 2000.0, "edge": 8000.0}
_PIXEL = {"solid": 0.45, "edge": 1.0}


@dataclass(frozen=True)
class _Part:
    box: Box
    kind: str

    @property
    def cost(self) -> float:
        x0, y0, x1, y1 = self.box
        return _CALLS[self.kind] + _PIXEL[self.kind] * (x1 - x0) * (y1 - y0)


def plan(solid: NDArray[np.bool_], edge: NDArray[np.bool_], size: int) -> tuple[Boxes, Boxes]:
    """Disjoint rectangles that cover the ``solid`` and the ``edge`` tiles ``[rows, columns]``: (solid boxes, edge boxes).

    An edge rectangle may take in tiles of any kind where that is cheaper than more rectangles.
    """
    parts = [_Part(box, kind) for kind, tiles in (("solid", solid), ("edge", edge)) for box in _rectangles(tiles, size)]
    while (merged := _best_merge(parts)) is not None:
        parts = merged
    solids, edges = ([part.box for part in parts if part.kind == kind] for kind in ("solid", "edge"))
    return np.array(solids, np.int32).reshape(-1, 4), np.array(edges, np.int32).reshape(-1, 4)


def highest(values: Floats) -> Floats:
    """The largest value in each tile of ``[size, size]``: ``[rows, columns]``."""
    tiles = -(-len(values) // TILE)
    padded = np.pad(values, (0, tiles * TILE - len(values)), mode="edge")
    return np.asarray(padded.reshape(tiles, TILE, tiles, TILE).max(axis=(1, 3)), np.float32)


def around(boxes: list[Box]) -> Box:
    """The box around all of them; one without area for none."""
    if not boxes:
        return 0, 0, 0, 0
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _rectangles(wanted: NDArray[np.bool_], size: int) -> list[Box]:
    """Exact cover of the wanted tiles, greedily: each run of the topmost free row, carried down as far as it goes."""
    free = wanted.copy()
    found: list[Box] = []
    for row in range(len(free)):
        for start, end in _runs(free[row]):
            stop = row + 1
            while stop < len(free) and free[stop, start:end].all():
                stop += 1
            free[row:stop, start:end] = False
            found.append((start * TILE, row * TILE, min(end * TILE, size), min(stop * TILE, size)))
    return found


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _best_merge(parts: list[_Part]) -> list[_Part] | None:
    """The parts with the two merged that saves most; None where no merge saves anything."""
    best, saved = None, 0.0
    for one, other in itertools.combinations(parts, 2):
        whole, taken = _merge(parts, around([one.box, other.box]))
        saving = sum(part.cost for part in taken) - whole.cost
        if saving > saved:
            best, saved = [part for part in parts if part not in taken] + [whole], saving
    return best


def _merge(parts: list[_Part], box: Box) -> tuple[_Part, list[_Part]]:
    """``box`` grown until it cuts no part, as one part; and the parts that it takes in."""
    while True:
        taken = [part for part in parts if _meet(part.box, box)]
        grown = around([box, *(part.box for part in taken)])
        if grown == box:
            return _Part(box, "edge"), taken
        box = grown


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
