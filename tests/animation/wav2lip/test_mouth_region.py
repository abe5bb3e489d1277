"""The face that the generator sees, and the mouth that is laid back into the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import Doubles
from comps.animation.warp.planes import Planes
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.state import FrameState, Mouth
from comps.animation.wav2lip.mouth_region import MouthRegion, Pads, regions
from tests.animation.faces import Pixels, Portrait, bgr

SIZE = 512
#: Photographs and drawings; avatar5 looks to the side, the astronaut is tilted.
PEOPLE = ("avatar1.jpg", "avatar2.jpg", "avatar3.png", "avatar5.png", "avatar6.png", "astronaut")
WIDE = Mouth(opening=0.3, upper=0.01)


def placed(face: Portrait, size: int = SIZE) -> tuple[Pixels, Doubles]:
    """The square that is shown, and the landmarks [478, 2] in it."""
    framing = Framing.around(face.landmarks, *face.picture.shape[:2], size)
    return framing.cut(face.picture), framing.place(face.landmarks)[:, :2]


def spoken(rig: Rig, mouth: Mouth) -> Pixels:
    """The picture as warp draws it with a mouth, the head at rest."""
    return bgr(Renderer(rig).frame(FrameState(np.array(mouth, np.float32), 1.0)))


def rest(rig: Rig) -> Pixels:
    return bgr(Renderer(rig).frame(FrameState()))


def pasted(face: Pixels, region: MouthRegion, patch: Pixels, strength: float = 1.0) -> Pixels:
    layer = Planes.of(face).layer()
    region.paste(layer, patch, strength=strength)
    return bgr(layer.i420())


@pytest.mark.parametrize("name", PEOPLE)
def test_the_face_fills_the_crop(faces: dict[str, Portrait], name: str) -> None:
    """As S3FD's boxes do: brows and eyes in the upper half, the mouth in the middle of the lower, the chin near its end."""
    _, points = placed(faces[name])
    region = MouthRegion.of(points, SIZE)
    local = (points - 0.5 - region.matrix[:, 2]) @ np.linalg.inv(region.matrix[:, :2]).T + [0, 48]
    assert local[[33, 133, 362, 263, 105, 334], 1].max() < 46
    assert 28 < local[[13, 14], 0].mean() < 68
    assert 64 < local[[13, 14], 1].mean() < 84
    assert 88 < local[152, 1] < 94


def test_the_crop_averages_the_picture(faces: dict[str, Portrait]) -> None:
    picture, points = placed(faces["avatar1.jpg"])
    region = MouthRegion.of(points, SIZE)
    upright = MouthRegion(SIZE, np.array([[3.0, 0, 101.0], [0, 3.0, 101.0 + 48 * 3]]), region.outline)
    expected = cv2.resize(picture[100:388, 100:388], (96, 96), interpolation=cv2.INTER_AREA)
    assert np.abs(upright.crop(picture).astype(int) - expected).max() <= 1


