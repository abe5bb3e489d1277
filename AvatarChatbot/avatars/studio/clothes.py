"""Clothes: shoulders cut to a neckline, with the folds of cloth."""

from __future__ import annotations

import numpy as np

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, curve, mirrored, smoothstep
from AvatarChatbot.avatars.studio.characters import Character, Garment
from AvatarChatbot.avatars.studio.light import Colour, Layer, Material, flat
from AvatarChatbot.avatars.studio.relief import inflate, normals

#: The shoulders' slope: right half, from the neck outwards.
_SHOULDER = [(126, 806), (190, 838), (290, 872), (372, 920), (420, 1000), (440, 1120)]


def clothes(canvas: Canvas, who: Character) -> list[Layer]:
    """The layers of a character's clothes, innermost first."""
    if who.garment is Garment.BLAZER:
        return [_shirt(canvas, who), _blazer(canvas, who)]
    if who.garment is Garment.TURTLENECK:
        return [_body(canvas, who, _neckline(128, 790, 806)), _roll(canvas, who)]
    if who.garment is Garment.CREW:
        return [_body(canvas, who, _neckline(122, 800, 858)), _band(canvas, who, 800, 858)]
    return [_body(canvas, who, _vee(130, 806, 946)), _trim(canvas, who)]


def _torso(neckline: Array) -> Array:
    """A closed outline of the shoulders, open at the ``neckline`` (left to right)."""
    right = curve(_SHOULDER, 60) + np.float32([AXIS, 0])
    left = right * np.float32([-1, 1]) + np.float32([2 * AXIS, 0])
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
    rgb = flat(colour, canvas.shape) * (1 + 0.015 * canvas.noise(5, 4))[..., None]
    return Layer(cover, rgb.astype(np.float32), height, normals(canvas, height), Material.CLOTH, gloss, 10)


def _folds(canvas: Canvas) -> Array:
    """Cloth pulled from neck to armpit: soft diagonal ridges."""
    side = np.abs(canvas.x - AXIS)
    ramp = smoothstep(830, 960, canvas.y)
    ridge = np.sin((side * 0.055 - canvas.y * 0.030) + 0.8 * canvas.noise(31, 160))
    return np.asarray(5.0 * ramp * ridge * smoothstep(60, 220, side) + 3 * canvas.noise(32, 90), np.float32)


def _body(canvas: Canvas, who: Character, neckline: Array, colour: Colour | None = None) -> Layer:
    cover = canvas.fill(_torso(neckline))
    whole = canvas.fill(_torso(_neckline(128, 790, 800)))
    height = inflate(canvas, whole, 120, 0.55) - 20 + _folds(canvas)
    return _cloth(canvas, cover, colour or who.garment_colour, height)


def _band(canvas: Canvas, who: Character, top: float, bottom: float) -> Layer:
    """The ribbed collar of a crew neck."""
    inner, outer = _neckline(118, top - 10, bottom - 4), _neckline(134, top - 4, bottom + 18)
    cover = canvas.fill(np.vstack([inner, outer[::-1]]))
    height = inflate(canvas, cover, 9, 0.5) + 62
    angle = np.arctan2(canvas.y - 760, canvas.x - AXIS)
    height += 0.7 * np.sin(angle * 150)
    return _cloth(canvas, cover, tuple(0.92 * c for c in who.garment_colour), height)


def _roll(canvas: Canvas, who: Character) -> Layer:
    """The rolled collar of a turtleneck."""
    n = who.shape.neck
    half = [(0, 748), (60, 744), (104 * n, 728), (112 * n, 740), (120 * n, 790), (134 * n, 824), (70, 842), (0, 848)]
    cover = canvas.fill(mirrored(curve(half, 90)))
    height = inflate(canvas, cover, 60, 0.5) + 30
    height += 1.2 * np.sin((canvas.x - AXIS) * 0.42) + 4 * canvas.bump(AXIS, 770, 140, 8)
    return _cloth(canvas, cover, who.garment_colour, height)


def _trim(canvas: Canvas, who: Character) -> Layer:
    """The folded edge of a blouse's neckline."""
    inner, outer = _vee(126, 800, 938), _vee(146, 802, 964)
    cover = canvas.fill(np.vstack([inner, outer[::-1]]))
    height = inflate(canvas, cover, 10, 0.5) + 60
    return _cloth(canvas, cover, tuple(min(1, 1.12 * c + 0.02) for c in who.garment_colour), height, 0.06)


def _shirt(canvas: Canvas, who: Character) -> Layer:
    return _body(canvas, who, _vee(118, 796, 892), who.shirt_colour)


def _blazer(canvas: Canvas, who: Character) -> Layer:
    """A jacket with lapels over a shirt."""
    cover = canvas.fill(_torso(_vee(150, 818, 1060)))
    height = inflate(canvas, canvas.fill(_torso(_neckline(128, 790, 800))), 130, 0.55) - 10 + 0.6 * _folds(canvas)
    for side in (-1, 1):
        lapel = [(140, 812), (196, 846), (172, 900), (206, 914), (120, 1060), (40, 1060), (96, 920)]
        shape = canvas.fill([(AXIS + side * x, y) for x, y in lapel], 1.0)
        height += 7 * shape
    return _cloth(canvas, cover, who.garment_colour, height)
