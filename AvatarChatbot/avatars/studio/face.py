"""The head: where its features lie, and its sculpture in skin (head, ears, neck) with lips, brows and eyelids."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, Points, curve, mirrored, single, smoothstep
from AvatarChatbot.avatars.studio.characters import Character, Shape
from AvatarChatbot.avatars.studio.light import Layer, Material, flat
from AvatarChatbot.avatars.studio.relief import inflate, normals

#: Canonical proportions (Loomis): eyes half-way down the head, nose base and mouth by thirds. Units, y down.
CROWN, BROW, EYES, NOSE, MOUTH, CHIN = 128.0, 379.0, 426.0, 546.0, 601.0, 702.0
#: Half the distance between the eyes' centres; the gap between the eyes is one eye's width.
EYE_OFFSET = 93.0
EYE_HALF_WIDTH = 49.0
HEAD_DEPTH = 205.0
NECK_DEPTH = 95.0


@dataclass(frozen=True)
class Features:
    """Where the features were drawn: closed outlines and curves, (n, 2) in units. "left" is the picture's left."""

    jaw: Array
    left_eye: Array
    right_eye: Array
    upper_lip: Array
    lower_lip: Array
    seam: Array


def features(shape: Shape) -> Features:
    """The outlines that follow from a character's proportions."""
    right = eye_outline(shape) + single([AXIS + EYE_OFFSET, EYES])
    left = right * single([-1, 1]) + single([2 * AXIS, 0])
    upper, lower, seam = _lips(shape)
    return Features(head_outline(shape), left, right, upper, lower, seam)


def head_outline(shape: Shape) -> Array:
    """The closed silhouette of skull and jaw, without ears."""
    j, c, k = shape.jaw, shape.chin, shape.cheek
    half = [(0, CROWN), (95, 138), (162, 182), (197, 262), (204 * k, 345), (201 * k, 430), (191 * k, 500)]
    half += [(172 * j, 565), (135 * j, 626), (82 * (j + c) / 2, 674), (41 * c, 697), (0, CHIN)]
    return mirrored(curve(half, 120))


def eye_outline(shape: Shape) -> Array:
    """The opening of the right eye about its centre: closed, x towards the temple."""
    o, s, w = shape.eye, shape.slant, EYE_HALF_WIDTH
    inner, outer = (-w, 5.5 + 0.3 * s), (w, -0.5 - s)
    upper = [inner, (-39, -7 * o), (-19, -22 * o), (5, -27 * o - 0.3 * s), (29, -20 * o - 0.7 * s), outer]
    lower = [outer, (34, 12 * o - 0.7 * s), (9, 20 * o), (-18, 18.5 * o), (-37, 12.5 * o), inner]
    return np.vstack([curve(upper, 60), curve(lower, 60)[1:-1]])


def _lips(shape: Shape) -> tuple[Array, Array, Array]:
    w, f = 65.0 * shape.mouth, shape.lips
    seam = _both_sides([(w, MOUTH - 9), (0.66 * w, MOUTH - 1), (0.25 * w, MOUTH + 0.5), (0, MOUTH + 1.5)])
    peak, dip = MOUTH - 4 - 16.5 * f, MOUTH - 3 - 13.5 * f
    top = _both_sides([(w, MOUTH - 10), (0.66 * w, MOUTH - 8.5 - 4 * f), (0.27 * w, peak), (0, dip)])
    belly = MOUTH + 1 + 26.5 * f
    bottom = _both_sides([(w, MOUTH - 8.5), (0.74 * w, MOUTH + 2 + 9 * f), (0.36 * w, belly - 3.5 * f), (0, belly)])
    return np.vstack([top, seam[::-1]]), np.vstack([seam, bottom[::-1]]), seam


def _both_sides(half: list[tuple[float, float]]) -> Array:
    """A curve across the face from its right half, outermost point first: returned from left to right."""
    left = [(-x, y) for x, y in half]
    right = [(x, y) for x, y in half[:-1]]
    return curve(left + right[::-1], 90) + single([AXIS, 0])


