"""Blinks: both eyes in a few levels from open to shut, painted once an avatar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Doubles, Pixels, colours
from comps.animation.warp.lid import Lid
from comps.animation.warp.planes import Planes
from comps.animation.warp.sight import Sight, go_on_below

#: Steps from open to shut: a blink of 0.26 s has 6 frames at 25 a second.
LEVELS = 8


@dataclass(frozen=True)
class Blink:
    """Both eyes, level by level, from 1 to ``LEVELS``.

    Boxes: x0, y0, x1, y1 (even) of each eye. Patches: uint8 ``[levels, h, w]`` and ``[levels, h / 2, w / 2, 2]``.
    """

    left_box: tuple[int, int, int, int]
    right_box: tuple[int, int, int, int]
    left_luma: Pixels
    left_chroma: Pixels
    right_luma: Pixels
    right_chroma: Pixels

    def patches(self, blink: float) -> list[tuple[tuple[int, int, int, int], Planes]]:
        """What to draw where for ``blink`` 0 … 1; nothing for open eyes."""
        level = round(min(max(blink, 0.0), 1.0) * LEVELS)
        if level == 0:
            return []
        return [
            (self.left_box, Planes(self.left_luma[level - 1], self.left_chroma[level - 1])),
            (self.right_box, Planes(self.right_luma[level - 1], self.right_chroma[level - 1])),
        ]


def build(picture: Pixels, points: Doubles) -> Blink | None:
    """Paint the levels for ``picture`` (BGR uint8) with landmarks ``points`` ``[478, 2]``; None where the eyes allow no blink."""
    eyes = sights(picture, points)
    if not can_blink(eyes):
        return None
    lids = [Lid(eye) for eye in eyes]
    painted = [[lid.paint(level / LEVELS) for level in range(1, LEVELS + 1)] for lid in lids]
    luma = [np.stack([planes.luma for planes in eye]) for eye in painted]
    chroma = [np.stack([planes.chroma for planes in eye]) for eye in painted]
    return Blink(lids[0].box, lids[1].box, luma[0], chroma[0], luma[1], chroma[1])


def sights(picture: Pixels, points: Doubles) -> list[Sight]:
    """Left and right eye: both as the mesh has them, or both by their outlines, where drawn ones are misplaced."""
    skin = np.median(colours(picture, points[[*face.SKIN]]), axis=0)
    eyes = [Sight.of(picture, points, eye, skin) for eye in face.EYES]
    if all(eye.outline is not None for eye in eyes) and any(eye.is_misplaced for eye in eyes):
        return [eye.as_drawn() for eye in eyes]
    return eyes


def can_blink(eyes: list[Sight]) -> bool:
    """Whether both eyes are open and seen, and lids would cover them."""
    return all(eye.can_blink() for eye in eyes) and (eyes[0].drawn or not go_on_below(eyes))
