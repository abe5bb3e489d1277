"""Aligned faces, and drawn mouths in them: with weights by which the network gives back what it sees, places and colours show."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from comps.animation.gfpgan.alignment import MOUTH, Alignment, outline
from comps.animation.gfpgan.layout import SIZE
from comps.animation.gfpgan.restorer import FaceRestorer
from comps.animation.warp.planes import Planes
from comps.animation.wav2lip.jobs import RestoreJob
from comps.animation.wav2lip.mouth_region import MouthRegion
from comps.cores.devices import Device
from tests.animation.faces import Portrait, bgr

NAMES = ("avatar1.jpg", "avatar5.png", "astronaut")


@pytest.fixture(scope="module", params=["torch", "openvino"])
def restorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FaceRestorer:
    pytest.importorskip("torch")
    pytest.importorskip(request.param)
    from benchmarks.plain import gfpgan
    from comps.animation.gfpgan.loading import load

    path = gfpgan.save_safetensors(gfpgan.echo(4), tmp_path_factory.mktemp("gfpgan") / "echo.safetensors")
    return load(path, Device("cpu", request.param, "f32", 1))


def _blurred(face: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    half = cv2.resize(face, (SIZE // 2, SIZE // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(half, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR))


@pytest.mark.parametrize("name", NAMES)
def test_eyes_and_mouth_lie_where_ffhq_has_them(faces: dict[str, Portrait], name: str) -> None:
    points = faces[name].landmarks
    matrix = Alignment.of(points).matrix
    aligned = (points[[468, 473, 61, 291], :2] - 0.5) @ matrix[:, :2].T + matrix[:, 2]
    expected = [[193, 240], [319, 240], [201, 371], [313, 371]]
    assert np.linalg.norm(aligned - expected, axis=1).max() < 24
    assert np.isclose(np.linalg.norm(matrix[:, 0]), np.linalg.norm(matrix[:, 1])), "faces are not stretched"


def test_alignment_turns_with_the_face(faces: dict[str, Portrait]) -> None:
    portrait = faces["astronaut"]
    turned = cv2.getRotationMatrix2D((256, 256), 20, 0.8)
    picture = cv2.warpAffine(portrait.picture, turned, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    points = (portrait.landmarks[:, :2] - 0.5) @ turned[:, :2].T + turned[:, 2] + 0.5
    upright, again = Alignment.of(portrait.landmarks).face(portrait.picture), Alignment.of(points).face(picture)
    middle = np.s_[128:384, 128:384]
    assert np.abs(upright[middle].astype(int) - again[middle]).mean() < 5


@pytest.mark.parametrize("name", NAMES)
def test_faces_keep_place_and_colour(restorer: FaceRestorer, faces: dict[str, Portrait], name: str) -> None:
    portrait = faces[name]
    aligned = Alignment.of(portrait.landmarks)
    face = aligned.face(portrait.picture)
    restored = restorer.restore(face[None])[0]
    assert np.abs(restored.astype(int) - _blurred(face)).max() <= 2
    laid = aligned.lay(portrait.picture, restored, outline(portrait.landmarks)).astype(int)
    change = laid - portrait.picture
    assert np.abs(change).mean() < 1.5, "half the resolution is all that is lost"
    assert np.abs(cv2.GaussianBlur(change.astype(np.float32), (0, 0), 12)).max() < 4, "no cast of colour"
    assert (change[:20] == 0).all()
    assert (change[-20:] == 0).all()


def test_a_still_face_is_restored_the_same_alone_in_company_and_again(restorer: FaceRestorer, faces: dict[str, Portrait]) -> None:
    face, other = (Alignment.of(faces[name].landmarks).face(faces[name].picture) for name in NAMES[:2])
    which = np.array([0, 1, 0, 0])
    several = restorer.restore_part(np.stack([face, other, face, face]), np.stack([face, other]), which, MOUTH)
    alone = restorer.restore_part(face[None], face[None], which[:1], MOUTH)[0]
    x0, y0, x1, y1 = MOUTH
    whole = restorer.restore(face[None])[0, y0:y1, x0:x1]
    for one in (*several[[0, 2, 3]], whole):
        assert np.abs(one.astype(int) - alone).max() <= 1


def _job(picture: np.ndarray[Any, Any], points: np.ndarray[Any, Any]) -> tuple[Alignment, MouthRegion, RestoreJob]:
    aligned, region = Alignment.of(points), MouthRegion.of(points, len(picture))
    inside = aligned.region(aligned.limited(region))
    return aligned, region, RestoreJob(aligned.face(picture)[None], inside.matrix[None], inside.outline[None], MOUTH)


@pytest.mark.parametrize("name", NAMES)
def test_mouths_come_back_where_they_were_drawn(restorer: FaceRestorer, faces: dict[str, Portrait], name: str) -> None:
    from comps.animation.warp import rig

    framing, points = rig.framed(faces[name].picture, faces[name].landmarks, 512)
    picture = framing.cut(faces[name].picture)
    aligned, region, job = _job(picture, points[:, :2])
    own = region.crop(picture)[48:]
    dark = own.copy()
    cv2.ellipse(dark, (48, 22), (14, 8), 0, 0, 360, (20, 20, 60), -1)
    drawn = restorer.mouths(np.stack([own, dark]), np.zeros(2, np.int64), job)
    assert drawn.shape == (2, MOUTH[3] - MOUTH[1], MOUTH[2] - MOUTH[0], 3)
    shown = []
    for patch, limited, matrix in (
        (dark, region, region.matrix),
        (drawn[1], aligned.limited(region), aligned.mouth),
        (drawn[0], aligned.limited(region), aligned.mouth),
    ):
        layer = Planes.of(picture).layer()
        limited.paste(layer, patch, matrix)
        shown.append(bgr(layer.i420()).astype(np.float32))
    still = bgr(Planes.of(picture).i420()).astype(np.float32)
    assert np.abs(shown[2] - still).mean() < 1.0, "the picture's own mouth stays as it is"
    unlike, drawn_change = (np.abs(cv2.GaussianBlur(one, (0, 0), 3)).mean() for one in (shown[1] - shown[0], shown[0] - still))
    assert drawn_change > 0.3
    assert unlike < 0.35 * drawn_change, "a restored mouth lies where the drawn one does, in its colour"
