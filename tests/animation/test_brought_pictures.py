"""Pictures as people bring them, sent to the animation service: turned, far, cut, narrow."""

from __future__ import annotations

from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.state import FrameState
from comps.media.landmarks import Face, Placement
from comps.storage.blobs import Blobs
from tests.animation.faces import Pixels, bgr, faces_in
from tests.animation.test_framing import stretched
from tests.media.heic import heic


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    return np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut()[..., ::-1])


def png(picture: Pixels) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(picture))[1].tobytes()


def shown(client: httpx.Client, blobs: Path, media: bytes) -> Pixels:
    """The avatar at rest, BGR 512²."""
    said = client.post("/v1/animation/avatars", content=media, headers={"Content-Type": "image/png"})
    assert said.status_code == 200, said.text
    rigs = [key for blob in Blobs(str(blobs)).list("rigs") if (key := blob.key).startswith(f"{said.json()['avatar_id']}.512.")]
    return bgr(Renderer(Rig.from_bytes(Blobs(str(blobs)).get("rigs", rigs[0]))).frame(FrameState()))


def face_in(frame: Pixels) -> tuple[Face, Placement]:
    (face,) = faces_in([frame])
    assert face is not None
    return face, Placement.of(face, *frame.shape[:2])


def refused(client: httpx.Client, media: bytes) -> dict[str, object]:
    said = client.post("/v1/animation/avatars", content=media, headers={"Content-Type": "image/png"})
    assert said.headers["content-type"] == "application/problem+json", said.text
    return dict(said.json())


def test_a_picture_that_stands_on_its_head_is_turned(client: httpx.Client, blobs: Path, shared: Path) -> None:
    frame = shown(client, blobs, (shared / "cases" / "upside-down-picture" / "upside.png").read_bytes())
    face, placed = face_in(frame)
    assert face.score > 0.85
    assert abs(placed.tilt) < 5


@pytest.mark.parametrize("name", ["astronaut", "avatar3.png", "avatar6.png"])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_is_the_same_avatar_as_the_upright_one(
    client: httpx.Client, blobs: Path, shared: Path, astronaut: Pixels, name: str, turns: int
) -> None:
    picture = astronaut if name == "astronaut" else cv2.imread(str(shared / "data" / "avatars" / name))
    assert picture is not None
    upright, turned = (shown(client, blobs, png(np.rot90(picture, k))) for k in (0, turns))
    assert np.array_equal(upright, turned)


@pytest.mark.parametrize("degrees", [45, 135, -60])
def test_a_scan_at_a_slant_is_set_straight(client: httpx.Client, blobs: Path, astronaut: Pixels, degrees: int) -> None:
    matrix = cv2.getRotationMatrix2D((256, 256), degrees, 1)
    matrix[:, 2] += 106
    frame = shown(client, blobs, png(cv2.warpAffine(astronaut, matrix, (724, 724), borderValue=(255, 255, 255))))
    _, placed = face_in(frame)
    assert abs(placed.tilt) < 33
    assert placed.height > 200
    assert stretched(frame) == 0


@pytest.mark.parametrize("degrees", [20, -15])
def test_a_head_tilted_on_purpose_stays_as_it_is(client: httpx.Client, blobs: Path, astronaut: Pixels, degrees: int) -> None:
    matrix = cv2.getRotationMatrix2D((224, 110), -degrees, 1)
    tilted = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REFLECT)
    _, placed = face_in(shown(client, blobs, png(tilted)))
    assert placed.tilt == pytest.approx(degrees + 3, abs=4)


@pytest.mark.parametrize("name", ["wide.jpg", "tall.jpg"])
def test_a_face_far_away_is_shown_with_all_its_pixels(client: httpx.Client, blobs: Path, shared: Path, name: str) -> None:
    media = (shared / "cases" / "far-face" / name).read_bytes()
    frame = shown(client, blobs, media)
    _, placed = face_in(frame)
    assert placed.height > 200
    # The face in the file, 164 px high, as sharp as its own pixels.
    said = client.post("/v1/animation/avatars", content=media, headers={"Content-Type": "image/jpeg"}).json()
    assert min(said["width"], said["height"]) == 256


def far_away(astronaut: Pixels, tall: float) -> bytes:
    picture = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    head = cv2.resize(astronaut[5:215, 140:310], None, fx=tall / 108, fy=tall / 108, interpolation=cv2.INTER_AREA)
    picture[1400 : 1400 + head.shape[0], 2100 : 2100 + head.shape[1]] = head
    return png(picture)


def test_a_small_face_in_a_large_picture_speaks(client: httpx.Client, blobs: Path, astronaut: Pixels) -> None:
    _, placed = face_in(shown(client, blobs, far_away(astronaut, 120)))
    assert placed.height > 200


def test_a_face_that_is_too_small_is_refused_with_its_size(client: httpx.Client, astronaut: Pixels) -> None:
    said = refused(client, far_away(astronaut, 38))
    assert (said["status"], said["code"], said["field"], said["least_px"]) == (422, "face_too_small", "media", 48)
    assert said["height_px"] == pytest.approx(38, abs=4)


def test_a_face_cut_by_the_border_is_refused(client: httpx.Client, shared: Path, astronaut: Pixels) -> None:
    for media in ((shared / "cases" / "smeared-border" / "border.png").read_bytes(), png(astronaut[:, 205:])):
        said = refused(client, media)
        assert (said["status"], said["code"], said["field"]) == (422, "face_cut", "media")
        assert "shows all of it" in str(said["detail"])


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 300), (150, 320)), ((0, 180), (0, 512)), ((55, 190), (160, 275)), ((0, 330), (0, 290)), ((0, 160), (0, 512))],
)
def test_no_row_is_stretched_beside_a_face(
    client: httpx.Client, blobs: Path, astronaut: Pixels, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    frame = shown(client, blobs, png(astronaut[slice(*rows), slice(*columns)]))
    assert stretched(frame) == 0
    _, placed = face_in(frame)
    assert placed.cut < 0.1


def test_a_heic_of_a_phone_held_sideways_is_an_avatar(client: httpx.Client, blobs: Path, astronaut: Pixels) -> None:
    frame = shown(client, blobs, heic(np.rot90(astronaut), turns=3, tile=256))
    face, placed = face_in(frame)
    assert face.score > 0.85
    assert abs(placed.tilt) < 6


@pytest.mark.parametrize(
    ("media", "status", "code"),
    [
        (heic(np.full((64, 64, 3), 90, np.uint8))[:400], 415, "unsupported_media"),
        (heic(np.full((64, 64, 3), 90, np.uint8), size=(20_000, 20_000)), 413, "too_large"),
        (heic(np.full((64, 64, 3), 90, np.uint8)), 422, "no_face"),
    ],
    ids=["cut short", "giant", "no face"],
)
def test_a_heic_that_is_no_use_is_refused(client: httpx.Client, media: bytes, status: int, code: str) -> None:
    said = refused(client, media)
    assert (said["status"], said["code"], said["field"]) == (status, code, "media")
