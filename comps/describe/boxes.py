"""Boxes around faces: left, top, right, bottom, in pixels."""

from __future__ import annotations

Box = tuple[float, float, float, float]

#: What belongs to a face's looks: this many of its heights to either side, above and below.
_BESIDE, _ABOVE, _BELOW = 1.9, 0.9, 1.9


def surroundings(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The head, shoulders and some background around a face, inside a picture of ``width`` × ``height``."""
    x0, y0, x1, y1 = box
    tall, middle = y1 - y0, (x0 + x1) / 2
    left, right = middle - _BESIDE * tall, middle + _BESIDE * tall
    top, bottom = y0 - _ABOVE * tall, y1 + _BELOW * tall
    return max(0, round(left)), max(0, round(top)), min(width, round(right)), min(height, round(bottom))


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / max(sum(areas) - wide * tall, 1e-9)
