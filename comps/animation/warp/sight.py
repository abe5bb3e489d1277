"""An eye as the picture shows it: its contours, and whether it is open, seen, and of a shape that a lid can cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from comps.animation.warp import outline
from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Axes, Doubles, Floats, Pixels, colours, spline
from comps.animation.warp.outline import Outline

#: A drawn eye that reaches below the mesh's contour by more than this (eye widths) is not where the mesh has it.
_SPILL = 0.15
#: A drawn eye whose outline was not found goes on below the mesh's contour, and a lid would cut through it. There it is brighter
#: than the cheek by this (white).
_WHITE = 90.0
#: Or it differs from the cheek by the first, the contour is no edge (a step below the second), and the colours along it vary by
#: the third (iris and white). Shadows, bags under the eyes and lenses are dark too, but even, and the eye ends above them.
_UNLIKE, _STEP, _VARIED = 100.0, 70.0, 62.0
#: These are means of B, G, R, for pictures whose light and dark around the eye differ by this; less in paler ones.
_FULL_CONTRAST = 180.0
#: A slit (height in eye widths) has nothing to shut, and skin does not stretch over an eye that is rounder than the second.
_SLIT, _ROUND = 0.12, 0.65
#: Below this many pixels nobody sees a blink.
_NARROWEST = 8.0
#: An eye that is seen has light and dark within it: this share of the light and dark around it. A lens that hides it has not.
_SEEN = 0.08
#: A dark lens is below this share of the skin's brightness and even to within this (quartiles) around the eye, and differs over
#: the eye by no more than this (medians), whatever is mirrored in it. Brightness is 0 … 255.
_LENS, _LENS_EVEN, _LENS_SAME = 0.35, 18.0, 12.0
#: The cheek is looked for this far below the eye (eye widths): evenest, most like the face, and at most so strange.
_CHEEK_HEIGHTS, _CHEEK = (0.4, 0.55, 0.7, 0.85, 1.0), 60.0
_LUMA = np.array([0.114, 0.587, 0.299], np.float32)


@dataclass(frozen=True)
class Sight:
    """One eye of ``picture`` (BGR uint8).

    ``upper``, ``lower`` ``[9, 2]``, ``brow`` ``[5, 2]``: contours in coordinates of ``axes``, x along the eyes.
    ``cheek``: colour of the skin below, float32 ``[3]``. ``outline``: of an eye that is drawn on plain skin there. ``is_seen``:
    whether the picture shows the eye, not a lens. ``contrast``: of the picture, at most 1. ``drawn``: whether the contours are
    the outline's.
    """

    picture: Pixels
    axes: Axes
    upper: Doubles
    lower: Doubles
    brow: Doubles
    cheek: Floats
    outline: Outline | None
    is_seen: bool
    contrast: float
    drawn: bool = False

    @classmethod
    def of(cls, picture: Pixels, points: Doubles, eye: face.Eye, skin: Floats) -> Sight:
        """An eye by the landmarks ``[478, 2]`` of a face whose skin has the colour ``skin`` ``[3]``."""
        right = points[face.EYE_CORNERS[1]] - points[face.EYE_CORNERS[0]]
        right = right / max(float(np.linalg.norm(right)), 1e-6)
        axes = Axes(points[[*eye.upper, *eye.lower]].mean(axis=0), right, np.array([-right[1], right[0]]))
        upper, lower, brow = (axes.local(points[[*group]]) for group in (eye.upper, eye.lower, eye.brow))
        for lid in (upper, lower):
            _widen(lid)
        cheek = _cheek(picture, axes.picture(lower[2:-2]), axes.down * _width(upper), skin)
        patch = outline.Patch.around(picture, axes, upper, lower)
        nose = (points[[*face.EYE_CORNERS]].mean(axis=0) - axes.origin) @ right
        found = outline.find(patch, cheek, float(nose))
        return cls(picture, axes, upper, lower, brow, cheek, found, _is_seen(patch, skin), _contrast(patch))

    @property
    def width(self) -> float:
        return max(_width(self.upper), 4.0)

    @property
    def height(self) -> float:
        return max(float((self.lower[:, 1] - self.upper[:, 1]).max()), 1.0)

    @property
    def is_misplaced(self) -> bool:
        """Whether the contours are not those of the drawn eye: too high, or too round for people's lids."""
        if self.outline is None:
            return False
        rim = np.interp(self.lower[3:-3, 0], self.outline.lower[:, 0], self.outline.lower[:, 1])
        return self.height > _ROUND * self.width or float(np.median(rim - self.lower[3:-3, 1])) > _SPILL * self.width

    def as_drawn(self) -> Sight:
        """The same eye with its outline's contours."""
        assert self.outline is not None
        return replace(self, upper=self.outline.upper, lower=self.outline.lower, drawn=True)

    def marked(self) -> Doubles:
        """Corners of the box around a drawn eye with its lashes, local ``[4, 2]``."""
        assert self.outline is not None
        return self.outline.corners()

    def marks(self, local: Doubles) -> Floats:
        """Where a drawn eye and its lashes are, 0 … 1, at local points ``[h, w, 2]``."""
        assert self.outline is not None
        return self.outline.spread(local)

    def can_blink(self) -> bool:
        """Whether the eye is open, seen, and can be covered."""
        if not self.is_seen or self.width < _NARROWEST or self.height < _SLIT * self.width:
            return False
        return self.drawn or self.height <= _ROUND * self.width

    def colours(self, local: Doubles) -> Floats:
        """The picture's colours at local points, float32 ``[n, 3]``."""
        return colours(self.picture, self.axes.picture(local))

    def below(self) -> Doubles:
        """What is right below the contour, for the picture's contrast.

        How unlike the cheek it is, how unlike what is above it, how much it varies along the contour, and how much brighter than
        the cheek it is a little lower down.
        """
        line = spline(self.lower, 21)[5:-5]
        inside, outside, lower = (self.colours(line + [0, reach * self.width]) for reach in (-0.06, 0.08, 0.12))
        unlike = np.median(np.abs(outside - self.cheek).mean(axis=1))
        step = np.median(np.abs(inside - outside).mean(axis=1))
        varied = np.ptp(np.percentile(outside.mean(axis=1), [10, 90]))
        white = np.median((lower - self.cheek).mean(axis=1))
        return np.array([unlike, step, varied, white], np.float64) / self.contrast


