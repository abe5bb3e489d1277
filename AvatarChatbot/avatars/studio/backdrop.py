"""Behind the sitter: a room far out of focus."""

from __future__ import annotations

import numpy as np

from AvatarChatbot.avatars.studio.canvas import Array, Canvas, single, smoothstep
from AvatarChatbot.avatars.studio.characters import Character
from AvatarChatbot.avatars.studio.light import linear


def backdrop(canvas: Canvas, who: Character) -> Array:
    """Linear light (h, w, 3): a glow behind the head, wide blurred shapes, a few discs of light."""
    light, dark = (single(c) for c in who.backdrop)
    fall = np.clip(np.hypot(canvas.x - 430, (canvas.y - 330) * 0.9) / 780, 0, 1)[..., None] ** 1.2
    colour = light + (dark - light) * fall
    rng = np.random.default_rng(who.seed + 100)
    for _ in range(9):
        x, width = rng.uniform(0, 1024), rng.uniform(40, 130)
        band = smoothstep(width, width * 0.3, np.abs(canvas.x - x)) * single(rng.uniform(-0.05, 0.05))
        colour = colour + canvas.blur(band, 26)[..., None]
    for _ in range(14):
        x, y, r = rng.uniform(0, 1024), rng.uniform(0, 700), rng.uniform(18, 52)
        disc = smoothstep(r, r * 0.78, np.hypot(canvas.x - x, canvas.y - y)) * single(rng.uniform(0.02, 0.07))
        colour = colour + canvas.blur(disc, 5)[..., None]
    return linear(np.asarray(colour, np.float32))
