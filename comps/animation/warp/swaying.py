"""Draws the sway: the face layer is moved by the head's pose and laid over the background, which stands still."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Floats, Pixels, pixel_grid
from comps.animation.warp.head import LIMITS, STEP, HeadSway
from comps.animation.warp.planes import Planes


class Swaying:
    """Draws the sway of one picture with sides of ``size`` pixels."""

    def __init__(self, sway: HeadSway, size: int) -> None:
        self._sway = sway
        rows, columns = sway.fields.shape[1:3]
        # One cell more on every side: between cells the resize interpolates, beyond the outermost it could not.
        self._cells = pixel_grid(-STEP, -STEP, (columns + 1) * STEP, (rows + 1) * STEP, STEP)
        self._fields = np.pad(sway.fields, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")

    def draw(self, target: Planes, face: Planes, pose: Floats) -> None:
        """Draw ``face`` at ``pose`` (``FrameState.head``) into ``target``, where it moves; elsewhere ``target`` stays."""
        moves = np.tensordot(np.clip(pose, -LIMITS, LIMITS).astype(np.float32), self._fields, 1)
        cells = self._cells - moves
        region = self._sway.region
        fine, coarse = _map(cells, region, 1), _map(cells * np.float32(0.5) - np.float32(0.25), region, 2)
        for box in self._sway.solid.tolist():
            self._move(target.crop(box), face, _part(fine, region, box, 1), _part(coarse, region, box, 2))
        for box in self._sway.edge.tolist():
            part, behind, grid = target.crop(box), self._sway.behind.crop(box), _part(coarse, region, box, 2)
            self._move(part, face, _part(fine, region, box, 1), grid)
            alpha = _warp(self._sway.coverage, grid)
            _over(part.chroma, behind.chroma, cv2.merge([alpha, alpha]))
            _over(part.luma, behind.luma, cv2.resize(alpha, part.luma.shape[::-1], interpolation=cv2.INTER_LINEAR))

    @staticmethod
    def _move(target: Planes, face: Planes, fine: Floats, coarse: Floats) -> None:
        np.copyto(target.luma, _warp(face.luma, fine))
        np.copyto(target.chroma, _warp(face.chroma, coarse))


def _map(cells: Floats, box: tuple[int, int, int, int], scale: int) -> Floats:
    """The map of a box (luma pixels, whole cells) at luma (1) or chroma (2) resolution, from one value a cell."""
    x0, y0, x1, y1 = box
    # The picture's cell c is at index c + 1; one more on either side is cut off again.
    part = cells[y0 // STEP : -(-y1 // STEP) + 2, x0 // STEP : -(-x1 // STEP) + 2]
    step = STEP // scale
    fine = cv2.resize(part, (part.shape[1] * step, part.shape[0] * step), interpolation=cv2.INTER_LINEAR)
    return cast("Floats", fine[step : step + (y1 - y0) // scale, step : step + (x1 - x0) // scale])


def _part(fine: Floats, region: tuple[int, int, int, int], box: tuple[int, int, int, int], scale: int) -> Floats:
    """The part of the region's map that belongs to a box within it."""
    x, y = region[:2]
    x0, y0, x1, y1 = ((edge - start) // scale for edge, start in zip(box, (x, y, x, y), strict=True))
    return fine[y0:y1, x0:x1]


def _warp(plane: Pixels, grid: Floats) -> Pixels:
    return cast("Pixels", cv2.remap(plane, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _over(target: Pixels, behind: Pixels, alpha: Pixels) -> None:
    """``target`` = target · alpha + behind · (1 - alpha), all uint8 of one shape."""
    lit = cv2.multiply(target, alpha, scale=1 / 255)
    np.copyto(target, cv2.add(lit, cv2.multiply(behind, cv2.bitwise_not(alpha), scale=1 / 255)))
