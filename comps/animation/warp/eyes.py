"""Blinks: the lid's own skin is drawn down over the eye, in a few levels painted once an avatar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Axes, Doubles, Floats, Pixels, ThinPlate, fill, pixel_grid, smoothstep, spline
from comps.animation.warp.planes import Planes

#: Steps from open to shut: a blink of 0.26 s has 6 frames at 25 a second.
LEVELS = 8
#: Drawn eyes are often larger than the mesh thinks. Where the skin right below the contour differs from the cheek by more
#: than this (mean of B, G, R), the eye spills over and a lid would cut through it: such an avatar does not blink.
_SPILL = 90.0
#: Eyes between these heights (eye widths) blink: a slit has nothing to shut, and a lid would not stretch over a drawn round eye.
_SLIT, _ROUND = 0.12, 0.65
#: Colours closer than this to the cheek are skin (mean of B, G, R).
_LIKE_SKIN = 22.0
#: How far below the eye as the mesh has it some of its white may show, eye widths.
_BELOW = 0.09
_SAMPLES = 40


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
    lids = [_Lid(picture, points, eye) for eye in face.EYES]
    if any(not lid.allows_blink() for lid in lids):
        return None
    painted = [[lid.paint(level / LEVELS) for level in range(1, LEVELS + 1)] for lid in lids]
    luma = [np.stack([planes.luma for planes in eye]) for eye in painted]
    chroma = [np.stack([planes.chroma for planes in eye]) for eye in painted]
    return Blink(lids[0].box, lids[1].box, luma[0], chroma[0], luma[1], chroma[1])


class _Lid:
    """One eye: contours in local coordinates (pixels from its middle, x along the eyes)."""

    def __init__(self, picture: Pixels, points: Doubles, eye: face.Eye) -> None:
        right = points[face.EYE_CORNERS[1]] - points[face.EYE_CORNERS[0]]
        right = right / max(float(np.linalg.norm(right)), 1e-6)
        self.axes = Axes(points[[*eye.upper, *eye.lower]].mean(axis=0), right, np.array([-right[1], right[0]]))
        self.upper, self.lower, self.brow = (self.axes.local(points[[*group]]) for group in (eye.upper, eye.lower, eye.brow))
        for lid in (self.upper, self.lower):
            lid[0, 0] -= 0.05 * (lid[-1, 0] - lid[0, 0])
            lid[-1, 0] += 0.05 * (lid[-1, 0] - lid[0, 0])
        self.width = max(float(self.upper[-1, 0] - self.upper[0, 0]), 4.0)
        self.height = max(float((self.lower[:, 1] - self.upper[:, 1]).max()), 1.0)
        self.picture = picture
        self.brow[:, 1] = np.minimum(self.brow[:, 1], self.upper[4, 1] - 0.25 * self.width)
        self.crease = self.upper[1:-1] - [0, 0.36 * max(self.upper[4, 1] - float(self.brow[:, 1].mean()), 0.15 * self.width)]
        self.lashes = self.upper[1:-1] - [0, 0.05 * self.width]
        self.overhang = self._overhang()
        self.ring = self._ring()
        self.box = self._box()
        self.skin = self._skin()

    def allows_blink(self) -> bool:
        """Whether the mesh's contour encloses the drawn eye, and the eye is large and open enough to see a blink."""
        below = self._colours(self.lower[2:-2] + [0, 0.05 * self.width])
        cheek = np.median(self._colours(self.lower[2:-2] + [0, 0.55 * self.width]), axis=0)
        spill = float(np.median(np.abs(below - cheek).mean(axis=1)))
        return spill <= _SPILL and self.width >= 8 and _SLIT <= self.height / self.width <= _ROUND

    def paint(self, blink: float) -> Planes:
        """The eye's box with the lid down by ``blink``."""
        edge = self._edge(blink)
        patch = self._drawn_down(edge, blink)
        line = spline(edge, _SAMPLES)
        patch = self._smooth_lid(patch, line, blink)
        patch = self._lash_line(patch, line, blink)
        x0, y0, x1, y1 = self.box
        base = self._without_white(self.picture[y0:y1, x0:x1].astype(np.float32), blink)
        amount = self._above(line) * self._inside_box()
        mixed = np.clip(base + (patch - base) * amount[..., None] + 0.5, 0, 255).astype(np.uint8)
        return Planes.of(mixed)

    def _edge(self, blink: float) -> Doubles:
        """The lid's edge on its way to the lower lid, ``[9, 2]``."""
        edge = self.upper.copy()
        floor = np.interp(edge[:, 0], self.lower[:, 0], self.lower[:, 1])
        arch = np.clip(1 - (edge[:, 0] / (0.5 * self.width)) ** 2, 0, 1)
        edge[:, 1] += blink * (floor + (0.03 * self.height + self.overhang) * arch**0.7 - edge[:, 1])
        return edge

    def _overhang(self) -> float:
        """How far the drawn eye reaches below the mesh's contour, pixels: where the colours below become those of the cheek."""
        cheek = np.median(self._colours(self.lower[2:-2] + [0, 0.45 * self.width]), axis=0)
        steps = np.arange(0, 0.10, 0.015) * self.width
        colours = [self._colours(self.lower[2:-2] + [0, step]) for step in steps]
        unlike = np.array([np.abs(row - cheek).mean(axis=1).mean() for row in colours])
        skin = unlike < max(_LIKE_SKIN, 0.4 * float(unlike[0]))
        return float(steps[int(skin.argmax())] if skin.any() else steps[-1])

    def _drawn_down(self, edge: Doubles, blink: float) -> Floats:
        """The skin above the eye, warped so that the lid's edge lies at ``edge``; lashes keep their thickness."""
        moved = edge[1:-1] - self.upper[1:-1]
        lashes, crease = self.lashes + 0.95 * moved, self.crease + 0.42 * moved
        target = self.axes.picture(np.vstack([edge, lashes, crease, self.brow + [0, 0.02 * self.height * blink], self.ring]))
        source = self.axes.picture(np.vstack([self.upper, self.lashes, self.crease, self.brow, self.ring]))
        grid = pixel_grid(*self.box)
        warped = cv2.remap(
            self.picture,
            grid + ThinPlate(target, source - target)(grid),
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cast("Floats", warped.astype(np.float32))

    def _smooth_lid(self, patch: Floats, line: Doubles, blink: float) -> Floats:
        """Where the lid covers the eye it takes the colour of the skin around, and keeps its own fine texture."""
        local = self._local()
        top = np.interp(local[..., 0], self.crease[:, 0], self.crease[:, 1]) + 0.3 * self.height * blink
        bottom = np.interp(local[..., 0], line[:, 0], line[:, 1])
        down = np.clip((local[..., 1] - top) / np.maximum(bottom - top, 1), 0, 1)
        # A lid is a ball's cover: lightest in its middle, darker towards the lashes.
        shade = 0.97 + 0.06 * np.sin(np.pi * down) - 0.10 * smoothstep((down - 0.6) / 0.4)
        texture = patch - cv2.GaussianBlur(patch, (0, 0), max(1.0, 0.06 * self.width))
        lid = self.skin * shade[..., None].astype(np.float32) + 0.3 * np.clip(texture, -10, 10)
        start = spline(self.upper, _SAMPLES)
        covered = self._between(start - [0, 0.12 * self.width * blink], line, 0.03 * self.width, reach=0.12 * blink)
        return cast("Floats", patch + (lid - patch) * covered[..., None])

    def _without_white(self, patch: Floats, blink: float) -> Floats:
        """Below a lid that is all but shut no white of the eye is left: skin goes up to the lashes."""
        shut = float(smoothstep(np.array((blink - 0.7) / 0.3)))
        below = spline(self.lower, _SAMPLES) + [0, self.overhang + _BELOW * self.width]
        eye = self._between(spline(self.upper, _SAMPLES), below, 0.025 * self.width, reach=0.08)
        return patch + (self.skin - patch) * (shut * eye)[..., None]

    def _lash_line(self, patch: Floats, line: Doubles, blink: float) -> Floats:
        taper = np.clip(1 - np.abs(2 * np.linspace(0, 1, len(line)) - 1) ** 3, 0, 1)
        thickness = np.stack([0 * taper, (0.026 + 0.004 * blink) * self.width * taper], 1)
        mask = self._between(line - 0.6 * thickness, line + 0.4 * thickness, 0.014 * self.width)
        dark = np.percentile(self._colours(spline(self.upper, _SAMPLES)[6:-6]), 15, axis=0).astype(np.float32)
        return patch + (dark - patch) * (0.8 * min(1.0, 2 * blink) * mask)[..., None]

    def _skin(self) -> Floats:
        """The colour of the skin around the eye, carried over it: float32 ``[h, w, 3]``."""
        x0, y0, x1, y1 = self.box
        patch = self.picture[y0:y1, x0:x1].astype(np.float32)
        w = self.width
        eye = self._between(
            spline(self.upper, _SAMPLES) - [0, 0.09 * w], spline(self.lower, _SAMPLES) + [0, 0.12 * w], 0.02 * w, reach=0.16
        )
        brow_end = self._local()[..., 1] < float(self.brow[:, 1].max()) + 0.10 * w
        known = (1 - np.clip(3 * eye, 0, 1)) * ~brow_end
        known = known.astype(np.float32)
        spread = 0.16 * w
        weight = cv2.GaussianBlur(known, (0, 0), spread) + 1e-4
        carried = cv2.GaussianBlur(patch * known[..., None], (0, 0), spread) / weight[..., None]
        return cast("Floats", cv2.GaussianBlur(carried, (0, 0), 0.08 * w))

    def _between(self, top: Doubles, bottom: Doubles, blur: float, reach: float = 0.0) -> Floats:
        """Soft mask 0 … 1 between two curves; ``reach`` goes on beyond the corners, eye widths."""
        sides = np.array([[reach * self.width, 0.0]])
        polygon = np.vstack([top[:1] - sides, top, top[-1:] + sides, bottom[-1:] + sides, bottom[::-1], bottom[:1] - sides])
        return cast("Floats", fill(self._shape, self._in_box(polygon), max(0.6, blur)).astype(np.float32) / 255)

    def _above(self, line: Doubles) -> Floats:
        """Soft mask of all above the lid's edge."""
        w = self.width
        edge = line + [0, 0.012 * w]
        far = np.array([[0.5 * w + line[-1, 0], line[-1, 1]], [line[-1, 0] + 0.5 * w, -2 * w], [line[0, 0] - 0.5 * w, -2 * w]])
        polygon = np.vstack([edge, far, [[line[0, 0] - 0.5 * w, line[0, 1]]]])
        return cast("Floats", fill(self._shape, self._in_box(polygon), max(0.6, 0.016 * w)).astype(np.float32) / 255)

    def _inside_box(self) -> Floats:
        """1 inside, 0 at the border of the box."""
        height, width = self._shape
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        inside = np.minimum(np.minimum(columns, width - 1 - columns), np.minimum(rows, height - 1 - rows))
        return smoothstep(inside / np.float32(max(2.0, 0.12 * self.width)))

    def _ring(self) -> Doubles:
        w = self.width
        ring = [(x, y) for x in (-0.75 * w, 0.75 * w) for y in (-0.5 * w, 0.0, 0.4 * w)]
        return np.array([*ring, *((x, 0.45 * w) for x in (-0.4 * w, 0.0, 0.4 * w))])

    def _box(self) -> tuple[int, int, int, int]:
        reach = self.axes.picture(np.vstack([self.upper, self.lower, self.brow, self.ring]))
        size = len(self.picture)
        low = np.clip(np.floor(reach.min(axis=0)).astype(int) // 2 * 2, 0, size - 2)
        high = np.clip((np.ceil(reach.max(axis=0)).astype(int) + 1) // 2 * 2, low + 2, size)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    @property
    def _shape(self) -> tuple[int, int]:
        return self.box[3] - self.box[1], self.box[2] - self.box[0]

    def _in_box(self, points: Doubles) -> Doubles:
        return self.axes.picture(points) - [self.box[0], self.box[1]]

    def _local(self) -> Doubles:
        return self.axes.local(pixel_grid(*self.box).astype(np.float64))

    def _colours(self, points: Doubles) -> Floats:
        """The picture's colours at local points, float32 ``[n, 3]``."""
        x, y = np.clip(self.axes.picture(points).astype(int), 0, len(self.picture) - 1).T
        return np.asarray(self.picture[y, x], np.float32)
