"""Hair: locks combed along splines, each strand drawn with its direction, so that it shines like hair."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, Points, curve, smoothstep
from AvatarChatbot.avatars.studio.characters import Character, HairStyle
from AvatarChatbot.avatars.studio.eyes import brow_line
from AvatarChatbot.avatars.studio.light import Colour, Layer, Material
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

    def lock(self, path: Points, width: float, tone: float = 0.0, root: float = 0.5, tip: float = 0.1, samples: int = 26) -> None:
        """A lock along ``path``, ``width`` units at its widest, ``root`` and ``tip`` of it at its ends, brighter by ``tone``."""
        line = curve(path, samples)
        t = np.linspace(0, 1, samples)
        half = 0.5 * width * np.interp(t, [0, 0.35, 0.7, 1], [root, 1, 0.85, tip])
        way = np.gradient(line, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-6
        across = np.stack([-way[:, 1], way[:, 0]], 1)
        count = max(4, int(width * _DENSITY))
        # the middle strands lie on top
        order = sorted(np.linspace(-1, 1, count), key=lambda v: -abs(v) + 0.3 * self.rng.random())
        thick = max(1, round(1.9 * self.canvas.scale * width / count))
        base = tone + self.rng.normal(0, 0.05)
        for v in order:
            stray = v + self.rng.normal(0, 0.05)
            cut = samples - int(self.rng.integers(0, 4))
            self._strand(
                line[:cut] + across[:cut] * (half[:cut] * stray)[:, None], way, v, base + self.rng.normal(0, 0.07), thick
            )

    def _strand(self, line: Array, way: Array, v: float, tone: float, thick: int) -> None:
        pixels = self.canvas.pixels(line)
        for i in range(len(pixels) - 1):
            a, b = tuple(map(int, pixels[i])), tuple(map(int, pixels[i + 1]))
            mark = (float(way[i, 0]), float(way[i, 1]), float(v), float(tone))
            cv2.line(self.strands, a, b, mark, thick, cv2.LINE_8, 4)
            cv2.line(self.cover, a, b, 255, thick, cv2.LINE_AA, 4)

    def layer(self, colour: Colour, depth: float, lift: float, gloss: float, roundness: float = 0.5, tube: float = 0.75) -> Layer:
        """The combed hair as a layer: ``depth`` of its volume, ``lift`` of its base above the picture plane, ``tube``: how round a lock is."""
        canvas = self.canvas
        cover = canvas.blur(self.cover.astype(np.float32) / 255, 0.35)
        solid = canvas.blur((cover > 0.3).astype(np.float32), 2.0)
        height = inflate(canvas, solid, depth, roundness)
        map_ = cv2.GaussianBlur(self.strands, (0, 0), 0.6 * canvas.scale)
        way = unit(map_[..., :2])
        v, tone = map_[..., 2], map_[..., 3]
        normal = normals(canvas, canvas.blur(height, 3))
        tilt = (np.abs(v) ** 1.5 * np.sign(v) * np.float32(tube))[..., None]
        normal = unit(normal + np.dstack([-way[..., 1], way[..., 0], np.zeros_like(v)]) * tilt)
        dark = (1 + tone) * (1 - 0.42 * np.abs(v) ** 3)
        rgb = np.clip(np.float32(colour) * dark[..., None], 0, 1)
        return Layer(cover, rgb.astype(np.float32), height + lift + 4 * (1 - v * v), normal, Material.HAIR, gloss, strands=way)


def between(
    comb: Comb, inner: Points, outer: Points, count: int, width: float, wave: float = 0.0, jitter: float = 4.0, tip: float = 0.1
) -> None:
    """Locks spread from the ``outer`` guide to the ``inner`` one (drawn last, on top), swinging by ``wave`` units."""
    a, b = curve(outer, 12), curve(inner, 12)
    phase = comb.rng.uniform(0, 6.28)
    t = np.linspace(0, 1, 12)
    for k in np.linspace(0, 1, count):
        path = a * (1 - k) + b * k + comb.rng.normal(0, jitter, (1, 2)) * t[:, None]
        way = np.gradient(path, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        swing = (
            wave
            * np.sin(2 * np.pi * 1.6 * t + phase + 1.3 * k + comb.rng.normal(0, 0.25))
            * smoothstep(0.15, 0.6, t.astype(np.float32))
        )
        path = path + np.stack([-way[:, 1], way[:, 0]], 1) * swing[:, None]
        comb.lock(path.astype(np.float32), width * comb.rng.uniform(0.8, 1.2), tone=comb.rng.normal(0, 0.05), tip=tip)


def _at(points: list[tuple[float, float]], side: int = 1) -> list[tuple[float, float]]:
    """Points given as offsets from the face's axis."""
    return [(AXIS + side * x, y) for x, y in points]


