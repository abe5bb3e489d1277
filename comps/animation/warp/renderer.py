"""Draws frames: a pure function of the rig and the frame's state, the same bytes in every process."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp import clip
from comps.animation.warp.geometry import Floats, Pixels, pixel_grid
from comps.animation.warp.head import HeadSway
from comps.animation.warp.planes import Planes
from comps.animation.warp.rig import Rig
from comps.animation.warp.speaking import Speaking
from comps.animation.warp.state import FrameState


class Renderer:
    """Draws the frames of one rig; about 3 ms of CPU each at 512². Keeps no memory of earlier frames."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._speaking = [Speaking(still.speech) for still in rig.stills]
        if rig.sway is not None:
            x0, y0, x1, y1 = rig.sway.box
            self._grid = pixel_grid(0, 0, x1 - x0, y1 - y0)
            self._half_grid = pixel_grid(0, 0, (x1 - x0) // 2, (y1 - y0) // 2)

    def frame(self, state: FrameState) -> Pixels:
        """One frame: I420, BT.601 limited range, uint8 ``[size * 3 / 2, size]``."""
        rig = self._rig
        which = clip.index(state.frame, len(rig.stills))
        still = rig.stills[which]
        face = still.face.copy()
        # A clip's own mouth moves by itself: it is never shown.
        activity = state.activity if rig.kind == "picture" else 1.0
        self._speaking[which].draw(face, still.face, state.mouth, activity)
        if rig.blink is not None:
            for box, patch in rig.blink.patches(state.blink):
                face.paste(patch, box)
        if rig.sway is None:
            return face.i420()
        shown = rig.background.copy()
        self._sway(rig.sway, shown, face, state.head)
        return shown.i420()

    def _sway(self, sway: HeadSway, shown: Planes, face: Planes, pose: Floats) -> None:
        """Move the face layer within the sway's box and lay it over the background."""
        moves = np.tensordot(pose.astype(np.float32), sway.fields, 1)
        x0, y0, x1, y1 = sway.box
        size = (x1 - x0, y1 - y0)
        fine = self._grid - cv2.resize(moves, size, interpolation=cv2.INTER_LINEAR)
        coarse = self._half_grid - 0.5 * cv2.resize(moves, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_LINEAR)
        layer, coverage = face.crop(sway.box), sway.coverage
        luma, alpha = _warp(layer.luma, fine), _warp(coverage, fine)
        chroma = _warp(layer.chroma, coarse)
        target = shown.crop(sway.box)
        _over(target.luma, luma, sway.behind.luma, alpha)
        alpha = cv2.resize(alpha, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
        _over(target.chroma, chroma, sway.behind.chroma, cv2.merge([alpha, alpha]))


def _warp(plane: Pixels, grid: Floats) -> Pixels:
    return cast("Pixels", cv2.remap(plane, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _over(target: Pixels, front: Pixels, behind: Pixels, alpha: Pixels) -> None:
    """``target`` = front · alpha + behind · (1 - alpha), all uint8 of one shape."""
    lit = cv2.multiply(front, alpha, scale=1 / 255)
    cv2.add(lit, cv2.multiply(behind, 255 - alpha, scale=1 / 255), dst=lit)
    np.copyto(target, lit)
