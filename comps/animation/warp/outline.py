"""Where a drawn eye really is. The mesh knows people's eyes; a drawing's are larger, rounder, and outlined on plain skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Axes, Doubles, Floats, Pixels, spline

#: An eye is looked at in a patch of this many pixels an eye width, and from these to those eye widths around the mesh's.
_PER_WIDTH = 40
_LEFT, _TOP, _RIGHT, _BOTTOM = -1.5, -1.1, 1.5, 1.3
#: Skin is what is as near as this to the cheek (mean of B, G, R; standard deviation of a Gaussian), carried this many eye widths.
_SKIN_RANGE, _CARRIED = 25.0, 0.35
#: Eye and lashes differ from skin by more than this (mean of B, G, R), or by this share of the eye's own contrast if less.
_UNLIKE, _UNLIKE_SHARE, _LEAST_UNLIKE = 22.0, 0.15, 9.0
#: Lashes and lines thinner than twice this do not belong to the eyeball, eye widths.
_THIN = 0.14
#: An eye is this wide (widths of the mesh's), at most so tall for its width, and fills this share of its box (an ellipse: 0.79).
_NARROWEST, _WIDEST, _TALLEST, _FILLS = 0.6, 2.0, 1.6, 0.62
#: Of an eye this share is unlike skin; of a lens in its frame less.
_FULL = 0.8
#: The eye ends below in a step of colour: this much (mean of B, G, R) within 0.12 eye widths. Shadows and bags are softer.
_STEP, _STEP_REACH = 20.0, 0.06
#: What reaches the middle between the eyes in this share of the eye's height, from above, is hair.
_HAIR = 0.3
#: How far lashes may reach beyond the eyeball, eye widths.
_LASHES = 0.5
#: Points of a lid's contour, as in ``topology.Eye``.
_POINTS = 9


@dataclass(frozen=True)
class Patch:
    """The picture around an eye, turned and scaled alike for all eyes.

    ``pixels``: BGR float32 ``[h, w, 3]``. ``eye``: 1 within the mesh's contours, uint8 ``[h, w]``. ``width``: of the eye, in
    pixels of the picture.
    """

    pixels: Floats
    eye: Pixels
    width: float

    @classmethod
    def around(cls, picture: Pixels, axes: Axes, upper: Doubles, lower: Doubles) -> Patch:
        """``picture`` (BGR uint8) around the contours ``[9, 2]``, which are in the local coordinates of ``axes``."""
        width = max(float(upper[-1, 0] - upper[0, 0]), 1.0)
        x = (np.arange(round((_RIGHT - _LEFT) * _PER_WIDTH)) + 0.5) / _PER_WIDTH + _LEFT
        y = (np.arange(round((_BOTTOM - _TOP) * _PER_WIDTH)) + 0.5) / _PER_WIDTH + _TOP
        at = axes.picture(np.dstack(np.meshgrid(x, y)) * width).astype(np.float32)
        pixels = cv2.remap(picture, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        eye = np.zeros(pixels.shape[:2], np.uint8)
        contour = _in_patch(np.vstack([spline(upper, 40), spline(lower, 40)[::-1]]), width)
        cv2.fillPoly(eye, [np.round(contour).astype(np.int32)], 1)
        return cls(pixels.astype(np.float32), eye, width)


@dataclass(frozen=True)
class Outline:
    """A drawn eye, in local coordinates of the patch's axes.

    ``upper`` and ``lower``: its contours from the left corner to the right one, ``[9, 2]``. ``marks``: where the eye and its
    lashes are in the patch, 0 … 1, float32. ``width``: of the eye as the mesh has it.
    """

    upper: Doubles
    lower: Doubles
    marks: Floats
    width: float

    def corners(self) -> Doubles:
        """Corners of the box around all marks, local ``[4, 2]``."""
        x, y, columns, rows = cv2.boundingRect((self.marks > 0).astype(np.uint8))
        corners = np.array([(a, b) for a in (x, x + columns) for b in (y, y + rows)], np.float64)
        return (corners / _PER_WIDTH + [_LEFT, _TOP]) * self.width

    def spread(self, local: Doubles) -> Floats:
        """``marks`` at local points ``[h, w, 2]``."""
        at = _in_patch(local, self.width).astype(np.float32)
        return cast("Floats", cv2.remap(self.marks, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0))


def find(patch: Patch, cheek: Floats, nose: float) -> Outline | None:
    """The drawn eye around the mesh's, or None where nothing there is an eye drawn on plain skin.

    ``cheek``: the skin's colour ``[3]``. ``nose``: where the middle between the eyes lies, local x.
    """
    unlike = _unlike_skin(patch, cheek)
    marks = _without_holes(unlike)
    ball = _component(cv2.morphologyEx(marks, cv2.MORPH_OPEN, disc(_THIN)) | patch.eye, patch.eye)
    whole = _component(marks, ball)
    if (
        not _is_eye(ball, patch.pixels)
        or (ball & unlike).sum() < _FULL * ball.sum()
        or _has_bridge(whole, ball, nose / patch.width)
    ):
        return None
    # The mesh's own corners may stick out of the drawn eye: only what is drawn counts.
    drawn = cv2.morphologyEx(ball & marks, cv2.MORPH_OPEN, disc(_THIN))
    drawn = _component(drawn, drawn)
    if not drawn.any():
        return None
    # What hangs together with hair or brows is no lash.
    near = whole & cv2.dilate(drawn, disc(_THIN if _touches_border(whole) else _LASHES))
    soft = cv2.GaussianBlur(cv2.dilate(near, disc(0.08)).astype(np.float32), (0, 0), 0.03 * _PER_WIDTH)
    upper, lower = _contours(drawn, patch.width)
    return Outline(upper, lower, soft, patch.width)


def disc(radius: float) -> Pixels:
    """A disc of so many eye widths, for morphology in a patch."""
    side = 2 * round(radius * _PER_WIDTH) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _in_patch(local: Doubles, width: float) -> Doubles:
    return (local / width - [_LEFT, _TOP]) * _PER_WIDTH - 0.5


def _unlike_skin(patch: Patch, cheek: Floats) -> Pixels:
    """1 where the patch does not look like the skin around, 0 elsewhere."""
    known = (cv2.dilate(patch.eye, disc(0.12)) == 0).astype(np.float32)
    known *= np.exp(-((np.abs(patch.pixels - cheek).mean(axis=2) / _SKIN_RANGE) ** 2)) + np.float32(1e-4)
    sigma = _CARRIED * _PER_WIDTH
    weight = cv2.GaussianBlur(known, (0, 0), sigma) + 1e-7
    skin = cv2.GaussianBlur(patch.pixels * known[..., None], (0, 0), sigma) / weight[..., None]
    unlike = np.abs(patch.pixels - skin).mean(axis=2)
    contrast = float(np.percentile(unlike[patch.eye > 0], 75)) if patch.eye.any() else 0.0
    least = min(max(_UNLIKE_SHARE * contrast, _LEAST_UNLIKE), _UNLIKE)
    return np.asarray(cv2.morphologyEx((unlike > least).astype(np.uint8), cv2.MORPH_OPEN, disc(0.03)), np.uint8)


def _without_holes(mask: Pixels) -> Pixels:
    _, labels = cv2.connectedComponents(np.pad(1 - mask, 1, constant_values=1), connectivity=4)
    return np.asarray((labels != labels[0, 0])[1:-1, 1:-1], np.uint8)


def _component(mask: Pixels, seed: Pixels) -> Pixels:
    """The connected part of ``mask`` that holds most of ``seed``, without holes."""
    _, labels = cv2.connectedComponents(mask, connectivity=4)
    counts = np.bincount(labels[seed > 0], minlength=2)
    counts[0] = 0
    return _without_holes((labels == int(counts.argmax())).astype(np.uint8) * np.uint8(counts.max() > 0))


def _is_eye(ball: Pixels, pixels: Floats) -> bool:
    """Whether a part of a patch has an eye's size and shape, lies within it, and ends below in a step of colour."""
    if not ball.any() or _touches_border(ball):
        return False
    x, _, columns, rows = cv2.boundingRect(ball)
    if not _NARROWEST <= columns / _PER_WIDTH <= _WIDEST or rows > _TALLEST * columns or ball.sum() < _FILLS * columns * rows:
        return False
    middle = np.arange(x + columns // 4, x + columns - columns // 4)
    bottom = np.array([int(np.flatnonzero(ball[:, column]).max()) for column in middle])
    reach = round(_STEP_REACH * _PER_WIDTH)
    inside, outside = pixels[bottom - reach, middle], pixels[np.minimum(bottom + reach, len(pixels) - 1), middle]
    return float(np.median(np.abs(inside - outside).mean(axis=1))) >= _STEP


def _has_bridge(whole: Pixels, ball: Pixels, nose: float) -> bool:
    """Whether what hangs together with an eye reaches the middle between the eyes: glasses, not an eye. Higher up it is hair."""
    _, y, _, rows = cv2.boundingRect(ball)
    middle = min(max(round((nose - _LEFT) * _PER_WIDTH), 0), whole.shape[1] - 1)
    return bool(whole[y + round(_HAIR * rows) : y + rows, middle].any())


def _touches_border(mask: Pixels) -> bool:
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def _contours(drawn: Pixels, width: float) -> tuple[Doubles, Doubles]:
    """Upper and lower contour of a mask: local points ``[9, 2]`` each, which meet at the corners."""
    x, _, columns, _ = cv2.boundingRect(drawn)
    at = np.round(np.linspace(x, x + columns - 1, _POINTS)).astype(int)
    inside = [np.flatnonzero(drawn[:, column]) for column in at]
    rows = np.array([(held.min(), held.max() + 1) for held in inside], np.float64)
    rows[0], rows[-1] = rows[0].mean(), rows[-1].mean()
    upper, lower = (np.stack([at + 0.5, side], 1) / _PER_WIDTH + [_LEFT, _TOP] for side in rows.T)
    return upper * width, lower * width