def test_a_tilted_head_is_seen_upright(faces: dict[str, Portrait]) -> None:
    picture, points = placed(faces["avatar1.jpg"])
    upright = MouthRegion.of(points, SIZE).crop(picture)
    turn = cv2.getRotationMatrix2D((255.5, 255.5), 17.0, 0.9)
    tilted = cv2.warpAffine(picture, turn, (SIZE, SIZE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    moved = (points - 0.5) @ turn[:, :2].T + turn[:, 2] + 0.5
    assert np.abs(MouthRegion.of(moved, SIZE).crop(tilted).astype(int) - upright).mean() < 2.5


@pytest.mark.parametrize("shift", [(-190, 0), (190, 0), (0, -150), (0, 190), (0, 400), (-500, 0)])
def test_faces_that_the_picture_cuts_off_keep_their_proportions(faces: dict[str, Portrait], shift: tuple[int, int]) -> None:
    """What is drawn stays within the picture; a face whose mouth is beyond it, too."""
    picture, points = placed(faces["avatar1.jpg"])
    moved = np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]])
    edge = cv2.warpAffine(picture, moved, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    region, whole = MouthRegion.of(points + shift, SIZE), MouthRegion.of(points, SIZE)
    np.testing.assert_allclose(region.matrix[:, :2], whole.matrix[:, :2])
    x0, y0, x1, y1 = region.box
    assert 0 <= x0 < x1 <= SIZE
    assert 0 <= y0 < y1 <= SIZE
    layer, before = Planes.of(edge).layer(), Planes.of(edge)
    region.paste(layer, region.crop(edge)[48:])
    assert np.abs(layer.luma.astype(int) - before.luma).max() <= 1


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("size", [128, 512, 1024])
def test_the_face_drawn_as_it_is_changes_nothing(faces: dict[str, Portrait], name: str, size: int) -> None:
    picture, points = placed(faces[name], size)
    region = MouthRegion.of(points, size)
    before, layer = Planes.of(picture), Planes.of(picture).layer()
    region.paste(layer, region.crop(picture)[48:])
    assert np.abs(layer.luma.astype(int) - before.luma).max() <= 1
    # The crop is made of colours at full resolution, of which the planes hold half.
    x0, y0, x1, y1 = (edge // 2 for edge in region.box)
    assert np.abs(layer.chroma[..., :2].astype(int) - before.chroma)[y0:y1, x0:x1].mean() <= 1.2


@pytest.mark.parametrize("name", PEOPLE)
def test_a_wrong_colour_is_not_seen(rigs: dict[str, Rig], faces: dict[str, Portrait], name: str) -> None:
    """What the generator draws too blue all over looks as if it had been drawn right."""
    face = rest(rigs[name])
    region = MouthRegion.of(placed(faces[name])[1], SIZE)
    drawn = region.crop(spoken(rigs[name], WIDE))[48:]
    blue = np.clip(drawn * [1.05, 0.98, 0.95] + [8, 0, -8], 0, 255).astype(np.uint8)
    before, after = pasted(face, region, drawn).astype(int), pasted(face, region, blue).astype(int)
    x0, y0, x1, y1 = region.box
    assert np.abs(blue.astype(int) - drawn).mean() > 5
    assert np.abs(after - before)[y0:y1, x0:x1].mean() < 1.6


@pytest.mark.parametrize("name", PEOPLE)
def test_the_drawn_mouth_is_seen(rigs: dict[str, Rig], faces: dict[str, Portrait], name: str) -> None:
    """The mouth that another engine draws comes through the generator's few pixels: far nearer to it than to the face at rest."""
    face, wide = rest(rigs[name]), spoken(rigs[name], WIDE)
    region = MouthRegion.of(placed(faces[name])[1], SIZE)
    shown = pasted(face, region, region.crop(wide)[48:])
    x, y, width, height = cv2.boundingRect(lips_of(faces[name]))
    lips = np.s_[y : y + height, x : x + width]
    error, change = (np.abs(other.astype(int) - wide)[lips].mean() for other in (shown, face))
    assert error < 0.35 * change


def lips_of(face: Portrait) -> Doubles:
    return np.round(placed(face)[1][[61, 40, 0, 270, 291, 405, 17, 181]]).astype(np.int32)


def test_nothing_is_drawn_beyond_the_lower_face(rigs: dict[str, Rig], faces: dict[str, Portrait]) -> None:
    face = rest(rigs["astronaut"])
    region = MouthRegion.of(placed(faces["astronaut"])[1], SIZE)
    layer, before = Planes.of(face).layer(), Planes.of(face)
    region.paste(layer, np.random.default_rng(3).integers(0, 256, (48, 96, 3), np.uint8))
    x0, y0, x1, y1 = region.box
    outside = np.ones((SIZE, SIZE), bool)
    outside[y0:y1, x0:x1] = False
    assert (layer.luma == before.luma)[outside].all()
    # The rim of the generator's half stays as well: its rows and columns end without an edge.
    changed = np.abs(layer.luma.astype(int) - before.luma)
    along = np.array([[at, 0.0] for at in range(96)]) @ region.matrix[:, :2].T + region.matrix[:, 2]
    x, y = np.round(along).astype(int).T
    assert changed[y, x].max() <= 3


def test_strength_fades_the_mouth_in(rigs: dict[str, Rig], faces: dict[str, Portrait]) -> None:
    face = rest(rigs["avatar1.jpg"])
    region = MouthRegion.of(placed(faces["avatar1.jpg"])[1], SIZE)
    patch = region.crop(spoken(rigs["avatar1.jpg"], WIDE))[48:]
    none, half, full = (pasted(face, region, patch, strength).astype(int) for strength in (0.0, 0.5, 1.0))
    assert (none == bgr(Planes.of(face).i420())).all()
    assert np.abs(half - (none + full) / 2).mean() < 0.5


def test_a_larger_patch_is_laid_by_its_own_matrix(rigs: dict[str, Rig], faces: dict[str, Portrait]) -> None:
    """A restored face has more pixels than the generator's, and lies elsewhere."""
    face, wide = rest(rigs["astronaut"]), spoken(rigs["astronaut"], WIDE)
    region = MouthRegion.of(placed(faces["astronaut"])[1], SIZE)
    x0, y0, x1, y1 = region.box
    large = cv2.resize(wide[y0:y1, x0:x1], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    matrix = np.array([[0.5, 0, x0 - 0.25], [0, 0.5, y0 - 0.25]])
    layer = Planes.of(face).layer()
    region.paste(layer, np.asarray(large, np.uint8), matrix)
    x, y, width, height = cv2.boundingRect(lips_of(faces["astronaut"]))
    lips = np.s_[y : y + height, x : x + width]
    assert np.abs(bgr(layer.i420()).astype(int) - wide)[lips].mean() < 4.0


def test_clips_are_smoothed(faces: dict[str, Portrait]) -> None:
    _, points = placed(faces["avatar1.jpg"])
    noise = np.random.default_rng(5).normal(0, 1.5, (60, 1, 2)) * np.ones((1, 478, 1))
    steady = regions(points + noise, SIZE)
    apart = [MouthRegion.of(points + one, SIZE) for one in noise]
    jitter, raw = (np.std([region.matrix[:, 2] for region in which], axis=0).max() for which in (steady, apart))
    assert jitter < 0.55 * raw
    assert len(regions(points[None], SIZE)) == 1
    still = MouthRegion.of(points, SIZE)
    np.testing.assert_allclose(regions(points[None], SIZE)[0].matrix, still.matrix)


def test_the_regions_of_a_clip_can_be_stored_together(faces: dict[str, Portrait]) -> None:
    shapes = {
        tuple((name, array.shape) for name, array in region.to_arrays().items())
        for name in PEOPLE
        for region in regions(placed(faces[name])[1][None], SIZE)
    }
    assert len(shapes) == 1


def test_jitter_of_landmarks_does_not_shake_the_mouth(rigs: dict[str, Rig], faces: dict[str, Portrait]) -> None:
    """The mouth stays where it is in the picture, wherever exactly the face was cropped."""
    face, wide = rest(rigs["avatar1.jpg"]), spoken(rigs["avatar1.jpg"], WIDE)
    _, points = placed(faces["avatar1.jpg"])
    noise = np.random.default_rng(5).normal(0, 1.0, (12, 478, 2))
    shown = np.array([pasted(face, region, region.crop(wide)[48:]) for region in regions(points + noise, SIZE)], np.float64)
    x, y, width, height = cv2.boundingRect(lips_of(faces["avatar1.jpg"]))
    lips = np.s_[:, y : y + height, x : x + width]
    assert np.abs(shown - shown.mean(axis=0))[lips].mean() < 2.5
    assert np.abs(wide.astype(int) - face)[lips[1:]].mean() > 25


@pytest.mark.parametrize("yaw", [-50, -25, 25, 50])
def test_side_faces(faces: dict[str, Portrait], yaw: float) -> None:
    """Of a head turned away, the mouth lies within the mask still, and the mask within the drawn half."""
    framing = Framing.around(faces["avatar1.jpg"].landmarks, *faces["avatar1.jpg"].picture.shape[:2], SIZE)
    placed_3d = framing.place(faces["avatar1.jpg"].landmarks)
    middle, angle = placed_3d.mean(axis=0), np.radians(yaw)
    x, z = (placed_3d[:, axis] - middle[axis] for axis in (0, 2))
    points = np.stack([middle[0] + x * np.cos(angle) + z * np.sin(angle), placed_3d[:, 1]], axis=1)
    region = MouthRegion.of(points, SIZE)
    black = np.zeros((SIZE, SIZE, 3), np.uint8)
    shown = pasted(black, region, np.full((48, 96, 3), 255, np.uint8))[..., 1]
    # A white patch is all error of colour; what is left of it shows where the mask lies.
    assert shown.max() > 150
    outer = np.round(points[[61, 40, 0, 270, 291, 405, 17, 181]]).astype(int)
    assert shown[outer[:, 1], outer[:, 0]].min() > 0.9 * shown.max()


def test_pads_grow_with_the_face(faces: dict[str, Portrait]) -> None:
    _, points = placed(faces["avatar1.jpg"])
    _, large = placed(faces["avatar1.jpg"], 1024)
    none, some = MouthRegion.of(points, SIZE, Pads(0, 0, 0, 0)), MouthRegion.of(points, SIZE)
    assert some.matrix[1, 1] / none.matrix[1, 1] == pytest.approx(1 + 10 / 256, abs=1e-3)
    np.testing.assert_allclose(MouthRegion.of(large, 1024).matrix[:, :2], 2 * some.matrix[:, :2], rtol=1e-6)


def test_regions_can_be_stored(faces: dict[str, Portrait]) -> None:
    picture, points = placed(faces["avatar1.jpg"])
    region = MouthRegion.of(points, SIZE)
    again = MouthRegion.from_arrays(region.to_arrays())
    assert again.size == SIZE
    assert again.box == region.box
    assert (again.crop(picture) == region.crop(picture)).all()