def neck(canvas: Canvas, who: Character) -> Layer:
    """Neck and the skin of the shoulders, down to where clothes cover it."""
    n = who.shape.neck
    half = [(86 * n, 600), (86 * n, 680), (90 * n, 730), (110 * n, 776), (190, 818), (300, 854), (380, 930), (400, 1100)]
    cover = canvas.fill(mirrored(curve(half, 80)))
    height = inflate(canvas, cover, NECK_DEPTH, 0.6) - 85
    cords = canvas.bumps(44, 745, 15, 56, 24)
    notch = canvas.bump(AXIS, 790, 15, 13)
    collarbones = canvas.bumps(105, 806, 70, 7, -6)
    height += 6 * cords - 7 * notch + 7 * collarbones
    colour = flat(who.skin.base, canvas.shape) * single([0.95, 0.93, 0.92])
    return Layer(cover, colour, height, normals(canvas, height), Material.SKIN, who.skin.gloss * 0.5)


def ears(canvas: Canvas, who: Character) -> Layer:
    """Both ears, between brow and nose base."""
    half = [(186, 408), (206, 392), (224, 398), (229, 424), (223, 460), (213, 494), (203, 520), (191, 522), (184, 470)]
    k = who.shape.cheek
    right = curve([(AXIS + x * k, y) for x, y in [*half, half[0]]], 90)
    left = right * single([-1, 1]) + single([2 * AXIS, 0])
    cover = np.maximum(canvas.fill(right), canvas.fill(left))
    height = inflate(canvas, cover, 22, 0.5)
    bowl = canvas.bumps(206 * k, 452, 6.5, 20, 10)
    groove = canvas.bumps(214 * k, 420, 3.2, 17, 12) + canvas.bumps(209 * k, 404, 8, 3, -20)
    height -= 13 * bowl + 6 * groove
    colour = flat(who.skin.base, canvas.shape)
    colour += (0.22 + 0.35 * bowl + 0.2 * groove)[..., None] * (single(who.skin.blush) - colour)
    return Layer(cover, colour, height - 6, normals(canvas, height), Material.SKIN, who.skin.gloss)


def head(canvas: Canvas, who: Character) -> Layer:
    """The face, sculpted on the inflated head."""
    f = features(who.shape)
    cover = canvas.fill(f.jaw)
    height = inflate(canvas, cover, HEAD_DEPTH, 0.5)
    height += _planes(canvas, who.shape) + _nose(canvas, who.shape) + _eyelids(canvas, who.shape, f) + _lip_relief(canvas, f)
    height -= who.shape.age * _lines(canvas)
    colour, gloss = _complexion(canvas, who, f)
    return Layer(cover, colour, height, normals(canvas, height), Material.SKIN, gloss, 20)


def _planes(canvas: Canvas, shape: Shape) -> Array:
    """Brow, sockets, cheeks, the barrel of the mouth and the chin."""
    b = canvas.bumps
    relief = 9 * b(80, BROW + 2, 52, 15, -4) + 5 * canvas.bump(AXIS, BROW + 4, 26, 16)
    relief -= 24 * b(EYE_OFFSET - 6, EYES - 9, 43, 25) + 3 * b(52, EYES - 8, 13, 16)
    relief += 16 * b(118, 500, 44, 38) - 8 * b(146, 585, 34, 42)
    relief += 15 * canvas.bump(AXIS, 594, 60, 38)
    relief += 15 * canvas.bump(AXIS, 672, 36 * shape.chin, 20) - 8 * canvas.bump(AXIS, 643, 40, 9)
    relief -= 2.6 * canvas.bump(AXIS, 568, 5.5, 13) - 1.6 * b(10, 568, 5, 13)
    return np.asarray(relief - 4.5 * b(74 * shape.mouth, MOUTH - 9, 8, 10), np.float32)


