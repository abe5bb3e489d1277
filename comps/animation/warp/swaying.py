"""Draws the sway: the face layer is moved by the head's pose and laid over the background, which stands still."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Floats, Pixels, pixel_grid
from comps.animation.warp.head import LIMITS, STEP, HeadSway
from comps.animation.warp.planes import Frame, Planes
from comps.animation.warp.tiles import Box

#: The channel of a layer's chroma that carries the head's coverage along.
_COVERAGE = 2


class Swaying:
    """Draws the sway of one picture with sides of ``size`` pixels."""

    def __init__(self, sway: HeadSway, size: int) -> None:
        self._sway = sway
        self._behind = sway.behind.frame()
        rows, columns = sway.fields.shape[1:3]
        # One cell more on every side: between cells the resize interpolates, beyond the outermost it could not.
        self._cells = pixel_grid(-STEP, -STEP, (columns + 1) * STEP, (rows + 1) * STEP, STEP)
        # Kept, for fresh megabytes a frame cost more than what is written there.
        self._maps = [_scratch(sway.region, scale) for scale in (1, 2)]
        self._fields = np.pad(sway.fields, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")

    def draw(self, target: Frame, face: Planes, pose: Floats) -> None:
        """Draw ``face``, a layer, at ``pose`` (``FrameState.head``) into ``target``, where it moves; elsewhere that stays."""
        moves = np.tensordot(np.clip(pose, -LIMITS, LIMITS).astype(np.float32), self._fields, 1)
        cells = self._cells - moves
        region = self._sway.region
        fine, coarse = (
            _map(part, region, scale, room)
            for part, scale, room in zip((cells, cells * np.float32(0.5) - np.float32(0.25)), (1, 2), self._maps, strict=True)
        )
        cv2.insertChannel(self._sway.coverage, face.chroma, _COVERAGE)
        for boxes, draw in ((self._sway.solid, self._solid), (self._sway.edge, self._edge)):
            for box in map(tuple, boxes.tolist()):
                draw(target, face, box, (_part(fine, region, box, 1), _part(coarse, region, box, 2)))

    def _solid(self, target: Frame, face: Planes, box: Box, maps: tuple[Floats, Floats]) -> None:
        y, u, v = target.crop(box)
        np.copyto(y, _warp(face.luma, maps[0]))
        cv2.mixChannels([_warp(face.chroma, maps[1])], [u, v], [0, 0, 1, 1])

    def _edge(self, target: Frame, face: Planes, box: Box, maps: tuple[Floats, Floats]) -> None:
        y, u, v = target.crop(box)
        front_y, (front_u, front_v, alpha, _) = _warp(face.luma, maps[0]), cv2.split(_warp(face.chroma, maps[1]))
        behind_y, behind_u, behind_v = self._behind.crop(box)
        _over(y, front_y, behind_y, cv2.resize(alpha, y.shape[::-1], interpolation=cv2.INTER_LINEAR))
        for plane, front, behind in ((u, front_u, behind_u), (v, front_v, behind_v)):
            _over(plane, front, behind, alpha)


def _scratch(box: Box, scale: int) -> Floats:
    """Room for the map of a box and one cell more on every side."""
    x0, y0, x1, y1 = box
    rows, columns = (-(-end // STEP) - start // STEP + 2 for start, end in ((y0, y1), (x0, x1)))
    return np.empty((rows * STEP // scale, columns * STEP // scale, 2), np.float32)


def _map(cells: Floats, box: Box, scale: int, room: Floats) -> Floats:
    """The map of a box (luma pixels, whole cells) at luma (1) or chroma (2) resolution, from one value a cell, in ``room``."""
    x0, y0, x1, y1 = box
    # The picture's cell c is at index c + 1; one more on either side is cut off again.
    part = cells[y0 // STEP : -(-y1 // STEP) + 2, x0 // STEP : -(-x1 // STEP) + 2]
    step = STEP // scale
    fine = cv2.resize(part, room.shape[1::-1], dst=room, interpolation=cv2.INTER_LINEAR)
    return cast("Floats", fine[step : step + (y1 - y0) // scale, step : step + (x1 - x0) // scale])


def _part(fine: Floats, region: Box, box: Box, scale: int) -> Floats:
    """The part of the region's map that belongs to a box within it."""
    x, y = region[:2]
    x0, y0, x1, y1 = ((edge - start) // scale for edge, start in zip(box, (x, y, x, y), strict=True))
    return fine[y0:y1, x0:x1]


def _warp(plane: Pixels, grid: Floats) -> Pixels:
    return cast("Pixels", cv2.remap(plane, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _over(target: Pixels, front: Pixels, behind: Pixels, alpha: Pixels) -> None:
    """``target`` = front · alpha + behind · (1 - alpha), all uint8 of one shape."""
    lit = cv2.multiply(front, alpha, scale=1 / 255)
    np.copyto(target, cv2.add(lit, cv2.multiply(behind, cv2.bitwise_not(alpha), scale=1 / 255)))
