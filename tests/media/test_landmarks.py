"""Landmarks: found on faces, not in noise, followed through frames, and honest where the detector is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from AvatarChatbot import avatars
from comps.cores.common.settings import LandmarkSettings
from comps.cores.errors import NodeUnavailable
from comps.media.landmarks import Face, Landmarker, Placement
from tests.animation.faces import NAMES, Pixels, read

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def landmarker() -> AsyncIterator[Landmarker]:
    reason = Landmarker.unavailable(LandmarkSettings())
    if reason is not None:
        pytest.skip(reason)
    found = Landmarker()
    yield found
    await found.stop()


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    from skimage import data

    return np.asarray(data.astronaut(), np.uint8)


@pytest.mark.parametrize("name", NAMES)
async def test_every_avatar_has_one_face(landmarker: Landmarker, shared: Path, name: str) -> None:
    (face,) = await landmarker.faces(np.ascontiguousarray(read(shared, name)[..., ::-1]))
    assert (face.points.shape, face.points.dtype) == ((478, 3), np.float32)
    assert 0.5 < face.score <= 1
    x0, y0, x1, y1 = face.box
    assert 0 < x0 < x1 < 1024
    assert 0 < y0 < y1 < 1024


async def test_landmarks_lie_on_the_face(landmarker: Landmarker, astronaut: Pixels) -> None:
    (face,) = await landmarker.faces(astronaut)
    # Read off the picture by eye: outer eye corners, tip of the nose, corners of the mouth.
    seen = {33: (193, 100), 263: (258.6, 104), 1: (225, 126.5), 61: (203, 140), 291: (244, 141.5)}
    for index, place in seen.items():
        assert np.linalg.norm(face.points[index, :2] - place) < 5, index


async def test_scaling_the_picture_scales_the_landmarks(landmarker: Landmarker, astronaut: Pixels) -> None:
    (large,) = await landmarker.faces(cv2.resize(astronaut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    (plain,) = await landmarker.faces(astronaut)
    assert np.abs(large.points[:, :2] / 2 - plain.points[:, :2]).mean() < 1.0


async def test_small_faces_and_several_faces(landmarker: Landmarker, astronaut: Pixels) -> None:
    half = cv2.resize(astronaut, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    (small,) = await landmarker.faces(half)
    assert small.box[2] - small.box[0] < 60
    both = np.hstack([astronaut[:400, 60:400], cv2.resize(astronaut[:400, 60:400], None, fx=0.8, fy=1.0)])
    found = await landmarker.faces(np.ascontiguousarray(both), max_faces=3)
    assert len(found) == 2
    assert (await landmarker.faces(np.ascontiguousarray(both)))[0].box == pytest.approx(found[0].box, abs=6)


async def test_noise_and_landscapes_have_no_face(landmarker: Landmarker) -> None:
    random = np.random.default_rng(7)
    for index in range(120):
        side = (64, 240, 512, 800)[index % 4]
        noise = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
        if index % 3 == 1:
            noise = cv2.normalize(
                cv2.GaussianBlur(noise, (0, 0), side / (80, 40, 20)[index % 5 % 3]), None, 0, 255, cv2.NORM_MINMAX
            )
        elif index % 3 == 2:
            noise = cv2.resize(noise[: side // 8, : side // 8], (side, side))
        assert await landmarker.faces(np.ascontiguousarray(noise), max_faces=4) == [], index
    height = np.linspace(0, 1, 600)[:, None]
    sky, hills = np.array([120, 170, 230]), np.array([60, 110, 40])
    ridge = 0.55 + 0.08 * np.sin(np.linspace(0, 9, 800))[None]
    landscape = np.where((height < ridge)[..., None], sky * (1 - 0.4 * height[..., None]), hills * (0.5 + height[..., None]))
    assert await landmarker.faces(landscape.clip(0, 255).astype(np.uint8)) == []


def turned(picture: Pixels, degrees: int) -> Pixels:
    """Turned clockwise on grey ground."""
    height, width = picture.shape[:2]
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, -(degrees // 90)))
    side = int(np.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), borderValue=(128, 128, 128)), np.uint8)


def tilt_from(face: Face | None, upright: Face, degrees: int) -> float:
    """By how much the face found in a turned picture lies otherwise than it should, degrees."""
    assert face is not None
    lies, lay = (Placement.of(one, 1024, 1024).tilt for one in (face, upright))
    return (lies - lay - degrees + 180) % 360 - 180


@pytest.mark.parametrize("name", [*NAMES, "aria", "kofi", "mei", "tomas", "astronaut"])
async def test_a_face_is_found_however_it_lies(landmarker: Landmarker, shared: Path, name: str) -> None:
    own = Path(avatars.__file__).parent / f"{name}.png"
    picture = np.asarray(cv2.imread(str(own)) if own.is_file() else read(shared, name), np.uint8)
    picture = np.ascontiguousarray(cv2.resize(picture, (800, 800), interpolation=cv2.INTER_AREA)[..., ::-1])
    (upright,) = await landmarker.faces(picture)
    same = await landmarker.face(picture)
    assert same is not None
    assert np.array_equal(same.points, upright.points)
    # The mesh knows the robot of avatar4 by quarter turns alone.
    for degrees in (90, 180, 270) if name == "avatar4.png" else (20, 60, 90, 135, 180, 225, 270, 300):
        assert abs(tilt_from(await landmarker.face(turned(picture, degrees)), upright, degrees)) < 15, degrees


@pytest.mark.parametrize("name", ["wide.jpg", "tall.jpg"])
async def test_a_face_in_a_long_strip_is_found(landmarker: Landmarker, shared: Path, name: str) -> None:
    picture = np.asarray(cv2.imread(str(shared / "cases" / "far-face" / name)), np.uint8)
    face = await landmarker.face(np.ascontiguousarray(picture[..., ::-1]))
    assert face is not None
    assert 150 < face.box[3] - face.box[1] < 180


@pytest.mark.parametrize("turns", [0, 1, 2])
@pytest.mark.parametrize("tall", [120, 40])
async def test_a_small_face_in_a_large_picture_is_found(landmarker: Landmarker, astronaut: Pixels, tall: int, turns: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    head = cv2.resize(astronaut[5:215, 140:310], None, fx=tall / 108, fy=tall / 108, interpolation=cv2.INTER_AREA)
    head = np.rot90(head, -turns)
    picture[1400 : 1400 + head.shape[0], 2100 : 2100 + head.shape[1]] = head
    face = await landmarker.face(picture)
    assert face is not None
    seen = Placement.of(face, 2000, 3000)
    assert seen.height == pytest.approx(tall, rel=0.1)
    assert abs((seen.tilt - 3 - 90 * turns + 180) % 360 - 180) < 10
    assert 2100 < face.box[0] < face.box[2] < 2100 + head.shape[1]


async def test_the_search_finds_no_face_in_noise(landmarker: Landmarker) -> None:
    random = np.random.default_rng(11)
    for side, blur in ((240, 0), (800, 0), (1600, 0), (800, 5), (1600, 12)):
        noise = random.integers(0, 256, (side, side * 3 // 4, 3), dtype=np.uint8)
        if blur:
            noise = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), blur), None, 0, 255, cv2.NORM_MINMAX)
        assert await landmarker.face(np.ascontiguousarray(noise)) is None, (side, blur)


async def test_tracking_follows_the_face_and_says_where_there_is_none(landmarker: Landmarker, astronaut: Pixels) -> None:
    frames = [cv2.warpAffine(astronaut, np.float32([[1, 0, 3 * k], [0, 1, 0]]), (512, 512)) for k in range(10)]
    frames[4] = np.full_like(astronaut, 90)
    rows = await landmarker.track(frames)
    assert rows.shape == (10, 478, 3)
    seen = np.isfinite(rows).all(axis=(1, 2))
    assert not seen[4]
    assert seen[[0, 1, 2, 3, 6, 7, 8, 9]].all()
    nose = rows[:, 1, 0]
    assert nose[3] - nose[0] == pytest.approx(9, abs=3)
    assert (await landmarker.track([])).shape == (0, 478, 3)


async def test_a_person_is_told_from_the_background(landmarker: Landmarker, astronaut: Pixels) -> None:
    person = await landmarker.person(astronaut)
    assert (person.shape, person.dtype) == ((512, 512), np.float32)
    assert person[100:180, 190:260].mean() > 0.9
    assert person[20:120, 330:400].mean() < 0.2


async def test_without_mediapipe_it_says_how_to_get_it(tmp_path: Path, astronaut: Pixels) -> None:
    settings = LandmarkSettings(packages=tmp_path)
    assert Landmarker.unavailable(settings) is not None
    with pytest.raises(NodeUnavailable, match="scripts/setup"):
        await Landmarker(settings).faces(astronaut)


async def test_a_folder_with_a_broken_mediapipe_is_a_typed_failure(tmp_path: Path, astronaut: Pixels) -> None:
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "__init__.py").write_text("")
    broken = Landmarker(LandmarkSettings(packages=tmp_path))
    with pytest.raises(NodeUnavailable):
        await broken.faces(astronaut)
    await broken.stop()
