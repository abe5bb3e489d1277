"""A lid on its way down: the skin above the eye is drawn over it; a drawn eye is painted over with the skin around it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, ThinPlate, fill, pixel_grid, smoothstep, spline
from comps.animation.warp.planes import Planes
from comps.animation.warp.sight import Sight

#: Colours closer than this to the cheek are skin (mean of B, G, R).
_LIKE_SKIN = 22.0
#: Skin varies by this around the eye; brows, hair and frames vary by more (mean of B, G, R).
_SKIN_RANGE = 35.0
#: How far below the eye as the mesh has it some of its white may show, eye widths.
_BELOW = 0.09
#: Lashes are thinner than twice this, and darker than the skin around by between these (brightness).
_LASH, _LASH_DARK = 0.12, (6.0, 18.0)
#: Rims of glasses are darker than the cheek by this (mean of B, G, R). What is this near to the eye (eye widths) is its own rim.
_IN_FRONT, _LID_RIM = 60.0, 0.06
#: The line of lashes of people and of drawings: thickness in eye widths, and how much of it covers what is below.
_LINE, _DRAWN_LINE = (0.03, 0.75), (0.08, 1.0)
#: A drawn eye shuts to an arc above its lower rim: how far down its height the arc's middle and its ends lie.
_ARC_MIDDLE, _ARC_ENDS = 0.82, 0.56
#: A lid is the skin above the eye: what lies below the eye colours it by this share.
_FROM_BELOW = 0.3
_SAMPLES = 40
#: Weight of colours that are no skin: where no skin is near, they are all there is, and smaller ones would be slow denormals.
_LEAST_KNOWN = np.float32(1e-4)


class Lid:
    """Paints one eye at any stage of a blink. All curves are in the eye's local coordinates."""

    def __init__(self, eye: Sight) -> None:
        self.eye, self.axes, self.picture = eye, eye.axes, eye.picture
        self.width, self.height = eye.width, eye.height
        self.upper, self.lower, self.brow = eye.upper, eye.lower, eye.brow.copy()
        self.brow[:, 1] = np.minimum(self.brow[:, 1], self.upper[4, 1] - 0.25 * self.width)
        self.crease = self.upper[1:-1] - [0, 0.36 * max(self.upper[4, 1] - float(self.brow[:, 1].mean()), 0.15 * self.width)]
        self.lashes = self.upper[1:-1] - [0, 0.05 * self.width]
        self.ring = self._ring()
        self.box = self._box()
        self.local = self.axes.local(pixel_grid(*self.box).astype(np.float64))
        x0, y0, x1, y1 = self.box
        self.open = self.picture[y0:y1, x0:x1].astype(np.float32)
        if not eye.drawn:
            self.overhang = self._overhang()
            self.front = self._in_front()
            self.bare = self._without_lashes()
            self.skin = self._skin_of_people()
        else:
            self.overhang = 0.0
            self.marks = self.eye.marks(self.local)
            self.skin = self._skin_of_drawing()
        self.dark = self._dark()

    def paint(self, blink: float) -> Planes:
        """The eye's box with the lid down by ``blink`` 0 … 1."""
        edge = self._edge(blink)
        line = spline(edge, _SAMPLES)
        mixed = self._painted_over(line, blink) if self.eye.drawn else self._covered(edge, line, blink)
        return Planes.of(np.clip(mixed + 0.5, 0, 255).astype(np.uint8))

    def _edge(self, blink: float) -> Doubles:
        """The lid's edge on its way to the lower lid, ``[9, 2]``."""
        edge = self.upper.copy()
        floor = np.interp(edge[:, 0], self.lower[:, 0], self.lower[:, 1])
        if self.eye.drawn:
            aside = np.linspace(-1, 1, len(edge)) ** 2
            top, bottom = float(self.upper[:, 1].min()), float(self.lower[:, 1].max())
            ends = float(self.upper[[0, -1], 1].mean())
            arch = top + (ends - top) * aside
            arc = top + (_ARC_MIDDLE + (_ARC_ENDS - _ARC_MIDDLE) * aside) * (bottom - top)
            edge[:, 1] = arch + blink * (arc - arch)
            return edge
        arch = np.clip(1 - (edge[:, 0] / (0.5 * self.width)) ** 2, 0, 1)
        edge[:, 1] += blink * (floor + (0.03 * self.height + self.overhang) * arch**0.7 - edge[:, 1])
        return edge

    def _painted_over(self, line: Doubles, blink: float) -> Floats:
        """A drawn eye: above the lid's edge plain skin instead of the eye, and when it is shut nowhere an eye."""
        shut = smoothstep(np.full(1, (blink - 0.7) / 0.3, np.float32))
        hidden = self.marks * np.maximum(self._above(line), shut)
        return self._lash_line(self.open + (self.skin - self.open) * hidden[..., None], line, blink)

    def _covered(self, edge: Doubles, line: Doubles, blink: float) -> Floats:
        """A person's eye under its lid."""
        patch = self._smooth_lid(self._drawn_down(edge, blink), line, blink)
        base = self._without_white(self.open, blink)
        amount = self._above(line) * self._inside_box()
        mixed = self._lash_line(base + (patch - base) * amount[..., None], line, blink)
        return mixed + (self.open - mixed) * self.front[..., None]

    def _overhang(self) -> float:
        """How far the eye reaches below the mesh's contour, pixels: where the colours below become those of the cheek."""
        cheek = np.median(self.eye.colours(self.lower[2:-2] + [0, 0.45 * self.width]), axis=0)
        steps = np.arange(0, 0.10, 0.015) * self.width
        rows = [self.eye.colours(self.lower[2:-2] + [0, step]) for step in steps]
        unlike = np.array([np.abs(row - cheek).mean(axis=1).mean() for row in rows])
        skin = unlike < max(_LIKE_SKIN, 0.4 * float(unlike[0]))
        return float(steps[int(skin.argmax())] if skin.any() else steps[-1])

    def _drawn_down(self, edge: Doubles, blink: float) -> Floats:
        """The skin above the eye, warped so that the lid's edge lies at ``edge``; its lashes fade into the line at the edge."""
        moved = edge[1:-1] - self.upper[1:-1]
        lashes, crease = self.lashes + 0.95 * moved, self.crease + 0.42 * moved
        target = self.axes.picture(np.vstack([edge, lashes, crease, self.brow + [0, 0.02 * self.height * blink], self.ring]))
        source = self.axes.picture(np.vstack([self.upper, self.lashes, self.crease, self.brow, self.ring]))
        grid = pixel_grid(*self.box)
        x0, y0, x1, y1 = self.box
        picture = self.picture.copy()
        picture[y0:y1, x0:x1] = self.open + (self.bare - self.open) * min(1.0, 2 * blink) + 0.5
        warped = cv2.remap(
            picture, grid + ThinPlate(target, source - target)(grid), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return cast("Floats", warped.astype(np.float32))

    def _smooth_lid(self, patch: Floats, line: Doubles, blink: float) -> Floats:
        """Where the lid covers the eye it takes the colour of the skin around, and keeps its own fine texture."""
        local = self.local
        top = np.interp(local[..., 0], self.crease[:, 0], self.crease[:, 1]) + 0.3 * self.height * blink
        bottom = np.interp(local[..., 0], line[:, 0], line[:, 1])
        down = np.clip((local[..., 1] - top) / np.maximum(bottom - top, 1), 0, 1)
        # A lid is a ball's cover: lightest in its middle, darker towards the lashes.
        shade = 0.97 + 0.06 * np.sin(np.pi * down) - 0.10 * smoothstep((down - 0.6) / 0.4)
        texture = patch - cv2.GaussianBlur(patch, (0, 0), max(1.0, 0.06 * self.width))
        lid = self.skin * shade[..., None].astype(np.float32) + 0.3 * np.clip(texture, -10, 10)
        start = spline(self.upper, _SAMPLES)
        top, bottom = start - [0, 0.12 * self.width * blink], line + [0, 0.06 * self.width]
        covered = self._between(top, bottom, 0.05 * self.width, reach=0.12 * blink)
        return cast("Floats", patch + (lid - patch) * covered[..., None])

    def _without_white(self, patch: Floats, blink: float) -> Floats:
        """Below a lid that is all but shut no white of the eye is left: skin goes up to the lashes."""
        shut = float(smoothstep(np.array((blink - 0.7) / 0.3)))
        below = spline(self.lower, _SAMPLES) + [0, self.overhang + _BELOW * self.width]
        eye = self._between(spline(self.upper, _SAMPLES), below, 0.025 * self.width, reach=0.08)
        return patch + (self.skin - patch) * (shut * eye)[..., None]

    def _lash_line(self, patch: Floats, line: Doubles, blink: float) -> Floats:
        """The lid's edge: thickest in its middle, and as soft as the picture's own lines."""
        thickness, opacity = _LINE if not self.eye.drawn else _DRAWN_LINE
        middle = 0.5 * (line[0, 0] + line[-1, 0])
        aside = np.abs(self.local[..., 0] - middle) / max(0.5 * float(line[-1, 0] - line[0, 0]), 1e-6)
        taper = np.clip(1 - aside**3, 0, 1)
        slope = np.gradient(line[:, 1], line[:, 0])
        along = np.clip(self.local[..., 0], line[0, 0], line[-1, 0])
        away = np.abs(self.local[..., 1] - np.interp(along, line[:, 0], line[:, 1]))
        away /= np.sqrt(1 + np.interp(along, line[:, 0], slope) ** 2)
        soft = max(0.8, 0.016 * self.width)
        mask = smoothstep(0.5 + (0.5 * thickness * self.width * taper - away) / (2 * soft)) * np.sqrt(taper)
        amount = (opacity * min(1.0, 2 * blink) * mask).astype(np.float32)
        return cast("Floats", patch + (self.dark - patch) * amount[..., None])

    def _dark(self) -> Floats:
        """The colour of the upper lashes, as the picture has them."""
        inside = 0.05 * self.width if self.eye.drawn else 0.0
        along = self.eye.colours(spline(self.upper, _SAMPLES)[6:-6] + [0, inside])
        return np.percentile(along, 15, axis=0).astype(np.float32)

    def _without_lines(self, radius: float) -> Floats:
        """The open eye's box without what is dark and thinner than twice ``radius`` eye widths."""
        side = 2 * max(1, round(radius * self.width)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        return cast("Floats", cv2.morphologyEx(self.open, cv2.MORPH_CLOSE, disc))

    def _without_lashes(self) -> Floats:
        """The open eye's box without the lashes, and the folds as thin as lashes, above and beside the eye."""
        w = self.width
        closed = cv2.GaussianBlur(self._without_lines(_LASH), (0, 0), max(0.8, 0.04 * w))
        low, high = _LASH_DARK
        dark = smoothstep(((closed - self.open).mean(axis=2) - low) / (high - low))
        start = spline(self.upper, _SAMPLES)
        zone = self._between(start - [0, 0.2 * w], start, 0.04 * w, reach=0.35)
        zone = zone * (self.local[..., 1] > float(self.brow[:, 1].max()) + 0.08 * w) * (1 - self.front)
        return cast("Floats", self.open + (closed - self.open) * (dark * zone)[..., None].astype(np.float32))

    def _in_front(self) -> Floats:
        """The rims of glasses, which a lid goes behind: dark lines that run below the eye and are wider than it, 0 … 1."""
        polygon = np.vstack([spline(self.upper, _SAMPLES), spline(self.lower, _SAMPLES)[::-1]])
        eye = (fill(self._shape, self._in_box(polygon)) > 0).astype(np.uint8)
        # Only up and down: beside the corners rims may touch the eye.
        eye = cv2.dilate(eye, np.ones((2 * max(1, round(_LID_RIM * self.width)) + 1, 1), np.uint8))
        line = (self._without_lines(_LASH) - self.open).mean(axis=2) > 0.5 * _IN_FRONT
        dark = (line & ((self.eye.cheek - self.open).mean(axis=2) > _IN_FRONT)).astype(np.uint8) & (1 - eye)
        _, labels, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
        wide = np.flatnonzero(boxes[:, cv2.CC_STAT_WIDTH] > self.width)
        floor = np.interp(self.local[..., 0], self.lower[:, 0], self.lower[:, 1]) + 0.1 * self.width
        below = (self.local[..., 1] > floor) & (np.abs(self.local[..., 0]) < 0.4 * self.width)
        rims = np.intersect1d(wide[wide > 0], np.concatenate([labels[below], labels[-1]]))
        return cast("Floats", cv2.GaussianBlur(np.isin(labels, rims).astype(np.float32), (0, 0), max(0.6, 0.02 * self.width)))

    def _skin_of_people(self) -> Floats:
        """The colour of the skin around the eye, carried over it: float32 ``[h, w, 3]``."""
        w = self.width
        eye = self._between(
            spline(self.upper, _SAMPLES) - [0, 0.09 * w], spline(self.lower, _SAMPLES) + [0, 0.12 * w], 0.02 * w, reach=0.16
        )
        brow_end = self.local[..., 1] < float(self.brow[:, 1].max()) + 0.10 * w
        known = ((1 - np.clip(3 * eye, 0, 1)) * ~brow_end * (1 - cv2.dilate(self.front, np.ones((3, 3))))).astype(np.float32)
        known[self.local[..., 1] > 0] *= _FROM_BELOW
        rough = _carried(self.bare, known, 0.25 * w)
        # Brows, hair and the frames of glasses are not carried over the eye.
        known *= np.exp(-((np.abs(self.bare - rough).mean(axis=2) / _SKIN_RANGE) ** 2)) + _LEAST_KNOWN
        return cast("Floats", cv2.GaussianBlur(_carried(self.bare, known, 0.16 * w), (0, 0), 0.08 * w))

    def _skin_of_drawing(self) -> Floats:
        """The plain skin around a drawn eye, carried over it: float32 ``[h, w, 3]``."""
        likeness = np.exp(-((np.abs(self.open - self.eye.cheek).mean(axis=2) / _LIKE_SKIN) ** 2)) + _LEAST_KNOWN
        return _carried(self.open, (1 - np.clip(3 * self.marks, 0, 1)) * likeness, 0.3 * self.width)

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
        curves = np.vstack([self.upper, self.lower, self.brow, self.ring])
        if self.eye.drawn:
            curves = self.eye.marked()
        reach = self.axes.picture(curves)
        size = len(self.picture)
        low = np.clip(np.floor(reach.min(axis=0)).astype(int) // 2 * 2, 0, size - 2)
        high = np.clip((np.ceil(reach.max(axis=0)).astype(int) + 1) // 2 * 2, low + 2, size)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    @property
    def _shape(self) -> tuple[int, int]:
        return self.box[3] - self.box[1], self.box[2] - self.box[0]

    def _in_box(self, points: Doubles) -> Doubles:
        return self.axes.picture(points) - [self.box[0], self.box[1]]


def _carried(pixels: Floats, known: Floats, sigma: float) -> Floats:
    """The colours where ``known``, blurred into where not: float32 ``[h, w, 3]``."""
    weight = cv2.GaussianBlur(known, (0, 0), sigma) + 1e-4
    return cast("Floats", cv2.GaussianBlur(pixels * known[..., None], (0, 0), sigma) / weight[..., None])
