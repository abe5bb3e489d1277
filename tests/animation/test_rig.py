"""Rigs: built for every kind of face, stored and read back, corrected by side-car points."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from comps.animation.warp import clip, rig, sidecar
from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import ThinPlate
from comps.animation.warp.planes import Planes
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.state import FrameState, Head, Mouth
from comps.animation.warp.tiles import TILE, plan
from comps.cores.errors import BadInput, NoFace
from tests.animation.faces import DRAWN_EYES, NAMES, Portrait, aperture, bgr, ellipse, faces_in

SPEAKING = FrameState(
    np.array(Mouth(opening=0.2, wide=0.05), np.float32), 1.0, 0.5, np.array(Head(yaw=0.03, roll=0.01), np.float32)
)
#: Where a person sees the mouth of avatar4, a drawn robot whose mouth the mesh places on its rim.
AVATAR4_MOUTH = [
    (482, 502),
    (492, 502),
    (512, 506),
    (533, 501),
    (543.5, 503),
    (540, 525),
    (527, 540),
    (512, 546),
    (495, 537),
    (485, 522),
]
AVATAR4_EYES = {key: ellipse(*eye) for key, eye in zip(("left_eye", "right_eye"), DRAWN_EYES["avatar4.png"], strict=True)}


@pytest.mark.parametrize("name", [*NAMES, "astronaut"])
def test_every_face_has_a_rig_that_draws(rigs: dict[str, Rig], name: str) -> None:
    frame = Renderer(rigs[name]).frame(SPEAKING)
    assert (frame.shape, frame.dtype) == ((768, 512), np.uint8)
    assert rigs[name].kind == "picture"
    at_rest = Renderer(rigs[name]).frame(FrameState())
    assert np.abs(frame.astype(int) - at_rest).max() > 40


@pytest.mark.parametrize("name", [*NAMES, "astronaut"])
def test_at_rest_the_picture_is_shown_as_it_is(rigs: dict[str, Rig], faces: dict[str, Portrait], name: str) -> None:
    picture = faces[name].picture
    framing = Framing.around(faces[name].landmarks, picture.shape[0], picture.shape[1], 512)
    shown = Renderer(rigs[name]).frame(FrameState())
    difference = np.abs(shown.astype(int) - Planes.of(framing.cut(picture)).i420())
    assert difference.mean() < 0.5
    assert np.percentile(difference, 99) < 20


def test_a_rig_is_the_same_after_storing(rigs: dict[str, Rig]) -> None:
    original = rigs["avatar1.jpg"]
    data = original.to_bytes()
    restored = Rig.from_bytes(data)
    assert restored.to_bytes() == data
    assert (restored.size, restored.kind, restored.can_blink) == (512, "picture", True)
    assert np.array_equal(Renderer(restored).frame(SPEAKING), Renderer(original).frame(SPEAKING))


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: b"PK" + data, lambda data: data[:1000], lambda data: data[: len(data) // 2]]
)
def test_bytes_that_are_no_rig_are_refused(rigs: dict[str, Rig], damage: object) -> None:
    assert callable(damage)
    with pytest.raises(ValueError, match=r"."):
        Rig.from_bytes(damage(rigs["avatar1.jpg"].to_bytes()))


def test_building_twice_gives_the_same_rig(rigs: dict[str, Rig], faces: dict[str, Portrait]) -> None:
    face = faces["astronaut"]
    again = rig.build(face.picture, face.landmarks, 512, None, face.person)
    assert again.to_bytes() == rigs["astronaut"].to_bytes()


@pytest.mark.parametrize(
    ("height", "width", "x", "y", "face"),
    [
        (1200, 300, 60, 900, 200),
        (300, 1200, 1000, 10, 200),
        (90, 90, 20, 20, 40),
        (400, 400, -60, -40, 260),
        (64, 64, 20, 20, 20),
    ],
)
def test_pictures_of_any_size_and_faces_at_their_border(
    faces: dict[str, Portrait], height: int, width: int, x: int, y: int, face: int
) -> None:
    source = faces["astronaut"]
    scale = face / float(np.ptp(source.landmarks[:, 1]))
    moved = np.array([[scale, 0, x - scale * 179], [0, scale, y - scale * 70]])
    picture = cv2.warpAffine(source.picture, moved, (width, height), borderMode=cv2.BORDER_REFLECT)
    landmarks = source.landmarks * np.float32(scale)
    landmarks[:, :2] += moved[:, 2].astype(np.float32)
    built = rig.build(picture, landmarks, 256)
    assert Renderer(built).frame(SPEAKING).shape == (384, 256)


def test_grey_pictures_stay_grey(faces: dict[str, Portrait]) -> None:
    face = faces["astronaut"]
    grey = cv2.cvtColor(cv2.cvtColor(face.picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    at_rest = Renderer(rig.build(grey, face.landmarks, 256)).frame(FrameState())
    assert np.abs(at_rest[256:].astype(int) - 128).max() <= 1


def test_side_car_points_put_the_mouth_where_the_user_says(faces: dict[str, Portrait]) -> None:
    face = faces["avatar4.png"]
    corrected = sidecar.correct(face.landmarks, {"mouth": AVATAR4_MOUTH, **AVATAR4_EYES})
    assert np.linalg.norm(face.landmarks[[61, 291], :2] - [(482, 502), (543.5, 503)], axis=1).max() > 30  # the mesh misplaces it
    assert np.linalg.norm(corrected[[61, 291], :2] - [(482, 502), (543.5, 503)], axis=1).max() < 2
    assert 495 < corrected[0, 1] < corrected[17, 1] < 550
    points = {"mouth": AVATAR4_MOUTH, **AVATAR4_EYES}
    framing = Framing.around(corrected, 1024, 1024, 512)
    x, y = framing.place(np.array([[512, 524]], np.float32))[0].astype(int)
    built = rig.build(face.picture, face.landmarks, 512, points, face.person)
    assert built.can_blink
    frames = [Renderer(built).frame(FrameState(np.array(Mouth(opening=o), np.float32), 1.0)) for o in (0.29, 0.0)]
    changed = np.abs(frames[0][:512].astype(int) - frames[1][:512]) > 60
    assert changed[y - 20 : y + 25, x - 20 : x + 20].mean() > 0.1


def test_an_opening_is_the_inner_outline_of_the_lips(faces: dict[str, Portrait]) -> None:
    face = faces["astronaut"]
    outline = [(200, 155), (213, 150), (226, 148), (240, 152), (246, 156), (226, 166)]
    inner = [(204, 155), (225, 153), (242, 156), (225, 160)]
    corrected = sidecar.correct(face.landmarks, {"opening": inner, "mouth": outline})
    assert corrected[14, 1] == pytest.approx(160, abs=1.5)
    assert corrected[17, 1] == pytest.approx(166, abs=1.5)


@pytest.mark.parametrize(
    "points",
    [
        {"nose": [(1, 1), (2, 2), (3, 3), (4, 4)]},
        {"mouth": [(1, 1), (2, 2)]},
        {"mouth": [(1, 1), (1, 2), (1, 3), (1, 4)]},
        {"left_eye": [(float("nan"), 1), (2, 2), (3, 3), (4, 4)]},
    ],
)
def test_side_car_points_that_make_no_sense_are_refused(
    faces: dict[str, Portrait], points: dict[str, list[tuple[float, float]]]
) -> None:
    face = faces["avatar4.png"]
    with pytest.raises(BadInput) as caught:
        rig.build(face.picture, face.landmarks, 256, points)
    assert caught.value.extra["field"] == "points"


def _clip(faces: dict[str, Portrait], frames: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The astronaut drifting to the right."""
    face = faces["astronaut"]
    pictures, tracks = [], []
    for shift in range(frames):
        moved = np.array([[1, 0, shift], [0, 1, 0]], np.float64)
        pictures.append(cv2.warpAffine(face.picture, moved, (512, 512), borderMode=cv2.BORDER_REPLICATE))
        tracks.append(face.landmarks + np.float32([shift, 0, 0]))
    return pictures, np.stack(tracks)


