"""Clothes: shoulders cut to a neckline, with the folds of cloth."""

from __future__ import annotations

import numpy as np

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, curve, mirrored, single, smoothstep
from AvatarChatbot.avatars.studio.characters import Character, Garment
from AvatarChatbot.avatars.studio.light import Colour, Layer, Material, flat, scaled
from AvatarChatbot.avatars.studio.relief import inflate, normals

#: The shoulders' slope: right half, from the neck outwards.
_SHOULDER = [(128, 774), (190, 804), (292, 838), (376, 886), (426, 970), (450, 1120)]


def clothes(canvas: Canvas, who: Character) -> list[Layer]:
    """The layers of a character's clothes, innermost first."""
    if who.garment is Garment.BLAZER:
        return [_shirt(canvas, who), _blazer(canvas, who)]
    if who.garment is Garment.TURTLENECK:
        return [_body(canvas, who, _neckline(116, 780, 800)), _roll(canvas, who)]
    if who.garment is Garment.CREW:
        return [_body(canvas, who, _neckline(116, 764, 822)), _band(canvas, who, 764, 822)]
    return [_body(canvas, who, _vee(122, 770, 912)), _trim(canvas, who)]


def _torso(neckline: Array) -> Array:
    """A closed outline of the shoulders, open at the ``neckline`` (left to right)."""
    right = curve(_SHOULDER, 60) + single([AXIS, 0])
    left = right * single([-1, 1]) + single([2 * AXIS, 0])
    return np.vstack([neckline, right, left[::-1]])


def _neckline(half: float, top: float, bottom: float) -> Array:
    return curve(
        [
            (AXIS - half, top),
            (AXIS - half * 0.72, bottom - 22),
            (AXIS, bottom),
            (AXIS + half * 0.72, bottom - 22),
            (AXIS + half, top),
        ],
        80,
    )


def _vee(half: float, top: float, bottom: float) -> Array:
    points = [
        (AXIS - half, top),
        (AXIS - half * 0.66, top + 66),
        (AXIS - 12, bottom - 8),
        (AXIS, bottom),
        (AXIS + 12, bottom - 8),
    ]
    return curve([*points, (AXIS + half * 0.66, top + 66), (AXIS + half, top)], 90)


def _cloth(canvas: Canvas, cover: Array, colour: Colour, height: Array, gloss: float = 0.03) -> Layer:
    rgb = flat(colour, canvas.shape) * (1 + 0.012 * canvas.noise(5, 9))[..., None]
    return Layer(cover, rgb.astype(np.float32), height, normals(canvas, height), Material.CLOTH, gloss, 10)


def _folds(canvas: Canvas) -> Array:
    """Cloth pulled from neck to armpit: soft diagonal ridges."""
    side = np.abs(canvas.x - AXIS)
    ramp = smoothstep(830, 960, canvas.y)
    ridge = np.sin((side * 0.055 - canvas.y * 0.030) + 0.8 * canvas.noise(31, 160))
    return np.asarray(5.0 * ramp * ridge * smoothstep(60, 220, side) + 3 * canvas.noise(32, 90), np.float32)


def _body(canvas: Canvas, who: Character, neckline: Array, colour: Colour | None = None) -> Layer:
    cover = canvas.fill(_torso(neckline))
    whole = canvas.fill(_torso(_neckline(122, 756, 766)))
    height = inflate(canvas, whole, 120, 0.55) - 20 + _folds(canvas)
    return _cloth(canvas, cover, colour or who.garment_colour, height)


def _band(canvas: Canvas, who: Character, top: float, bottom: float) -> Layer:
    """The ribbed collar of a crew neck."""
    inner, outer = _neckline(112, top - 4, bottom - 4), _neckline(129, top + 8, bottom + 18)
    cover = canvas.fill(np.vstack([inner, outer[::-1]]))
    height = inflate(canvas, cover, 9, 0.5) + 62
    angle = np.arctan2(canvas.y - 724, canvas.x - AXIS)
    height += 0.7 * np.sin(angle * 150)
    return _cloth(canvas, cover, scaled(who.garment_colour, 0.92), height)


def _roll(canvas: Canvas, who: Character) -> Layer:
    """The rolled collar of a turtleneck."""
    n = who.shape.neck
    half = [
        (0, 724),
        (60, 720),
        (96 * n, 704),
        (105 * n, 716),
        (112 * n, 752),
        (124 * n, 782),
        (112 * n, 800),
        (60, 816),
        (0, 820),
    ]
    cover = canvas.fill(mirrored(curve(half, 90)))
    height = inflate(canvas, cover, 60, 0.5) + 30
    height += 1.2 * np.sin((canvas.x - AXIS) * 0.42) + 4 * canvas.bump(AXIS, 746, 140, 8)
    return _cloth(canvas, cover, who.garment_colour, height)


def _trim(canvas: Canvas, who: Character) -> Layer:
    """The folded edge of a blouse's neckline."""
    inner, outer = _vee(118, 764, 904), _vee(138, 767, 930)
    cover = canvas.fill(np.vstack([inner, outer[::-1]]))
    height = inflate(canvas, cover, 10, 0.5) + 60
    return _cloth(canvas, cover, scaled(who.garment_colour, 1.15), height, 0.06)


def _shirt(canvas: Canvas, who: Character) -> Layer:
    """An open collar: the shirt's body with two folded points laid on it."""
    layer = _body(canvas, who, _vee(112, 762, 868), who.shirt_colour)
    half = [(96, 722), (112, 746), (150, 800), (118, 872), (98, 876), (40, 846), (20, 858), (62, 812), (88, 770)]
    points = [[(AXIS + side * x, y) for x, y in half] for side in (-1, 1)]
    flaps = canvas.fill_all([curve([*p, p[0]], 120) for p in points])
    height = layer.height + 12 * canvas.blur(flaps, 1.5) + 10 * inflate(canvas, flaps, 1, 0.5)
    return _cloth(canvas, np.maximum(layer.cover, flaps), who.shirt_colour, height)


def _blazer(canvas: Canvas, who: Character) -> Layer:
    """A jacket with lapels over a shirt."""
    cover = canvas.fill(_torso(_vee(142, 782, 1060)))
    height = inflate(canvas, canvas.fill(_torso(_neckline(122, 756, 766))), 130, 0.55) - 10 + 0.6 * _folds(canvas)
    for side in (-1, 1):
        lapel = [(128, 778), (178, 806), (196, 858), (172, 880), (208, 896), (150, 1040), (30, 1100), (10, 1060), (84, 890)]
        shape = canvas.fill([(AXIS + side * x, y) for x, y in lapel])
        height += 9 * canvas.blur(shape, 1.4)
    return _cloth(canvas, cover, who.garment_colour, height)