def go_on_below(eyes: Sequence[Sight]) -> bool:
    """Whether both eyes are drawn ones that reach below the mesh's contours. A single eye may be in a shadow's edge."""
    unlike, step, varied, white = np.mean([eye.below() for eye in eyes], axis=0)
    return bool((unlike > _UNLIKE and step < _STEP and varied > _VARIED) or white > _WHITE)


def _widen(lid: Doubles) -> None:
    """Move a lid's corners outwards: the mesh's lie on the eyeball, the lids' skin ends beyond."""
    reach = 0.05 * (lid[-1, 0] - lid[0, 0])
    lid[0, 0] -= reach
    lid[-1, 0] += reach


def _width(upper: Doubles) -> float:
    return float(upper[-1, 0] - upper[0, 0])


def _cheek(picture: Pixels, lower: Doubles, down: Doubles, skin: Floats) -> Floats:
    """The colour below a lower lid ``[n, 2]`` that is even and like the face's skin: no rim of glasses and no drawn eye."""
    rows = [colours(picture, lower + height * down) for height in _CHEEK_HEIGHTS]
    strange = [float(0.5 * np.abs(row - skin).mean() + row.std(axis=0).mean()) for row in rows]
    best = int(np.argmin(strange))
    return np.median(rows[best], axis=0) if strange[best] <= _CHEEK else skin


def _contrast(patch: outline.Patch) -> float:
    dark, light = np.percentile(patch.pixels @ _LUMA, [5, 95])
    return float(np.clip((light - dark) / _FULL_CONTRAST, 0.2, 1.0))


def _is_seen(patch: outline.Patch, skin: Floats) -> bool:
    luma = patch.pixels @ _LUMA
    inside = luma[cv2.erode(patch.eye, outline.disc(0.03)) > 0]
    around = luma[(cv2.dilate(patch.eye, outline.disc(0.22)) - cv2.dilate(patch.eye, outline.disc(0.12))) > 0]
    if not inside.size or not around.size:
        return False
    dark, middle, light = np.percentile(inside, [10, 50, 90])
    darkest, lightest = np.percentile(luma, [5, 95])
    if light - dark < _SEEN * (lightest - darkest):
        return False
    low, median, high = np.percentile(around, [25, 50, 75])
    is_lens = median < _LENS * float(skin @ _LUMA) and high - low < _LENS_EVEN and abs(middle - median) < _LENS_SAME
    return not is_lens
