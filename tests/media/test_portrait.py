"""What is done to a picture so that its face is upright and large enough, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from comps.cores.errors import FaceCut, FaceTooSmall, NoFace
from comps.media.image import decode_image, encode_jpeg, encode_png
from comps.media.image_header import read_header
from comps.media.landmarks.portrait import LEAST_PX, Recast, check, recast
from comps.media.recast import recast as recast_file
from tests.media.test_placement import oval


@pytest.mark.parametrize(
    ("tilt", "degrees"),
    [
        (0, 0),
        (20, 0),
        (-29, 0),
        (90, 270),
        (70, 270),
        (115, 270),
        (-90, 90),
        (180, 180),
        (-165, 180),
        (45, -45),
        (-50, 50),
        (135, -135),
    ],
)
def test_a_picture_is_turned_by_how_its_face_lies(tilt: int, degrees: int) -> None:
    how = recast(oval(150, 150, tilt=tilt), 300, 300, is_shrunk=False)
    assert (0 if how is None else how.degrees) == pytest.approx(degrees, abs=0.5)
    assert how is None or (how.square is None) == (degrees % 90 == 0)


def test_a_small_face_is_cut_out_of_a_picture_that_was_shrunk() -> None:
    face = oval(1000, 300, 24, 30)
    assert recast(face, 1365, 2048, is_shrunk=False) is None
    how = recast(face, 1365, 2048, is_shrunk=True)
    assert how is not None
    assert how.degrees == 0
    assert how.square == pytest.approx((1000 / 2048, 300 / 2048, 240 / 2048), rel=0.02)
    assert recast(oval(1000, 600, 60, 75), 1365, 2048, is_shrunk=True) is None


def test_what_is_refused_says_what_to_do() -> None:
    with pytest.raises(NoFace):
        check(None, 300, 300, None)
    with pytest.raises(NoFace, match="upright"):
        check(oval(150, 150, tilt=100), 300, 300, None)
    with pytest.raises(FaceTooSmall, match=f"40 pixels high of at least {LEAST_PX}") as small:
        check(oval(150, 150, 16, 20), 300, 300, None)
    document = small.value.document()
    assert (document["status"], document["code"], document["field"]) == (422, "face_too_small", "media")
    assert (document["height_px"], document["least_px"]) == (40, LEAST_PX)
    with pytest.raises(FaceCut, match="50 % of the face") as cut:
        check(oval(0, 150), 300, 300, None)
    assert cut.value.document()["cut"] == 0.5
    assert (cut.value.status, cut.value.code) == (422, "face_cut")
    whole = oval(150, 150)
    assert check(whole, 300, 300, None) is whole
    assert check(oval(100, 157), 200, 200, None)


def spots(height: int, width: int) -> np.ndarray:
    """Grey, with a blue, a green and a red disc."""
    picture = np.full((height, width, 3), 128, np.uint8)
    for (x, y), colour in zip(((0.3, 0.4), (0.7, 0.4), (0.5, 0.75)), ((255, 0, 0), (0, 255, 0), (0, 0, 255)), strict=True):
        cv2.circle(picture, (int(x * width), int(y * height)), 9, colour, -1)
    return picture


@pytest.mark.parametrize(
    "how",
    [
        Recast(90, None),
        Recast(180, None),
        Recast(270, None),
        Recast(0, (0.5, 0.35, 0.8)),
        Recast(90, (0.5, 0.35, 0.8)),
        Recast(-37.0, (0.5, 0.4, 0.9)),
        Recast(120.0, (0.5, 0.4, 1.1)),
    ],
)
def test_points_stay_on_what_they_mark(how: Recast) -> None:
    picture = spots(200, 300)
    points = {"mouth": [(90.5, 80.5), (210.5, 80.5), (150.5, 150.5)]}
    media, moved = recast_file(encode_png(picture), how, points)
    made = decode_image(media)
    assert moved is not None
    for (x, y), channel in zip(moved["mouth"], range(3), strict=True):
        pure = np.zeros(3)
        pure[channel] = 255
        assert np.abs(made[int(y), int(x)] - pure).max() < 30
        # Its middle, not anywhere on it.
        rows, columns = np.nonzero(np.abs(made.astype(int) - pure).max(axis=2) < 60)
        assert np.hypot(rows.mean() + 0.5 - y, columns.mean() + 0.5 - x) < 1.0


def test_quarter_turns_lose_nothing() -> None:
    picture = spots(200, 300)
    media, points = recast_file(encode_png(picture), Recast(90, None))
    assert np.array_equal(decode_image(media), np.rot90(picture, -1))
    assert points is None


def test_a_jpeg_stays_one_and_a_turn_leaves_no_stripes() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8), (0, 0), 1.5)
    media, _ = recast_file(encode_jpeg(noise), Recast(45.0, (0.5, 0.5, 1.0)))
    assert read_header(media).format == "jpeg"
    corner = decode_image(media)[:40, :40].astype(int)
    assert np.abs(np.diff(corner, axis=0)).max() <= 8
    assert np.abs(np.diff(corner, axis=1)).max() <= 8