def _nose(canvas: Canvas, shape: Shape) -> Array:
    w, h = shape.nose, shape.nose_height
    x, y = canvas.x - AXIS, canvas.y
    rise = np.interp(y, [385, 420, 470, 515, 532, 545, 556], [0, 9, 25, 42, 40, 22, 0]).astype(np.float32)
    rise = canvas.blur(rise, 7)
    width = np.interp(y, [390, 430, 480, 530], [16, 13, 16 * w, 23 * w]).astype(np.float32)
    ridge = rise * np.exp(-0.5 * (x / canvas.blur(width, 8)) ** 2)
    tip = 17 * canvas.bump(AXIS, 522, 18 * w, 15)
    wings = 21 * canvas.bumps(29 * w, 534, 11 * w, 11.5)
    nostrils = 13 * canvas.bumps(14.5 * w, 549, 8.5 * w, 4.2, -14)
    creases = 4 * canvas.bumps(43 * w, 536, 4, 12, 14)
    return np.asarray(h * (ridge + tip) + wings - nostrils - creases, np.float32)


def outside(canvas: Canvas, outline: Array) -> Array:
    """Distance (units) of each point from an outline, 0 inside it."""
    mask = (canvas.fill(outline) < 0.5).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5) / canvas.scale, np.float32)


def _eyelids(canvas: Canvas, shape: Shape, f: Features) -> Array:
    relief = np.zeros(canvas.shape, np.float32)
    for outline, side in ((f.left_eye, -1), (f.right_eye, 1)):
        d = outside(canvas, outline)
        cx = AXIS + side * EYE_OFFSET
        above = smoothstep(EYES + 6, EYES - 8, canvas.y)
        near = canvas.bump(cx, EYES - 8, 42, 60)
        relief += 17 * canvas.bump(cx, EYES - 2, 37, 23)
        relief += above * near * (4.5 * np.exp(-(((d - 6) / 7) ** 2)) - 5.5 * shape.fold * np.exp(-(((d - 15.5) / 3.6) ** 2)))
        relief += (
            (1 - above)
            * (2.2 * np.exp(-(((d - 5) / 4) ** 2)) - 2.4 * np.exp(-(((d - 19) / 8) ** 2)))
            * canvas.bump(cx, EYES + 26, 34, 22)
        )
    return canvas.blur(relief, 0.8)


def _lip_relief(canvas: Canvas, f: Features) -> Array:
    upper, lower = canvas.fill(f.upper_lip), canvas.fill(f.lower_lip)
    relief = 7.5 * inflate(canvas, upper, 1, 0.6) + 11 * inflate(canvas, lower, 1, 0.6)
    groove = canvas.fill(_thick(f.seam, 2.6), 1.4)
    border = canvas.blur(np.maximum(upper, lower), 5) * 2.5
    return np.asarray(canvas.blur(relief + border, 1.0) - 5 * groove, np.float32)


def _thick(line: Array, width: float) -> Array:
    """A closed sliver about a curve, ``width`` at its middle and pointed at its ends."""
    taper = np.sin(np.pi * np.linspace(0.02, 0.98, len(line)))[:, None] ** 0.6
    lift = single([0, 0.5]) * single(width) * taper
    return np.asarray(np.vstack([line - lift, (line + lift)[::-1]]), np.float32)


def _beside(points: Points, side: int) -> Array:
    """Points given as offsets from the face's axis, to its right (``side`` 1) or left (−1)."""
    return single(points) * single([side, 1]) + single([AXIS, 0])


def _lines(canvas: Canvas) -> Array:
    """What years add: folds from nose to mouth, crow's feet, lines on the brow, bags under the eyes."""
    relief = np.zeros(canvas.shape, np.float32)
    for side in (-1, 1):
        fold = curve(_beside([(48, 536), (68, 560), (84, 588), (88, 612)], side), 60)
        relief += 3.2 * canvas.fill(_thick(fold, 6), 3.0)
        for y0, y1 in ((414, 402), (426, 428), (436, 448)):
            relief += 1.1 * canvas.fill(_thick(curve(_beside([(150, y0), (164, (y0 + y1) / 2), (177, y1)], side), 30), 2.5), 1.2)
        bag = curve(_beside([(54, 452), (80, 466), (112, 466), (134, 452)], side), 40)
        relief += 1.6 * canvas.fill(_thick(bag, 4), 2.2)
    for y, w in ((300, 105), (328, 115)):
        brow = curve([(AXIS - w, y + 4), (AXIS - w / 2, y - 3), (AXIS, y + 2), (AXIS + w / 2, y - 3), (AXIS + w, y + 4)], 80)
        relief += 1.2 * canvas.fill(_thick(brow, 3.5), 2.0)
    return relief


