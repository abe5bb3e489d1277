"""A character's picture: layers from far to near, lit together, finished by hand."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from AvatarChatbot.avatars.studio.backdrop import backdrop
from AvatarChatbot.avatars.studio.canvas import SIDE, Array, Canvas
from AvatarChatbot.avatars.studio.characters import Character, HairStyle
from AvatarChatbot.avatars.studio.clothes import clothes
from AvatarChatbot.avatars.studio.eyes import eyeballs, finish
from AvatarChatbot.avatars.studio.face import ears, features, head, neck
from AvatarChatbot.avatars.studio.hair import brows, hair
from AvatarChatbot.avatars.studio.light import KEY, Layer, display, glow, shade, vignette
from AvatarChatbot.avatars.studio.relief import cast_shadow, occlusion

#: Pixels a unit while drawing; the finished picture has one, so edges are averaged down.
OVERSAMPLING = 1.5
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


def paint(who: Character, scale: float = OVERSAMPLING) -> NDArray[np.uint8]:
    """The portrait: (1024, 1024, 3) RGB. The same character gives the same picture, up to rounding of the machine's arithmetic."""
    canvas = Canvas.at(scale)
    stack = layers(canvas, who)
    scene = _scene(canvas, stack)
    shadow, sky = cast_shadow(canvas, scene, KEY), occlusion(canvas, scene)
    picture = backdrop(canvas, who)
    for layer in stack:
        # brows, eyes and lashes lie between the face's skin and the hair that may fall over them
        picture += layer.cover[..., None] * (shade(canvas, layer, shadow, sky) - picture)
    picture = _eyes_under_hair(canvas, who, stack, picture)
    picture = vignette(canvas, glow(canvas, picture))
    small = cv2.resize(display(picture), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)


def _scene(canvas: Canvas, stack: list[Layer]) -> Array:
    """The relief of all layers together."""
    height = np.full(canvas.shape, -200, np.float32)
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