def _waves(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    back = Comb(canvas, who.seed)
    for side in (-1, 1):
        inner = _at([(10, 130), (60, 260), (90, 480), (110, 680), (120, 800)], side)
        outer = _at([(30, 96), (190, 170), (252, 360), (262, 560), (250, 700), (232, 850)], side)
        between(back, inner, outer, 22, 46, wave=9, jitter=9)
    front = Comb(canvas, who.seed + 1)
    part = 52
    for side in (-1, 1):
        far = side == -1
        root = part * side * -1 if far else part
        start = (root, 108)
        inner = [(root - 4, 150), (128, 196) if far else (118, 190), (190, 300), (208, 420), (210, 540), (196, 660), (176, 770)]
        outer = [(root + 6 if not far else root, 90), (150, 104), (232, 210), (256, 370), (262, 540), (246, 690), (228, 800)]
        if far:
            inner[0] = (root - 2, 168)
            inner.insert(1, (46, 196))
        del start
        between(front, _at(inner, side), _at(outer, side), 30, 34, wave=9, jitter=7)
    return [back.layer(tuple(0.62 * c for c in who.hair_colour), 60, -120, 0.25)], [front.layer(who.hair_colour, 62, 150, 0.62)]


def _bob(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    back = Comb(canvas, who.seed)
    for side in (-1, 1):
        between(
            back,
            _at([(5, 130), (60, 300), (80, 600), (80, 700)], side),
            _at([(20, 100), (200, 180), (244, 400), (236, 690)], side),
            18,
            44,
        )
    sides = Comb(canvas, who.seed + 1)
    for side in (-1, 1):
        inner = _at([(18, 96), (140, 170), (196, 300), (208, 440), (206, 580), (176, 676)], side)
        outer = _at([(8, 84), (150, 106), (240, 230), (258, 420), (256, 590), (214, 706)], side)
        between(sides, inner, outer, 24, 32, jitter=3, tip=0.5)
    fringe = Comb(canvas, who.seed + 2)
    for x in [*np.linspace(-186, -8, 16), *np.linspace(186, 8, 16)]:
        lift = 0.0009 * x * x
        tip = (x * 1.0 + fringe.rng.normal(0, 3), 346 + lift * 0.9 + fringe.rng.normal(0, 3))
        path = _at([(x * 0.10, 92), (x * 0.62, 130), (x * 0.95, 225), (tip[0], tip[1])])
        fringe.lock(path, 32, tip=0.45, root=0.6)
    colour = who.hair_colour
    return [back.layer(tuple(0.7 * c for c in colour), 60, -120, 0.2)], [
        sides.layer(colour, 56, 150, 0.75, tube=0.5),
        fringe.layer(colour, 40, 188, 0.75, tube=0.5),
    ]


def _curls(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    comb = Comb(canvas, who.seed)
    outline = _at([(-196, 330), (-214, 250), (-196, 160), (-130, 92), (0, 66), (130, 92), (196, 160), (214, 250), (196, 330)])
    outline = [
        *outline,
        *_at([(190, 318), (172, 262), (120, 232), (60, 222), (0, 218), (-60, 222), (-120, 232), (-172, 262), (-190, 318)]),
    ]
    inside = canvas.fill(curve([*outline, outline[0]], 240))
    field = cv2.resize(inside, (256, 256), interpolation=cv2.INTER_AREA)
    spots = comb.rng.permutation(np.argwhere(field > 0.55))[:2400]
    for y, x in spots:
        cx, cy = (x + comb.rng.random()) * 4, (y + comb.rng.random()) * 4
        r, a, turn = comb.rng.uniform(5, 9), comb.rng.uniform(0, 6.28), comb.rng.choice([-1, 1])
        ring = a + turn * np.linspace(0, 4.6, 6)
        grow = np.linspace(1.0, 0.35, 6)
        path = np.stack([cx + r * grow * np.cos(ring), cy + r * grow * np.sin(ring)], 1)
        comb.lock(path.astype(np.float32), 6.0, tone=comb.rng.normal(0, 0.12), root=0.7, tip=0.4, samples=10)
    return [], [comb.layer(who.hair_colour, 70, 150, 0.42, tube=0.9)]


def _swept(canvas: Canvas, who: Character) -> tuple[list[Layer], list[Layer]]:
    sides = Comb(canvas, who.seed)
    for side in (-1, 1):
        for y in np.linspace(170, 408, 40):
            x = np.interp(y, [170, 260, 345, 410], [178, 206, 211, 206])
            for depth in (0.0, 0.5, 1.0):
                start = (
                    x - 30 * depth * np.interp(y, [200, 400], [1.2, 0.35]) + sides.rng.normal(0, 2),
                    y + sides.rng.normal(0, 3),
                )
                sides.lock(
                    _at([start, (start[0] + 8, start[1] + 14), (min(start[0] + 13, x + 9), start[1] + 32)], side),
                    12,
                    samples=8,
                    tip=0.3,
                )
    top = Comb(canvas, who.seed + 1)
    for k in np.linspace(0, 1, 46):
        x0 = -168 + 336 * k
        hairline = 236 - 22 * np.sin(np.pi * k) + 34 * (2 * k - 1) ** 4
        rise = 118 - 26 * np.sin(np.pi * min(1, k * 1.05))
        bend = -42 * (1 - k)
        path = [
            (x0, hairline),
            (x0 * 1.02 + bend * 0.4, hairline - 52),
            (x0 * 0.98 + bend + 22, rise + 12),
            (x0 * 0.72 + 66 * (1 - k) + 10, rise - 18),
        ]
        top.lock(_at(path), 34, tip=0.35, root=0.5, tone=top.rng.normal(0, 0.06))
    return [], [
        sides.layer(tuple(0.86 * c for c in who.hair_colour), 30, 60, 0.25, tube=0.4),
        top.layer(who.hair_colour, 60, 165, 0.5),
    ]


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
    for side in (-1, 1):
        line, half = brow_line(who, side)
        for t in np.linspace(0, 0.97, 120):
            i = int(t * 59)
            way = line[min(i + 1, 59)] - line[max(i - 1, 0)]
            way /= np.linalg.norm(way)
            start = line[i] + np.float32([0, comb.rng.uniform(-1, 1) * half[i]])
            rise = np.interp(t, [0, 0.25, 0.6, 1], [1.3, 0.65, 0.15, 0.0]) - 0.5 * (start[1] - line[i][1]) / half[i] * 0
            lean = way + np.float32([0, -rise])
            lean /= np.linalg.norm(lean)
            length = np.interp(t, [0, 0.3, 1], [9, 15, 9])
            comb.lock(
                [tuple(start), tuple(start + 0.5 * length * lean), tuple(start + length * (0.6 * lean + 0.4 * way))],
                2.2,
                samples=6,
                tip=0.3,
            )
    colour = who.brow_colour or tuple(1.1 * c for c in who.hair_colour)
    layer = comb.layer(colour, 3, 182, 0.15, tube=0.2)
    layer.cover = canvas.blur(layer.cover, 0.7) * np.float32(0.86)
    return layer