def _complexion(canvas: Canvas, who: Character, f: Features) -> tuple[Array, Array]:
    """Colour and gloss of the face's skin and lips."""
    skin, b = who.skin, canvas.bumps
    colour = flat(skin.base, canvas.shape)

    def tint(amount: Array, target: ArrayLike) -> None:
        nonlocal colour
        colour = colour + np.clip(amount, 0, 1)[..., None] * (single(target) - colour)

    dark = (skin.base[0] * 0.72, skin.base[1] * 0.62, skin.base[2] * 0.62)
    tint(0.34 * b(118, 508, 46, 34) + 0.22 * canvas.bump(AXIS, 528, 30, 18), skin.blush)
    tint(0.12 * canvas.bump(AXIS, 672, 40, 24), skin.blush)
    tint(0.22 * b(EYE_OFFSET, EYES - 6, 46, 24) + 0.18 * b(62, EYES + 10, 18, 14), dark)
    tint(0.14 * smoothstep(560, 700, canvas.y), dark)
    if who.freckles:
        tint(who.freckles * _freckles(canvas, who), dark)
    if who.stubble:
        tint(who.stubble * _beard(canvas, who.shape), 0.55 * single(who.hair_colour) + 0.18 * single(skin.base))
    upper, lower = canvas.fill(f.upper_lip, 1.3), canvas.fill(f.lower_lip, 1.5)
    lip_dark = (skin.lips[0] * 0.86, skin.lips[1] * 0.80, skin.lips[2] * 0.80)
    tint(0.92 * upper, lip_dark)
    tint(0.86 * lower, skin.lips)
    tint(0.85 * canvas.fill(_thick(f.seam, 3.4), 0.9), (skin.lips[0] * 0.38, skin.lips[1] * 0.26, skin.lips[2] * 0.26))
    tint(0.80 * b(14.5 * who.shape.nose, 550, 7.5 * who.shape.nose, 3.0, -14), (dark[0] * 0.42, dark[1] * 0.34, dark[2] * 0.34))
    shine = 0.7 + 0.8 * canvas.bump(AXIS, 500, 16, 40) + 0.5 * canvas.bump(AXIS, 300, 90, 50)
    wet = canvas.bump(AXIS - 10, MOUTH + 13, 20, 5) + 0.5 * canvas.bump(AXIS + 20, MOUTH + 13, 10, 4)
    gloss = skin.gloss * shine + (0.14 + 0.34 * wet) * lower + 0.06 * upper
    return np.asarray(colour, np.float32), np.asarray(gloss, np.float32)


def _freckles(canvas: Canvas, who: Character) -> Array:
    rng = np.random.default_rng(who.seed)
    ring = np.linspace(0, 2 * np.pi, 12)
    spots = []
    for _ in range(70):
        x, y, r = rng.normal(0, 78), rng.normal(490, 22), rng.uniform(1.1, 2.1)
        spots.append(np.stack([AXIS + x + r * np.cos(ring), y + r * np.sin(ring)], 1).astype(np.float32))
    return canvas.fill_all(spots, 0.8) * single(0.45)


def _beard(canvas: Canvas, shape: Shape) -> Array:
    """Where stubble grows: jaw, chin and upper lip, not the cheeks nor just below the lower lip's middle."""
    low = smoothstep(560, 640, canvas.y + 0.0016 * (canvas.x - AXIS) ** 2 - 22)
    upper_lip = canvas.bump(AXIS, 574, 52 * shape.mouth, 9)
    lips = canvas.bump(AXIS, MOUTH + 4, 58 * shape.mouth, 16)
    grain = 0.85 + 0.10 * canvas.noise(77, 5)
    return np.asarray(np.clip(np.maximum(low, 0.9 * upper_lip) - 0.9 * lips, 0, 1) * grain * 0.55, np.float32)
