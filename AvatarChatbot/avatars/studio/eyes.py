"""Eyes: a wet ball with an iris, lashes and brows. The most looked-at square inch of a portrait."""

from __future__ import annotations

import numpy as np

from AvatarChatbot.avatars.studio.canvas import AXIS, Array, Canvas, curve, single, smoothstep
from AvatarChatbot.avatars.studio.characters import Character
from AvatarChatbot.avatars.studio.face import BROW, EYE_HALF_WIDTH, EYE_OFFSET, EYES, Features
from AvatarChatbot.avatars.studio.light import Colour, Layer, Material, flat
from AvatarChatbot.avatars.studio.relief import unit

_IRIS_RADIUS = 23.0
_PUPIL_RADIUS = 9.5
_BALL_RADIUS = 62.0
#: The ball's front, in units of the head's relief.
_BALL_FRONT = 176.0


def eyeballs(canvas: Canvas, who: Character, f: Features) -> Layer:
    """The visible part of both eyes: white, iris, pupil, tear duct, shaded by the lids."""
    cover = np.zeros(canvas.shape, np.float32)
    colour = flat((0.90, 0.885, 0.875), canvas.shape)
    normal = np.zeros((*canvas.shape, 3), np.float32)
    normal[..., 2] = 1
    for outline, side in ((f.left_eye, -1), (f.right_eye, 1)):
        opening = canvas.fill(outline, 0.5)
        cover = np.maximum(cover, opening)
        inside = opening > 0
        cx, cy = AXIS + side * EYE_OFFSET, EYES - 2.5
        dx, dy = (canvas.x - cx) / _BALL_RADIUS, (canvas.y - cy) / _BALL_RADIUS
        ball = unit(np.dstack([dx, dy, np.sqrt(np.clip(1 - dx * dx - dy * dy, 0.15, 1))]))
        normal[inside] = ball[inside]
        paint = _white(canvas, who, cx, cy, side)
        paint = _iris(canvas, who.iris, paint, cx, cy, who.seed)
        paint *= _lid_shadow(canvas, outline)[..., None]
        colour[inside] = paint[inside]
    height = np.full(canvas.shape, _BALL_FRONT, np.float32)
    return Layer(cover, np.asarray(colour, np.float32), height, normal, Material.CLOTH, 0.0)


def _white(canvas: Canvas, who: Character, cx: float, cy: float, side: int) -> Array:
    colour = flat((0.925, 0.905, 0.895), canvas.shape)
    edge = smoothstep(0.55, 1.0, np.abs(canvas.x - cx) / single(EYE_HALF_WIDTH))
    colour = colour + (0.30 * edge)[..., None] * (single([0.80, 0.62, 0.58]) - colour)
    duct = canvas.bump(cx - side * (EYE_HALF_WIDTH - 4), cy + 8, 5, 4)
    return np.asarray(colour + (0.75 * np.clip(duct, 0, 1))[..., None] * (single(who.skin.blush) * 0.95 - colour), np.float32)


def _iris(canvas: Canvas, iris: Colour, under: Array, cx: float, cy: float, seed: int) -> Array:
    dx, dy = canvas.x - cx, canvas.y - cy
    r = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx)
    rng = np.random.default_rng(seed)
    fibres = sum(rng.uniform(0.5, 1) * np.sin(k * angle + rng.uniform(0, 6.28)) for k in (17, 23, 31, 41, 53)) / 5
    depth = r / _IRIS_RADIUS
    base = single(iris)
    # light enters above and leaves below: the lower half of an iris glows
    glow = 0.62 + 0.75 * smoothstep(-0.5, 0.9, dy / _IRIS_RADIUS) * smoothstep(1.02, 0.5, depth)
    tone = glow * (1 + 0.20 * fibres * smoothstep(0.35, 0.7, depth)) * (1 - 0.62 * smoothstep(0.74, 1.0, depth))
    warm = (smoothstep(0.68, 0.40, depth) * 0.35)[..., None] * (single([0.55, 0.38, 0.18]) - base)
    colour = (base + warm) * tone[..., None]
    edge = 1.1
    colour *= smoothstep(_PUPIL_RADIUS - edge, _PUPIL_RADIUS + edge + 1.5, r)[..., None] * 0.97 + 0.03
    alpha = smoothstep(_IRIS_RADIUS + edge, _IRIS_RADIUS - edge, r)[..., None]
    return np.asarray(under + alpha * (colour - under), np.float32)


def _lid_shadow(canvas: Canvas, outline: Array) -> Array:
    """The upper lid and its lashes shade the top of the ball."""
    xs, top = _upper_edge(outline)
    below = canvas.y - np.interp(canvas.x, xs, top).astype(np.float32)
    return np.asarray(1 - 0.52 * np.exp(-np.clip(below, 0, None) / 7.5), np.float32)


