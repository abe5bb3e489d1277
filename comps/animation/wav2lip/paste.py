"""Laying a drawn mouth into the face, without the box that the reference leaves.

The generator draws 96 × 48 pixels; the picture shows the same part with two to six times as many. So what is laid in is how the
drawn mouth *differs* from the picture at the generator's resolution: where it draws the picture again, the picture stays as it
is, pores and all; where it draws something else, the picture's own detail gives way. What differs along the mask's rim, where
nothing should, is the generator's error of colour: it is taken off, smoothly, all over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels, fill, smoothstep
from comps.animation.warp.planes import FROM_BGR, OFFSET, Planes, blend
from comps.animation.wav2lip.jobs import FACE

#: The mask is softened by this much, and ends within so much of the drawn half's edges; at the bottom of less, for the chin drops
#: to there. Pixels of the generator.
_SOFT, _EDGE, _BOTTOM = 2.2, 5.0, 3.0
#: It reaches this much further than the jaw, and so much more below the chin, which drop in speech; pixels of the generator.
_BEYOND, _BELOW = 4.0, 3.0
#: Colours are compared on cells of this many pixels of the generator, and evened out over this many cells.
_CELL, _SPREAD = 4, 5.0
#: A difference above this is movement, not an error of colour (levels of 255) …
_MOVED = 14.0
#: … and no error of colour is larger than this.
_MOST = 40.0
#: Smaller differences of brightness (levels) than the first are the generator's noise, which would flicker; larger ones than the
#: second are shown in full.
_STILL, _STIRRED = 1.5, 6.0
#: The picture's own detail fades between these.
_KEEP, _DROP = 6.0, 16.0
#: Differences are looked at within squares of this many pixels of the patch, blurred by the second.
_REACH, _NOISE = 5, 0.8
#: Unsharp masking by the difference of two Gaussians (pixels of the patch), which leaves alone the pattern of single pixels that
#: transposed convolutions make. On mouths drawn by warp this comes nearest to them as drawn at the picture's resolution.
_SHARPEN, _RADII = 0.9, (0.6, 1.2)
#: A patch with more pixels than the picture is blurred first, so that it does not alias.
_ALIAS_SCALE = 0.75
#: A patch is enlarged by at most this factor before it is laid.
_FINER = 4
#: Most pixels of the picture that are averaged into one, along a side.
_FINEST = 12
#: B, G, R in 0 … 255 and 1 → Y, U, V.
_FROM_LEVELS = np.column_stack([FROM_BGR / 255, OFFSET])


@dataclass(frozen=True)
class Mask:
    """How much of a drawn mouth shows. ``box``: x0, y0, x1, y1 in the picture, even numbers; ``luma`` float32 [h, w], ``chroma``
    float32 [h / 2, w / 2, 1], 0 … 1, within it. ``cells``: float64 [2, 3], cells → pixels of the picture; ``rim`` float32
    [12, 24], how much each cell tells of the error of colour.
    """

    box: tuple[int, int, int, int]
    luma: Floats
    chroma: Floats
    cells: Doubles
    rim: Floats

    @classmethod
    def of(cls, outline: Doubles, matrix: Doubles, size: int) -> Mask:
        """Of the lower face's ``outline`` in a picture with sides of ``size``. ``matrix``: the drawn half → the picture."""
        corners = _mapped(np.array([[0, 0], [FACE, 0], [FACE, FACE / 2], [0, FACE / 2]]) - 0.5, matrix)
        x0, y0 = (int(at) // 2 * 2 for at in np.clip(np.floor(corners.min(axis=0)), 0, size - 2))
        x1, y1 = (int(at) // 2 * 2 for at in np.clip(np.ceil(corners.max(axis=0)) + 2, [x0 + 2, y0 + 2], size))
        box = (x0, y0, x1, y1)
        shown = _lower_face(_mapped(outline, cv2.invertAffineTransform(matrix)))
        fine, coarse = (np.clip(_laid(shown, matrix, box, scale, cv2.BORDER_CONSTANT), 0, 1) for scale in (1, 2))
        return cls(box, fine, coarse[..., None], zoomed(matrix, _CELL), _rim(shown))


def paste(layer: Planes, mask: Mask, patch: Pixels, matrix: Doubles, strength: float) -> None:
    """Lay ``patch`` (uint8 BGR) into the layer. ``matrix``: its pixels → pixels of the picture. ``strength``: 0 … 1."""
    rest = _at_rest(layer, matrix, patch.shape[1::-1])
    change = cv2.transform(patch.astype(np.float32), _FROM_LEVELS) - rest
    change -= _colour_error(change, matrix, mask)
    moved = _moved(change[..., 0])
    change *= _between(moved, _STILL, _STIRRED)[..., None]
    drop = _between(moved, _KEEP, _DROP)
    _sharpen(change[..., 0], rest[..., 0], drop, float(np.linalg.norm(matrix[:, 0])))
    view = layer.crop(mask.box)
    luma = _laid(np.dstack([change[..., 0], drop, rest[..., 0]]), matrix, mask.box, 1)
    below = view.luma.astype(np.float32)
    blend(view.luma, luma[..., 0] + below + luma[..., 1] * (luma[..., 2] - below), mask.luma * np.float32(strength))
    chroma = view.chroma[..., :2]
    changed = _laid(change[..., 1:], matrix, mask.box, 2) + chroma
    blend(chroma, changed, mask.chroma * np.float32(strength))


def _moved(change: Floats) -> Floats:
    """How far the drawn mouth is from what the picture shows, levels, within a few pixels of each of the patch's."""
    calm = np.abs(cv2.GaussianBlur(change, (0, 0), _NOISE))
    return cast("Floats", cv2.dilate(calm, np.ones((_REACH, _REACH), np.uint8)))


def _between(values: Floats, low: float, high: float) -> Floats:
    """0 below ``low``, 1 above ``high``, without edges."""
    certain = smoothstep(((values - low) / (high - low)).astype(np.float32))
    return cast("Floats", cv2.GaussianBlur(certain, (0, 0), _REACH / 3))


def _sharpen(change: Floats, rest: Floats, drop: Floats, scale: float) -> None:
    """Sharpen what is drawn anew, in place, where the patch is enlarged by ``scale``: twice or more, in full."""
    drawn = change + rest
    amount = np.float32(_SHARPEN * min(max(scale - 1.0, 0.0), 1.0))
    fine, coarse = (cv2.GaussianBlur(drawn, (0, 0), radius) for radius in _RADII)
    change += amount * drop * (fine - coarse)


def sampled(picture: Floats | Pixels, matrix: Doubles, size: tuple[int, int]) -> Floats | Pixels:
    """Means of ``picture`` over the pixels of a picture of ``size`` (width, height); beyond the picture its border goes on.

    ``matrix``: pixels of the result → pixels of ``picture``; both count from the centre of the first.
    """
    fine = int(np.clip(np.ceil(np.linalg.norm(matrix[:, 0])), 1, _FINEST))
    larger = (size[0] * fine, size[1] * fine)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(picture, zoomed(matrix, 1 / fine), larger, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cast("Floats | Pixels", cv2.resize(found, size, interpolation=cv2.INTER_AREA) if fine > 1 else found)


def zoomed(matrix: Doubles, cell: float) -> Doubles:
    """The matrix for cells with sides of ``cell`` pixels."""
    first = cell / 2 - 0.5
    return np.column_stack([matrix[:, :2] * cell, matrix @ [first, first, 1.0]])


def _mapped(points: Doubles, matrix: Doubles) -> Doubles:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _lower_face(outline: Doubles) -> Floats:
    """The mask at the generator's resolution, 0 … 1 [48, 96], of an outline in its pixels."""
    away = outline - [FACE / 2, FACE / 4]
    down = away[:, 1] / (FACE / 4)
    beyond = _BEYOND * smoothstep(down + 0.5) + _BELOW * smoothstep(2 * down - 1)
    grown = outline + away / np.maximum(np.linalg.norm(away, axis=1), 1e-6)[:, None] * beyond[:, None]
    mask = fill((FACE // 2, FACE), grown, _SOFT).astype(np.float32) / np.float32(255)
    return mask * _rising(FACE // 2, _EDGE, _BOTTOM)[:, None] * _rising(FACE, _EDGE, _EDGE)


def _rising(count: int, first: float, last: float) -> Floats:
    """0 at the first and last of ``count`` pixels, 1 at the given distances from them."""
    at = np.arange(count)
    return smoothstep(np.minimum(at / first, (count - 1 - at) / last).astype(np.float32))


def _rim(shown: Floats) -> Floats:
    """Weights of the cells [12, 24]: where the mask fades, less so around the chin, which moves."""
    fading = cv2.resize(4 * shown * (1 - shown), None, fx=1 / _CELL, fy=1 / _CELL, interpolation=cv2.INTER_AREA)
    down = np.linspace(1.0, 0.2, len(fading), dtype=np.float32)
    return cast("Floats", fading * down[:, None])


def _at_rest(layer: Planes, matrix: Doubles, size: tuple[int, int]) -> Floats:
    """The layer at the resolution of a patch of ``size`` (width, height), where that lies: Y, U, V float32 [h, w, 3]."""
    luma = sampled(layer.luma, matrix, size)
    chroma = sampled(layer.chroma, _halved(matrix), size)
    return np.dstack([luma, chroma[..., :2]]).astype(np.float32)


def _colour_error(change: Floats, matrix: Doubles, mask: Mask) -> Floats:
    """What a change [h, w, 3] of a patch would be without movement, by its rim, evened out: like ``change``."""
    to_patch = _after(cv2.invertAffineTransform(matrix), mask.cells)
    rows, columns = mask.rim.shape
    cells = sampled(change, to_patch, (columns, rows))
    weight = mask.rim / (1 + (np.linalg.norm(cells, axis=2) / _MOVED) ** 4)
    known, error = (
        cv2.GaussianBlur(values, (0, 0), _SPREAD, borderType=cv2.BORDER_CONSTANT)
        for values in (weight, cells * weight[..., None])
    )
    even = np.clip(error / np.maximum(known, 1e-6)[..., None], -_MOST, _MOST).astype(np.float32)
    height, width = change.shape[:2]
    return cast("Floats", cv2.warpAffine(even, to_patch, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _laid(
    values: Floats, matrix: Doubles, box: tuple[int, int, int, int], scale: int, outside: int = cv2.BORDER_REPLICATE
) -> Floats:
    """Values of a patch at the pixels of the box, at luma (1) or chroma (2) resolution."""
    x0, y0, x1, y1 = (edge // scale for edge in box)
    placed = (matrix if scale == 1 else _halved(matrix)) - [[0, 0, x0], [0, 0, y0]]
    size = float(np.linalg.norm(placed[:, 0]))
    if size < _ALIAS_SCALE:
        source = cv2.GaussianBlur(values, (0, 0), 0.35 / size)
    else:
        # Curves through the patch's pixels, then lines between those of a finer patch: a third of the time of curves throughout.
        finer = min(int(np.ceil(size)), _FINER)
        source = cv2.resize(values, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC) if finer > 1 else values
        placed = zoomed(placed, 1 / finer)
    return cast("Floats", cv2.warpAffine(source, placed, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=outside))


def _halved(matrix: Doubles) -> Doubles:
    """For chroma, whose samples lie between two of luma: (x - 0.5) / 2."""
    return matrix * 0.5 - [[0, 0, 0.25], [0, 0, 0.25]]


def _after(second: Doubles, first: Doubles) -> Doubles:
    """First ``first``, then ``second``."""
    return np.column_stack([second[:, :2] @ first[:, :2], second @ [*first[:, 2], 1.0]])
