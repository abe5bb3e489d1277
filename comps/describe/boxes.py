"""Boxes around faces: left, top, right, bottom, in pixels."""

from __future__ import annotations

Box = tuple[float, float, float, float]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / max(sum(areas) - wide * tall, 1e-9)