def test_a_clip_goes_forwards_and_back_and_is_spoken_anew(faces: dict[str, Portrait]) -> None:
    pictures, tracks = _clip(faces, 5)
    tracks[2] = np.nan
    built = Rig.from_bytes(clip.build(pictures, tracks, 256).to_bytes())
    assert (built.kind, built.can_blink, len(built.stills)) == ("clip", False, 5)
    renderer = Renderer(built)
    frames = [renderer.frame(FrameState(frame=k)) for k in range(10)]
    assert [clip.index(k, 5) for k in range(10)] == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1]
    assert np.array_equal(frames[1], frames[9])
    assert not np.array_equal(frames[1], frames[2])
    wide = renderer.frame(FrameState(np.array(Mouth(opening=0.29), np.float32), 1.0, frame=2))
    seen = [face for face in faces_in([bgr(frames[2]), bgr(wide)]) if face is not None]
    shut_gap, wide_gap = (aperture(face.points) for face in seen)
    assert shut_gap < 0.06  # the astronaut's own smile is wider than that
    assert wide_gap > shut_gap + 0.06


def test_a_clip_without_a_face_is_refused(faces: dict[str, Portrait]) -> None:
    pictures, tracks = _clip(faces, 3)
    with pytest.raises(NoFace):
        clip.build(pictures, np.full_like(tracks, np.nan), 256)


def test_thin_plates_go_through_their_values() -> None:
    random = np.random.default_rng(0)
    centres, values = random.uniform(0, 300, (30, 2)), random.normal(0, 5, (30, 2))
    assert np.abs(ThinPlate(centres, values)(centres.astype(np.float32)) - values).max() < 0.05


def test_tiles_are_covered_once_and_by_the_right_kind() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        kind = random.integers(0, 3, (8, 8))
        solid, edge = plan(kind == 1, kind == 2, 8 * TILE)
        count = np.zeros((8, 8), int)
        by_edge = np.zeros((8, 8), bool)
        for boxes, mark in ((solid, False), (edge, True)):
            for x0, y0, x1, y1 in boxes // TILE:
                count[y0:y1, x0:x1] += 1
                by_edge[y0:y1, x0:x1] |= mark
        assert count.max() == 1
        assert (count[kind > 0] == 1).all()
        assert by_edge[kind == 2].all()
        assert not ((count > 0) & ~by_edge & (kind != 1)).any()
