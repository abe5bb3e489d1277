"""Hair: locks combed along splines, each strand drawn with its direction, so that it shines like hair."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, Points, curve, mirrored, single, smoothstep
from AvatarChatbot.avatars.studio.characters import Character, HairStyle
from AvatarChatbot.avatars.studio.eyes import brow_line
from AvatarChatbot.avatars.studio.light import Colour, Layer, Material, scaled
from AvatarChatbot.avatars.studio.relief import inflate, normals, unit

#: Strands a unit of a lock's width.
_DENSITY = 0.75


class Comb:
    """Collects strands: their direction, their place across the lock (−1 … 1) and their tone."""

    def __init__(self, canvas: Canvas, seed: int) -> None:
        self.canvas = canvas
        self.rng = np.random.default_rng(seed)
        self.strands = np.zeros((*canvas.shape, 4), np.float32)
        self.cover = np.zeros(canvas.shape, np.uint8)

    def lock(self, path: Points, width: float, tone: float = 0.0, root: float = 0.5, tip: float = 0.1, samples: int = 36) -> None:
        """A lock along ``path``, ``width`` units at its widest, ``root`` and ``tip`` of it at its ends, brighter by ``tone``."""
        line = curve(path, samples)
        t = np.linspace(0, 1, samples)
        half = 0.5 * width * np.interp(t, [0, 0.3, 0.62, 0.85, 1], [root, 1, 0.9, max(0.55, tip), tip])
        way = np.gradient(line, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-6
        across = np.stack([-way[:, 1], way[:, 0]], 1)
        count = max(4, int(width * _DENSITY))
        # the middle strands lie on top
        order = sorted(np.linspace(-1, 1, count), key=lambda v: -abs(v) + 0.3 * self.rng.random())
        thick = 1.9 * self.canvas.scale * width / count
        taper = np.interp(t, [0, 0.6, 1], [1, 1, max(0.25, min(1, 1.4 * tip))])
        base = tone + self.rng.normal(0, 0.035)
        for v in order:
            stray = v + self.rng.normal(0, 0.05)
            strand = line + across * (half * stray)[:, None]
            self._strand(strand, way, v, base + self.rng.normal(0, 0.04), single(thick * taper))

    def _strand(self, line: Array, way: Array, v: float, tone: float, thick: Array) -> None:
        pixels = self.canvas.pixels(line)
        for i in range(len(pixels) - 1):
            a, b = tuple(map(int, pixels[i])), tuple(map(int, pixels[i + 1]))
            mark = (float(way[i, 0]), float(way[i, 1]), float(v), float(tone))
            width = max(1, round(float(thick[i])))
            cv2.line(self.strands, a, b, mark, width, cv2.LINE_8, 4)
            cv2.line(self.cover, a, b, 255, width, cv2.LINE_AA, 4)

    def layer(
        self,
        colour: Colour,
        depth: float,
        lift: float,
        gloss: float,
        tube: float = 0.75,
        skull: float = 1.0,
    ) -> Layer:
        """The combed hair as a layer.

        ``depth`` of its volume, ``lift`` of its base above the picture plane, ``tube``: how round a lock is, ``skull``: how much
        its light follows the round head beneath it.
        """
        canvas = self.canvas
        cover = canvas.blur(single(self.cover) / single(255), 0.35)
        solid = canvas.blur((cover > 0.3).astype(np.float32), 2.0)
        height = inflate(canvas, solid, depth)
        map_ = cv2.GaussianBlur(self.strands, (0, 0), 0.8 * canvas.scale)
        way = unit(cv2.GaussianBlur(self.strands[..., :2], (0, 0), 2.2 * canvas.scale))
        v, tone = map_[..., 2], map_[..., 3]
        normal = normals(canvas, canvas.blur(height, 3) + _skull(canvas) * skull)
        tilt = (np.abs(v) ** 1.5 * np.sign(v) * single(tube))[..., None]
        normal = unit(normal + np.dstack([-way[..., 1], way[..., 0], np.zeros_like(v)]) * tilt)
        dark = (1 + tone) * (1 - 0.34 * np.abs(v) ** 3)
        rgb = np.clip(single(colour) * dark[..., None], 0, 1)
        return Layer(cover, rgb.astype(np.float32), height + lift + 4 * (1 - v * v), normal, Material.HAIR, gloss, strands=way)


def _skull(canvas: Canvas) -> Array:
    """The large curve of the head under the hair: half an ellipsoid above, falling straight below."""
    dx = (canvas.x - AXIS) / 300
    dy = (canvas.y - 400) / np.where(canvas.y < 400, 345, 900)
    return np.asarray(150 * np.sqrt(np.clip(1 - dx * dx - dy * dy, 0.02, 1)), np.float32)


def between(
    comb: Comb, inner: Points, outer: Points, count: int, width: float, wave: float = 0.0, jitter: float = 4.0, tip: float = 0.1
) -> None:
    """Locks spread from the ``outer`` guide to the ``inner`` one (drawn last, on top), swinging by ``wave`` units."""
    a, b = curve(outer, 20), curve(inner, 20)
    phase = comb.rng.uniform(0, 6.28)
    t = np.linspace(0, 1, 20)
    for k in np.linspace(0, 1, count):
        path = a * (1 - k) + b * k + comb.rng.normal(0, jitter, (1, 2)) * t[:, None]
        way = np.gradient(path, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        swing = (
            wave
            * np.sin(2 * np.pi * 2.3 * t + phase + 0.9 * k + comb.rng.normal(0, 0.25))
            * smoothstep(0.42, 0.8, t.astype(np.float32))
        )
        path = path + np.stack([-way[:, 1], way[:, 0]], 1) * swing[:, None]
        path = curve(path.astype(np.float32), 40)[: int(comb.rng.integers(34, 41)) if tip < 0.5 else None]
        comb.lock(path.astype(np.float32), width * comb.rng.uniform(0.8, 1.2), tone=comb.rng.normal(0, 0.05), tip=tip)


def _at(points: Sequence[tuple[float, float]], side: int = 1) -> list[tuple[float, float]]:
    """Points given as offsets from the face's axis."""
    return [(AXIS + side * x, y) for x, y in points]


