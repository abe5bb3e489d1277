"""The square that is shown: inside the picture where that is possible, else on blurred ground, never with stretched rows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import Floats, Pixels

SIZE = 256


def face(x: float, y: float, height: float) -> Floats:
    """Points of a face as wide as 0.85 of its height, around x, y."""
    turns = np.linspace(0, 2 * np.pi, 478)
    places = [x + 0.425 * height * np.cos(turns), y + 0.5 * height * np.sin(turns), 0 * turns]
    return np.stack(places, axis=1).astype(np.float32)


def noise(height: int, width: int) -> Pixels:
    grain = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(grain, (0, 0), 1.5), np.uint8)


def stretched(frame: Pixels) -> int:
    """Rows or columns at the frame's borders that repeat the one beside them, though it has a pattern."""
    worst = 0
    for turned in (frame, frame[::-1], frame.transpose(1, 0, 2), frame.transpose(1, 0, 2)[::-1]):
        same = np.abs(np.diff(turned.astype(int), axis=0)).max(axis=(1, 2)) <= 1
        patterned = np.abs(np.diff(turned[0].astype(int), axis=0)).max() > 12
        worst = max(worst, int(np.argmin(same)) if patterned and not same.all() else 0)
    return worst


@pytest.mark.parametrize(
    ("height", "width", "x", "y", "tall"),
    [
        (1024, 1024, 512, 400, 200),
        (300, 170, 80, 120, 108),
        (180, 512, 230, 100, 108),
        (330, 290, 170, 110, 108),
        (256, 4000, 128, 128, 150),
        (4000, 256, 128, 3900, 150),
        (300, 300, 255, 55, 100),
    ],
)
def test_the_square_stays_inside_the_picture(height: int, width: int, x: float, y: float, tall: float) -> None:
    framing = Framing.around(face(x, y, tall), height, width, SIZE)
    assert framing.x >= 0
    assert framing.y >= 0
    assert framing.x + framing.side <= width + 1e-9
    assert framing.y + framing.side <= height + 1e-9
    assert stretched(framing.cut(noise(height, width))) == 0
    low, high = framing.place(face(x, y, tall)).min(axis=0), framing.place(face(x, y, tall)).max(axis=0)
    assert ((low[:2] > -1e-6) & (high[:2] < SIZE + 1e-6)).all()


@pytest.mark.parametrize(
    ("height", "width", "x", "y", "tall"),
    [(135, 115, 65, 70, 107), (256, 150, 100, 140, 167), (1024, 420, 212, 500, 454), (160, 512, 200, 110, 130)],
)
def test_beyond_a_picture_that_is_hardly_larger_than_the_face_lies_even_ground(
    height: int, width: int, x: float, y: float, tall: float
) -> None:
    framing = Framing.around(face(x, y, tall), height, width, SIZE)
    picture = noise(height, width)
    shown = framing.cut(picture)
    assert stretched(shown) == 0
    assert shown.dtype == np.uint8
    at = framing.x + (np.arange(SIZE) + 0.5) / framing.scale, framing.y + (np.arange(SIZE) + 0.5) / framing.scale
    outside = ((at[0] < 0) | (at[0] > width))[None] | ((at[1] < 0) | (at[1] > height))[:, None]
    # Blurred: neighbours hardly differ, and the picture's mean goes on.
    steps = np.abs(np.diff(shown.astype(int), axis=0))[outside[1:] & outside[:-1]]
    assert steps.max(initial=0) <= 12
    assert abs(float(shown[outside].mean() if outside.any() else 128) - float(picture.mean())) < 20
    # The whole picture is shown on the side where it is too short.
    assert framing.side <= max(height, width, tall / 0.72) + 1e-6
    if framing.side > width:
        assert framing.x <= 0
        assert framing.x + framing.side >= width


def test_a_square_inside_the_picture_is_cut_as_it_is() -> None:
    picture = noise(600, 600)
    framing = Framing.around(face(300, 280, 0.46 * SIZE), 600, 600, SIZE)
    assert framing.side == pytest.approx(SIZE, rel=1e-4)
    x, y = round(framing.x), round(framing.y)
    whole = Framing(float(x), float(y), float(SIZE), SIZE)
    assert np.array_equal(whole.cut(picture), picture[y : y + SIZE, x : x + SIZE])


def test_a_mask_goes_on_beyond_the_picture() -> None:
    framing = Framing.around(face(32, 32, 60), 64, 64, SIZE)
    assert framing.side > 64
    assert np.allclose(framing.cut(np.ones((64, 64), np.float32)), 1.0)


def test_points_go_to_the_square_and_back() -> None:
    framing = Framing.around(face(100, 90, 60), 200, 300, SIZE)
    points = face(100, 90, 60)
    assert np.allclose(framing.unplace(framing.place(points)[:, :2]), points[:, :2], atol=1e-4)
