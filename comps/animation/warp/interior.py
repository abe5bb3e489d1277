"""Inside the mouth: cavity, teeth and tongue, in colours taken from the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Axes, Doubles, Pixels, fill, smoothstep, spline
from comps.animation.warp.mouth import MouthShape
from comps.animation.warp.planes import half, yuv

#: Brightness of a colour, B, G, R (BT.601).
_LUMA = np.array([0.114, 0.587, 0.299])
#: Real teeth are looked for where the picture's mouth is open by this much, mouth units.
_OPEN_ENOUGH = 0.05


@dataclass(frozen=True)
class Plate:
    """A layer: Y and coverage, uint8 ``[h, w, 2]``; U, V and coverage, uint8 ``[h / 2, w / 2, 3]``."""

    luma: Pixels
    chroma: Pixels

    @classmethod
    def of(cls, bgr: Doubles, coverage: Doubles) -> Plate:
        """From a colour ``[h, w, 3]`` and a coverage ``[h, w]``, both 0 … 1."""
        colour = yuv(np.clip(bgr, 0, 1).astype(np.float32))
        alpha = 255 * coverage.astype(np.float32)
        luma = np.dstack([colour[..., 0], alpha])
        chroma = half(np.dstack([colour[..., 1:], alpha]))
        return cls(np.round(luma).astype(np.uint8), np.round(chroma).astype(np.uint8))


@dataclass(frozen=True)
class Interior:
    """What lies behind the lips, in the box x0, y0, x1, y1 (even): upper teeth stand still, the rest goes with the jaw."""

    box: tuple[int, int, int, int]
    cavity: Plate
    upper_teeth: Plate
    lower_teeth: Plate
    tongue: Plate


@dataclass(frozen=True)
class Palette:
    """Colours B, G, R 0 … 1, ``[3]``."""

    teeth: Doubles
    dark: Doubles
    flesh: Doubles
    light: float

    @classmethod
    def mean(cls, palettes: Sequence[Palette]) -> Palette:
        """The middle of several."""
        teeth, dark, flesh = (np.mean([getattr(one, name) for one in palettes], axis=0) for name in ("teeth", "dark", "flesh"))
        return cls(teeth, dark, flesh, float(np.mean([one.light for one in palettes])))


def build(picture: Pixels, shape: MouthShape, points: Doubles) -> Interior:
    """For ``picture`` (BGR uint8 ``[size, size, 3]``) with landmarks ``[478, 2]``; teeth that it shows are its own."""
    colours = palette(picture, shape, points)
    drawn = draw(shape, len(picture), colours)
    if shape.open_by_itself <= _OPEN_ENOUGH:
        return drawn
    teeth = _real_teeth(picture, shape, drawn.box, colours)
    if teeth is not None:
        return replace(drawn, upper_teeth=teeth)
    return draw(shape, len(picture), _own(picture, shape, drawn.box, colours))


def draw(shape: MouthShape, size: int, colours: Palette) -> Interior:
    """All drawn, in the given colours."""
    box = _box(shape, size)
    x, y = _mouth_coordinates(shape, box)
    return Interior(
        box=box,
        cavity=_cavity(x, y, colours),
        upper_teeth=_upper_teeth(x, y, colours),
        lower_teeth=_lower_teeth(x, y, colours),
        tongue=_tongue(x, y, colours),
    )


def _box(shape: MouthShape, size: int) -> tuple[int, int, int, int]:
    w, u = shape.width, shape.unit
    corners = np.array([(x, y) for x in (-0.72 * w, 0.72 * w) for y in (-0.32 * u, 0.62 * u)])
    reach = shape.axes.picture(corners)
    low = np.clip(np.floor(reach.min(axis=0)).astype(int) // 2 * 2, 0, size - 2)
    high = np.clip((np.ceil(reach.max(axis=0)).astype(int) + 1) // 2 * 2, low + 2, size)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def palette(picture: Pixels, shape: MouthShape, points: Doubles) -> Palette:
    """Colours for the inside of the mouth, from the picture's skin and lips."""
    radius = max(2, int(0.08 * shape.width))
    skin = np.percentile(np.vstack([_patch(picture, points[i], radius) for i in face.SKIN]), 75, axis=0)
    lips = np.median(np.vstack([_patch(picture, points[i], max(1, radius // 3)) for i in face.LIPS]), axis=0)
    light = float(skin @ _LUMA)
    white = np.array([0.86, 0.93, 0.96])
    teeth = (0.72 * white + 0.28 * skin / max(float(skin.max()), 0.1)) * np.clip(light * 1.12 + 0.08, 0.42, 0.90)
    red = np.array([0.40, 0.38, 0.74]) * max(float(lips @ _LUMA), 0.25) / 0.5
    flesh = 0.5 * lips + 0.5 * red
    return Palette(
        teeth=teeth,
        dark=np.clip(flesh * 0.20 * np.array([0.8, 0.7, 1.15]), 0.02, 0.20),
        flesh=np.clip(flesh * np.array([0.80, 0.74, 0.98]), 0, 0.72),
        light=light,
    )


def _own(picture: Pixels, shape: MouthShape, box: tuple[int, int, int, int], colours: Palette) -> Palette:
    """The colours inside an open mouth without teeth, as the picture has them: a robot's may be blue."""
    x0, y0, x1, y1 = box
    inside = picture[y0:y1, x0:x1][_opening(shape, box) > 128].astype(np.float64) / 255
    if len(inside) < 20:
        return colours
    order = np.argsort(inside @ _LUMA)
    dark, flesh = inside[order[len(order) // 4]], inside[order[len(order) * 7 // 8]]
    return replace(colours, dark=np.clip(dark, 0, 0.25), flesh=np.clip(flesh, 0, 0.72))


def _patch(picture: Pixels, centre: Doubles, radius: int) -> Doubles:
    size = len(picture)
    x, y = np.clip(centre.astype(int), 0, size - 1)
    patch = picture[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
    return patch.reshape(-1, 3).astype(np.float64) / 255


def _mouth_coordinates(shape: MouthShape, box: tuple[int, int, int, int]) -> tuple[Doubles, Doubles]:
    """x in mouth widths from the middle, y in mouth units below the (half-followed) lip line; each ``[h, w]``."""
    x0, y0, x1, y1 = box
    columns, rows = np.meshgrid(np.arange(x0, x1, dtype=np.float64), np.arange(y0, y1, dtype=np.float64))
    local = shape.axes.local(np.dstack([columns, rows]))
    x = local[..., 0] / shape.width
    line = np.interp(x, shape.inner_upper[:, 0] / shape.width, shape.seam / shape.unit)
    return x, local[..., 1] / shape.unit - 0.5 * line


def _cavity(x: Doubles, y: Doubles, palette: Palette) -> Plate:
    """Depth: flesh at the palate and the cheeks' inside, darkening towards the throat."""
    throat = np.exp(-((x / 0.20) ** 2) - ((y - 0.10) / 0.08) ** 2)
    shade = 0.85 * (1 - throat)[..., None]
    colour = palette.dark * 0.6 + (palette.flesh * 0.50 - palette.dark * 0.6) * shade
    return Plate.of(colour, np.ones_like(x))


def _arch(x: Doubles, half_width: float, edges: tuple[float, ...]) -> tuple[Doubles, Doubles, Doubles]:
    """Teeth along an arch seen from the front: how far round (0 … 1), which tooth, and where on it (0 … 1)."""
    around = np.abs(np.arcsin(np.clip(x / half_width, -1, 1)) / (np.pi / 2))
    tooth = np.interp(around, edges, np.arange(len(edges)))
    return around, np.clip(np.floor(tooth), 0, len(edges) - 2).astype(int), tooth - np.floor(tooth)


def _upper_teeth(x: Doubles, y: Doubles, palette: Palette) -> Plate:
    half_width = 0.37
    around, tooth, along = _arch(x, half_width, (0, 0.235, 0.43, 0.62, 0.80, 1.0))
    gap = np.exp(-((np.minimum(along, 1 - along) / 0.055) ** 2)) * (around > 0.02) + np.exp(-((around / 0.016) ** 2))
    length = np.array([0.062, 0.050, 0.058, 0.040, 0.030])[tooth]
    edge = length - 0.012 + 0.012 * (1 - (2 * along - 1) ** 2) - 0.18 * x**2
    coverage = smoothstep((edge - y) / 0.020 + 0.5) * smoothstep((half_width - np.abs(x)) / 0.06)
    shade = (1 - 0.60 * around**1.7) * (1 - 0.15 * np.clip(gap, 0, 1)) * (1 - 0.25 * smoothstep((-0.05 - y) / 0.2))
    shade *= 1 - 0.10 * smoothstep((y - edge + 0.025) / 0.03)
    return Plate.of(palette.teeth * shade[..., None], coverage)


def _lower_teeth(x: Doubles, y: Doubles, palette: Palette) -> Plate:
    half_width = 0.31
    around, _, along = _arch(x, half_width, (0, 0.16, 0.34, 0.54, 0.76, 1))
    gap = np.exp(-((np.minimum(along, 1 - along) / 0.07) ** 2))
    edge = 0.075 + 0.12 * x**2
    coverage = smoothstep((y - edge) / 0.022 + 0.5) * smoothstep((half_width - np.abs(x)) / 0.06)
    shade = 0.74 * (1 - 0.6 * around**1.6) * (1 - 0.10 * gap)
    return Plate.of(palette.teeth * shade[..., None], coverage)


def _tongue(x: Doubles, y: Doubles, palette: Palette) -> Plate:
    distance = (x / 0.30) ** 2 + ((y - 0.165) / 0.12) ** 2
    groove = np.exp(-((x / 0.03) ** 2))
    # Light falls on the tip, right behind the lower teeth; the back lies in the dark.
    back = smoothstep((0.17 - y) / 0.14)
    shade = np.clip(1.05 - 0.30 * distance - 0.12 * groove - 0.45 * back, 0.25, 1.2)
    return Plate.of(palette.flesh * shade[..., None], smoothstep((1.15 - distance) / 0.5))


def _real_teeth(picture: Pixels, shape: MouthShape, box: tuple[int, int, int, int], palette: Palette) -> Plate | None:
    """The teeth that the picture shows, carried on a little beyond its opening; None where it shows none."""
    x0, y0, x1, y1 = box
    patch = picture[y0:y1, x0:x1]
    opening = _opening(shape, box)
    inside = opening > 128
    bright = _whiteness(patch, palette.light)
    if inside.sum() < 20 or float(bright[inside].mean()) < 0.35:
        return None
    reach = 2 * int(0.07 * shape.unit) + 1
    wider = cv2.dilate(opening, np.ones((reach, reach), np.uint8))
    unknown = ((wider > 0) & (opening < 200)).astype(np.uint8)
    carried = cv2.inpaint(np.ascontiguousarray(patch), unknown, 3, cv2.INPAINT_TELEA).astype(np.float64) / 255
    soft = cv2.GaussianBlur(opening, (0, 0), 1.0).astype(np.float64) / 255
    coverage = cv2.GaussianBlur((wider > 0).astype(np.float64), (0, 0), 1.0) * _above_lower_lip(shape, box)
    return Plate.of(carried * (1 - 0.25 * (1 - soft))[..., None], coverage)


def _opening(shape: MouthShape, box: tuple[int, int, int, int]) -> Pixels:
    axes = Axes(shape.origin - [box[0], box[1]], shape.right, shape.down)
    contour = np.vstack([spline(shape.inner_upper, 40), spline(shape.inner_lower, 40)[::-1]])
    mask = fill((box[3] - box[1], box[2] - box[0]), axes.picture(contour))
    return cast("Pixels", cv2.erode(mask, np.ones((3, 3), np.uint8)))


def _whiteness(patch: Pixels, light: float) -> Doubles:
    colour = patch.astype(np.float64) / 255
    value = colour.max(axis=2)
    saturation = (value - colour.min(axis=2)) / (value + 1e-3)
    return np.asarray(smoothstep((value - 0.38 * light - 0.10) / 0.12) * smoothstep((0.55 - saturation) / 0.2))


def _above_lower_lip(shape: MouthShape, box: tuple[int, int, int, int]) -> Doubles:
    """The row of teeth ends a hair above the picture's lower lip, and inside the corners."""
    x0, y0, x1, y1 = box
    columns, rows = np.meshgrid(np.arange(x0, x1, dtype=np.float64), np.arange(y0, y1, dtype=np.float64))
    local = shape.axes.local(np.dstack([columns, rows]))
    lip = np.interp(local[..., 0], shape.inner_lower[:, 0], shape.inner_lower[:, 1])
    above = smoothstep((lip - local[..., 1]) / (0.02 * shape.unit) + 0.25)
    within = smoothstep((shape.inner_upper[-1, 0] * 0.94 - np.abs(local[..., 0])) / (0.05 * shape.width))
    return np.asarray(above * within)