def _waves(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    back = Comb(canvas, who.seed)
    for side in (-1, 1):
        inner = _at([(10, 130), (60, 260), (80, 480), (86, 680), (96, 840)], side)
        outer = _at([(30, 100), (186, 170), (246, 360), (258, 560), (254, 720), (226, 880)], side)
        between(back, inner, outer, 30, 50, wave=12, jitter=8, tip=0.5)
    front = Comb(canvas, who.seed + 1)
    # parted above the right eye: (inner, outer) guides from the parting to the tips, for the narrow and the wide side
    narrow_inner = [(66, 204), (112, 226), (160, 288), (188, 380), (197, 480), (192, 590), (184, 690), (160, 790)]
    narrow_outer = [(44, 84), (124, 90), (206, 150), (252, 270), (264, 420), (268, 560), (262, 700), (240, 815)]
    wide_inner = [(70, 208), (8, 226), (-78, 252), (-148, 316), (-186, 410), (-195, 520), (-188, 640), (-166, 770)]
    wide_outer = [(48, 84), (-60, 72), (-164, 104), (-238, 210), (-262, 360), (-270, 520), (-266, 680), (-244, 815)]
    between(front, _at(wide_inner), _at(wide_outer), 60, 36, wave=16, jitter=7, tip=0.02)
    between(front, _at(narrow_inner), _at(narrow_outer), 50, 34, wave=16, jitter=7, tip=0.02)
    return [back.layer(scaled(who.hair_colour, 0.62), 60, -120, 0.25)], [front.layer(who.hair_colour, 62, 150, 0.5, tube=0.55)]


def _bob(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    back = Comb(canvas, who.seed)
    for side in (-1, 1):
        between(
            back,
            _at([(5, 130), (60, 300), (80, 600), (80, 700)], side),
            _at([(20, 100), (190, 180), (236, 400), (200, 690)], side),
            26,
            44,
            jitter=3,
            tip=0.8,
        )
    sides = Comb(canvas, who.seed + 1)
    for side in (-1, 1):
        inner = _at([(-40, 96), (110, 140), (178, 270), (192, 420), (192, 570), (150, 694)], side)
        outer = _at([(-56, 80), (96, 80), (204, 162), (244, 330), (250, 540), (196, 706)], side)
        between(sides, inner, outer, 30, 34, jitter=3, tip=0.6)
    fringe = Comb(canvas, who.seed + 2)
    for x in [*np.linspace(-182, -6, 17), *np.linspace(182, 6, 17), 0]:
        tip = (x * 0.97 + fringe.rng.normal(0, 5), 346 + 0.0010 * x * x + fringe.rng.normal(0, 2.5))
        fringe.lock(_at([(x * 0.12, 66), (x * 0.62, 112), (x * 0.92, 220), tip]), 34, tip=0.75, root=0.8)
    colour = who.hair_colour
    return [back.layer(scaled(colour, 0.7), 60, -120, 0.2)], [
        sides.layer(colour, 56, 150, 0.75, tube=0.5),
        fringe.layer(colour, 40, 208, 0.75, tube=0.5),
    ]


def _curls(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    comb = Comb(canvas, who.seed)
    half = [(0, 74), (90, 84), (160, 126), (203, 200), (211, 290), (205, 372), (199, 404), (190, 404), (186, 366), (177, 322)]
    half += [(162, 296), (158, 262), (120, 240), (60, 232), (0, 230)]
    inside = canvas.fill(mirrored(curve(half, 160)))
    field = cv2.resize(inside, (256, 256), interpolation=cv2.INTER_AREA)
    spots = comb.rng.permutation(np.argwhere(field > 0.55))[:2800]
    for y, x in spots:
        cx, cy = (x + comb.rng.random()) * 4, (y + comb.rng.random()) * 4
        r, a, turn = comb.rng.uniform(5, 9), comb.rng.uniform(0, 6.28), comb.rng.choice([-1, 1])
        ring = a + turn * np.linspace(0, 4.6, 6)
        grow = np.linspace(1.0, 0.35, 6)
        path = np.stack([cx + r * grow * np.cos(ring), cy + r * grow * np.sin(ring)], 1)
        comb.lock(path.astype(np.float32), 6.0, tone=comb.rng.normal(0, 0.12), root=0.7, tip=0.4, samples=10)
    return [], [comb.layer(who.hair_colour, 70, 150, 0.24, tube=0.8)]


def _swept(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    sides = Comb(canvas, who.seed)
    for side in (-1, 1):
        for y in np.linspace(180, 396, 60):
            edge = float(np.interp(y, [180, 260, 345, 410], [186, 207, 211, 205]))
            reach = float(np.interp(y, [180, 300, 330, 396], [70, 36, 20, 12]))
            for depth in sides.rng.uniform(0, 1, 5):
                x = edge - reach * depth
                sides.lock(_at([(x, y), (x + 3, y + 12), (x + 4 - 3 * depth, y + 27)], side), 9, samples=8, tip=0.3)
    top = Comb(canvas, who.seed + 1)
    for k in top.rng.permutation(np.linspace(-1, 1, 120)):
        hairline = 208 + 22 * k * k + 62 * k**6 + top.rng.normal(0, 4)
        crown = 86 + 92 * k * k + top.rng.normal(0, 4)
        x0, lean = 184 * k, 26 * (1 - k * k)
        rise = [(x0, hairline), (x0 * 1.06 + 0.3 * lean, hairline - 42)]
        back = [(x0 * 1.06 + lean, 0.4 * hairline + 0.6 * crown), (x0 * 0.92 + 1.9 * lean, crown)]
        top.lock(_at(rise + back), 19, tone=top.rng.normal(0, 0.05), root=0.45, tip=0.5)
    grey = who.hair_colour
    return [], [sides.layer(scaled(grey, 0.82), 16, 70, 0.18, tube=0.3), top.layer(grey, 40, 168, 0.24, tube=0.32)]


_STYLES: dict[HairStyle, Callable[[Canvas, Character], tuple[list[Layer], list[Layer]]]] = {
    HairStyle.WAVES: _waves,
    HairStyle.BOB: _bob,
    HairStyle.CURLS: _curls,
    HairStyle.SWEPT: _swept,
}


def hair(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    """The layers behind the head and those before it, farthest first."""
    return _STYLES[who.hair](canvas, who)


def brows(canvas: Canvas, who: Character) -> Layer:
    """Both brows, hair by hair."""
    comb = Comb(canvas, who.seed + 9)
    edges = [brow_line(who, side) for side in (-1, 1)]
    for line, half in edges:
        for t in np.linspace(0, 0.96, 170):
            i = int(t * 59)
            way = line[min(i + 1, 59)] - line[max(i - 1, 0)]
            way /= np.linalg.norm(way)
            start = line[i] + single([0, comb.rng.uniform(-0.8, 0.9) * half[i]])
            lean = way - single([0, np.interp(t, [0, 0.2, 0.5, 1], [1.0, 0.45, 0.1, 0.0])])
            lean /= np.linalg.norm(lean)
            length = float(np.interp(t, [0, 0.3, 0.8, 1], [8, 14, 13, 7]))
            path = single([start, start + 0.5 * length * lean, start + length * (0.5 * lean + 0.5 * way)])
            comb.lock(path, 2.0, samples=6, tip=0.3)
    colour = who.brow_colour or scaled(who.hair_colour, 1.1)
    layer = comb.layer(colour, 3, 182, 0.03, tube=0.05, skull=0.3)
    # too fine to show single strands' shine
    layer.material = Material.CLOTH
    layer.colour = 0.85 * single(colour) + 0.15 * layer.colour
    outlines = [np.vstack([line - half[:, None] * [0, 1], (line + half[:, None] * [0, 1])[::-1]]) for line, half in edges]
    body = canvas.fill_all([outline.astype(np.float32) for outline in outlines], 2.2)
    layer.cover = np.maximum(0.80 * body, canvas.blur(layer.cover, 0.9) * np.minimum(1, 1.5 * canvas.blur(body, 2)) * single(0.9))
    return layer
