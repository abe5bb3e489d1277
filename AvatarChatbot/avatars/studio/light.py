"""Light: layers of relief lit by a key, a fill, a sky and two rims, in linear light; skin scatters, hair shines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from AvatarChatbot.avatars.studio.canvas import Array, Canvas, single
from AvatarChatbot.avatars.studio.relief import unit

Colour = tuple[float, float, float]
Vector = tuple[float, float, float]

KEY: Vector = (-0.46, -0.52, 0.72)
_KEY_LIGHT: Colour = (1.30, 1.21, 1.10)
_FILL: Vector = (0.72, -0.12, 0.68)
_FILL_LIGHT: Colour = (0.30, 0.33, 0.40)
_SKY_LIGHT: Colour = (0.40, 0.415, 0.45)
_GROUND_LIGHT: Colour = (0.24, 0.20, 0.18)
_RIM_LIGHT: Colour = (0.62, 0.66, 0.74)


class Material(StrEnum):
    """How a surface answers light."""

    SKIN = "skin"
    CLOTH = "cloth"
    HAIR = "hair"


@dataclass
class Layer:
    """A visible thing: coverage (h, w) 0 … 1, colour (h, w, 3) sRGB 0 … 1, height (h, w) units, unit normals (h, w, 3).

    ``gloss`` (h, w) is the strength of its highlight, ``strands`` (h, w, 2) the direction of its hair in the picture plane.
    """

    cover: Array
    colour: Array
    height: Array
    normal: Array
    material: Material
    gloss: Array | float = 0.0
    sharpness: float = 24.0
    strands: Array | None = None


def linear(colour: Array) -> Array:
    """sRGB 0 … 1 to linear light (the 2.2 approximation)."""
    return np.asarray(np.maximum(colour, 0) ** 2.2, np.float32)


def display(light: Array) -> Array:
    """Linear light to sRGB 0 … 1, with a soft shoulder above 0.75 so that highlights do not clip."""
    over = np.maximum(light - 0.72, 0)
    soft = np.minimum(light, 0.72) + 0.28 * (1 - np.exp(-over / 0.28))
    return np.asarray(np.clip(soft, 0, 1) ** (1 / 2.2), np.float32)


def scaled(colour: Colour, factor: float) -> Colour:
    """A colour made darker or (``factor`` > 1) brighter."""
    r, g, b = (min(1.0, factor * c) for c in colour)
    return r, g, b


def flat(colour: Colour, shape: tuple[int, int]) -> Array:
    """A picture of one colour."""
    return np.broadcast_to(single(colour), (*shape, 3)).copy()


def shade(canvas: Canvas, layer: Layer, shadow: Array, sky: Array, seen: Array) -> Array:
    """A layer's light (h, w, 3), linear.

    ``shadow``: what the key light misses; ``sky``: what ambient light reaches; ``seen``: how much of the layer is not covered
    by nearer ones (light scatters within skin only from where it falls on it).
    """
    if layer.material is Material.HAIR:
        return _shade_hair(layer, shadow, sky)
    n = layer.normal
    wrap = single([0.34, 0.20, 0.15] if layer.material is Material.SKIN else [0.12, 0.12, 0.12])
    key = np.clip((_dot(n, KEY)[..., None] + wrap) / (1 + wrap), 0, 1)
    # light bleeds red into the edge of a shadow on skin
    bleed = single([0.965, 1.0, 1.02] if layer.material is Material.SKIN else [1, 1, 1])
    key *= (1 - np.clip(0.86 * shadow[..., None] * bleed, 0, 1)) * (0.35 + 0.65 * sky[..., None])
    light = key * single(_KEY_LIGHT) + _ambient(n, sky)
    if layer.material is Material.SKIN:
        light = _scatter(canvas, light, seen)
    out = linear(layer.colour) * light
    half = unit(single(KEY) + single([0, 0, 1]))
    lit = (1 - 0.85 * shadow) * np.asarray(layer.gloss, np.float32)
    out += (lit * np.clip(_dot(n, tuple(half)), 0, 1) ** layer.sharpness)[..., None] * single([1, 0.97, 0.92])
    return np.asarray(out + _rim(n, sky)[..., None] * single(_RIM_LIGHT) * (0.25 + 0.75 * layer.colour), np.float32)


def _scatter(canvas: Canvas, light: Array, seen: Array) -> Array:
    """Light under the skin: red travels farthest."""
    weight = seen + 1e-3
    channels = [np.ascontiguousarray(light[..., c]) * weight for c in range(3)]
    spread = (3.2, 1.6, 1.0)  # units
    return np.dstack([canvas.blur(c, s) / canvas.blur(weight, s) for c, s in zip(channels, spread, strict=True)])


def _shade_hair(layer: Layer, shadow: Array, sky: Array) -> Array:
    """Kajiya and Kay's hair (SIGGRAPH 1989): diffuse and two highlights from the strands' direction."""
    assert layer.strands is not None
    n = layer.normal
    tangent = np.dstack([layer.strands, np.zeros_like(layer.strands[..., :1])])
    tangent = unit(tangent - n * (tangent * n).sum(-1, keepdims=True))
    along = _dot(tangent, KEY)
    facing = np.clip((_dot(n, KEY) + 0.3) / 1.3, 0, 1)
    diffuse = facing * (0.45 + 0.55 * np.sqrt(np.clip(1 - along * along, 0, 1))) * (1 - 0.75 * shadow)
    half = tuple(unit(single(KEY) + single([0, -0.1, 1])))
    albedo = linear(layer.colour)
    out = albedo * (diffuse[..., None] * single(_KEY_LIGHT) + _ambient(n, sky))
    gloss = np.asarray(layer.gloss, np.float32) * (1 - 0.7 * shadow) * facing
    for tilt, power, tint in ((0.10, 60.0, 0.30), (-0.16, 14.0, 0.85)):
        t = unit(tangent + n * single(tilt))
        shine = np.sqrt(np.clip(1 - _dot(t, half) ** 2, 0, 1)) ** power
        out += (gloss * shine)[..., None] * (tint * albedo * 2.6 + (1 - tint) * single([0.40, 0.38, 0.36]))
    return np.asarray(out + (_rim(n, sky) * 0.8)[..., None] * single(_RIM_LIGHT) * (0.12 + layer.colour), np.float32)


def _dot(n: Array, v: Vector) -> Array:
    return np.asarray(n @ single(v), np.float32)


def _ambient(n: Array, sky: Array) -> Array:
    up = (0.5 - 0.5 * n[..., 1])[..., None]
    hemisphere = up * single(_SKY_LIGHT) + (1 - up) * single(_GROUND_LIGHT)
    fill = np.clip((_dot(n, _FILL) + 0.2) / 1.2, 0, 1)[..., None] * single(_FILL_LIGHT)
    return np.asarray((hemisphere + fill) * sky[..., None], np.float32)


def _rim(n: Array, sky: Array) -> Array:
    """Light from behind, grazing the silhouette on both sides and above."""
    graze = np.clip(1 - n[..., 2], 0, 1) ** 3.2
    side = 0.35 + 0.65 * np.clip(np.abs(n[..., 0]) - 0.55 * n[..., 1], 0, 1)
    return np.asarray(graze * side * sky**2, np.float32)


def vignette(canvas: Canvas, picture: Array) -> Array:
    """Slightly darker corners lead the eye to the face."""
    fall = 1 - 0.22 * np.clip(np.hypot(canvas.x - 512, canvas.y - 440) / 720, 0, 1) ** 2.2
    return np.asarray(picture * fall[..., None], np.float32)


def glow(canvas: Canvas, picture: Array) -> Array:
    """A trace of lens bloom around the brightest parts."""
    bright = np.clip(picture - 0.70, 0, None)
    bloom = np.dstack([canvas.blur(np.ascontiguousarray(c), 14) for c in cv2.split(bright)])
    return np.asarray(picture + 0.35 * bloom, np.float32)