def _upper_edge(outline: Array) -> tuple[Array, Array]:
    """The upper lid's edge as x (increasing) and y."""
    upper = outline[:60]
    order = np.argsort(upper[:, 0])
    return upper[order, 0], upper[order, 1]


def finish(canvas: Canvas, who: Character, f: Features, picture: Array) -> Array:
    """Drawn over the lit picture (linear light): wet rims, lash lines and catch-lights."""
    dark = single([0.016, 0.010, 0.009])
    for outline, side in ((f.left_eye, -1), (f.right_eye, 1)):
        upper, lower = outline[:60], outline[59:]
        rim = canvas.fill(_sliver(lower, 0.2, 2.6), 0.9) * single(0.45)
        wet = single([0.62, 0.36, 0.31]) * single(who.skin.base) ** 0.6
        picture = single(picture + rim[..., None] * (wet - picture))
        line = canvas.fill(_sliver(upper, -2.8 - 2.4 * who.lashes, 1.4), 0.8) * (0.70 + 0.22 * who.lashes)
        line = np.maximum(line, canvas.fill(_sliver(lower, -0.4, 1.2), 0.8) * 0.35)
        line = np.maximum(line, _lashes(canvas, who, upper, side))
        picture = picture + line[..., None] * (dark - picture)
        picture = _catch_light(canvas, AXIS + side * EYE_OFFSET, EYES - 2.5, outline, picture)
    return np.asarray(picture, np.float32)


def _sliver(edge: Array, above: float, below: float) -> Array:
    """A band along an eyelid's edge, from ``above`` to ``below`` it (units), thin at the inner corner."""
    t = np.linspace(0, 1, len(edge))
    width = (np.sin(np.pi * np.clip(t * 0.96 + 0.02, 0, 1)) ** 0.55)[:, None]
    up, down = single([0, above]) * width, single([0, below]) * width
    return np.asarray(np.vstack([edge + up, (edge + down)[::-1]]), np.float32)


def _lashes(canvas: Canvas, who: Character, upper: Array, side: int) -> Array:
    rng = np.random.default_rng(who.seed + 5)
    hairs = []
    for t in np.linspace(0.25, 1.0, 34):
        root = upper[min(int(t * 59), 59)]
        length = who.lashes * (3 + 8.5 * t**1.6) * rng.uniform(0.8, 1.1)
        lean = side * np.radians(-12 + 62 * t + rng.uniform(-6, 6))
        bend = side * np.radians(-30 + 34 * t)
        tip = root + length * single([np.sin(lean), -np.cos(lean)])
        mid = root + 0.55 * length * single([np.sin(lean - bend * 0.2 + side * 0.35), -np.cos(lean + side * 0.35)])
        hair = curve([tuple(root), tuple(mid), tuple(tip)], 12)
        w = np.linspace(1.7, 0.1, 12)[:, None] * single([1, 0.3])
        hairs.append(single(np.vstack([hair - w, (hair + w)[::-1]])))
    return canvas.fill_all(hairs, 0.6) * single(min(1.0, 0.35 + 0.6 * who.lashes))


def _catch_light(canvas: Canvas, cx: float, cy: float, outline: Array, picture: Array) -> Array:
    inside = canvas.fill(outline, 0.6)
    main = smoothstep(6.4, 4.4, np.hypot((canvas.x - cx + 7.5), (canvas.y - cy + 8.5) * 0.92))
    second = smoothstep(3.4, 1.4, np.hypot(canvas.x - cx - 8, canvas.y - cy - 8.5)) * 0.35
    sheen = canvas.bump(cx - 3, cy - 7, 15, 7) * 0.10
    lit = np.clip(main + second + sheen, 0, 1) * inside
    return np.asarray(picture + lit[..., None] * (single([1.0, 0.99, 0.97]) - picture), np.float32)


def brow_line(who: Character, side: int) -> tuple[Array, Array]:
    """A brow's centre line from nose to temple, and its half width at each of its points."""
    a = who.shape.brow_arch
    y = BROW - 4
    pts = [(43, y - 4), (70, y - 8 - 3 * a), (102, y - 8 - 9 * a), (130, y - 5 - 5 * a), (152, y + 6)]
    line = curve([(AXIS + side * x, v) for x, v in pts], 60)
    t = np.linspace(0, 1, 60)
    half = who.shape.brow * np.interp(t, [0, 0.12, 0.5, 0.8, 1], [3.6, 6.9, 6.8, 4.4, 1.2])
    return line, half.astype(np.float32)
