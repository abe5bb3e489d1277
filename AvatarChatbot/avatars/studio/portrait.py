"""A character's picture: layers from far to near, lit together, finished by hand."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from AvatarChatbot.avatars.studio.backdrop import backdrop
from AvatarChatbot.avatars.studio.canvas import SIDE, Array, Canvas, single
from AvatarChatbot.avatars.studio.characters import Character, HairStyle
from AvatarChatbot.avatars.studio.clothes import clothes
from AvatarChatbot.avatars.studio.eyes import eyeballs, finish
from AvatarChatbot.avatars.studio.face import ears, features, head, neck
from AvatarChatbot.avatars.studio.hair import brows, hair
from AvatarChatbot.avatars.studio.light import KEY, Layer, display, glow, shade, vignette
from AvatarChatbot.avatars.studio.relief import BACKDROP, cast_shadow, occlusion

#: Pixels a unit while drawing; the finished picture has 1.09, so edges are averaged down.
OVERSAMPLING = 1.5
#: The part of the canvas that becomes the picture: left, top, side (units). The face then fills about 45 % of its height.
FRAME = (42, 26, 940)
#: Styles that cover the ears.
_EARS_COVERED = (HairStyle.WAVES, HairStyle.BOB)


def layers(canvas: Canvas, who: Character) -> list[Layer]:
    """Everything but the backdrop, farthest first."""
    behind, before = hair(canvas, who)
    skin = [neck(canvas, who)]
    dressed = [*skin, *clothes(canvas, who)]
    if who.hair not in _EARS_COVERED:
        dressed.append(ears(canvas, who))
    face = [head(canvas, who), eyeballs(canvas, who, features(who.shape)), brows(canvas, who)]
    return [*behind, *dressed, *face, *before]


def in_picture(points: Array) -> Array:
    """Points of the canvas (units) as pixels of the finished picture."""
    left, top, side = FRAME
    return np.asarray((points - single([left, top])) * single(SIDE / side), np.float32)


def paint(who: Character, scale: float = OVERSAMPLING) -> NDArray[np.uint8]:
    """The portrait: (1024, 1024, 3) RGB. The same character gives the same picture, up to rounding."""
    canvas = Canvas.at(scale)
    stack = layers(canvas, who)
    scene = _scene(canvas, stack)
    shadow, sky = cast_shadow(canvas, scene, KEY), occlusion(canvas, scene)
    picture = backdrop(canvas, who)
    for layer, seen in zip(stack, _seen(stack), strict=True):
        box = _box(layer)
        light = shade(canvas, _cropped(layer, box), shadow[box], sky[box], seen[box])
        picture[box] += layer.cover[box][..., None] * (light - picture[box])
    picture = _eyes_under_hair(canvas, who, stack, picture)
    picture = vignette(canvas, glow(canvas, picture))
    left, top, side = (round(v * canvas.scale) for v in FRAME)
    framed = np.ascontiguousarray(display(picture)[top : top + side, left : left + side])
    small = cv2.resize(framed, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.round(np.clip(small, 0, 1) * 255), np.uint8)


def _box(layer: Layer) -> tuple[slice, slice]:
    """The rows and columns that a layer covers, with a margin for the light that scatters in it."""
    rows, columns = (np.flatnonzero(layer.cover.max(axis=axis) > 0) for axis in (1, 0))
    margin = 24
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin),
    )


def _cropped(layer: Layer, box: tuple[slice, slice]) -> Layer:
    return replace(
        layer,
        cover=layer.cover[box],
        colour=layer.colour[box],
        height=layer.height[box],
        normal=layer.normal[box],
        gloss=layer.gloss if isinstance(layer.gloss, float) else layer.gloss[box],
        strands=None if layer.strands is None else layer.strands[box],
    )


def _seen(stack: list[Layer]) -> list[Array]:
    """How much of each layer's coverage no nearer layer hides."""
    free = np.ones_like(stack[0].cover)
    seen = []
    for layer in reversed(stack):
        seen.append(layer.cover * free)
        free = free * (1 - layer.cover)
    return seen[::-1]


def _scene(canvas: Canvas, stack: list[Layer]) -> Array:
    """The relief of all layers together."""
    height = np.full(canvas.shape, BACKDROP, np.float32)
    for layer in stack:
        height += layer.cover * (layer.height - height)
    return height


def _eyes_under_hair(canvas: Canvas, who: Character, stack: list[Layer], picture: Array) -> Array:
    """Catch-lights and lashes, kept off the hair that hangs over them."""
    done = finish(canvas, who, features(who.shape), picture)
    free = np.ones(canvas.shape, np.float32)
    for layer in stack[-2:]:
        if layer.strands is not None and layer.height.max() > 186:
            free *= 1 - layer.cover
    return np.asarray(picture + free[..., None] * (done - picture), np.float32)
