"""Blinks as pictures: eyes that are open and seen shut, whatever the picture is like, and others are left alone.

``scripts/bench contact_sheet`` shows the same to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from AvatarChatbot import avatars
from comps.animation.warp import eyes
from comps.animation.warp import topology as face
from comps.animation.warp.eyes import Blink
from comps.animation.warp.framing import Framing
from comps.animation.warp.planes import Planes
from comps.cores.common.settings import LandmarkSettings
from comps.media.landmarks import Landmarker
from tests.animation.faces import DRAWN_EYES, NAMES, Pixels, bgr, ellipse, faces_in, read

Marks = NDArray[np.float32]

_OWN = ("aria", "kofi", "mei", "tomas")
#: A photograph, a drawing with a lit and a dark side, a face behind glasses, dark skin, and an anime face.
_VARIED = ("astronaut", "avatar1.jpg", "avatar5.png", "kofi", "avatar6.png")


def _toned(curve: Callable[[np.ndarray], np.ndarray]) -> Callable[[Pixels], Pixels]:
    table = np.clip(curve(np.arange(256) / 255.0) * 255, 0, 255).astype(np.uint8)
    return lambda picture: table[picture]


def _tinted(picture: Pixels, *bgr: float) -> Pixels:
    return np.clip(picture * np.array(bgr), 0, 255).astype(np.uint8)


def _grey(picture: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def _turned(picture: Pixels, degrees: float) -> Pixels:
    height, width = picture.shape[:2]
    around = cv2.getRotationMatrix2D((width / 2, height * 0.35), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, around, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


_VARIANTS: dict[str, Callable[[Pixels], Pixels]] = {
    "grey": _grey,
    "bright": _toned(lambda x: x**0.7),
    "dark": _toned(lambda x: x**1.5),
    "hard": _toned(lambda x: (x - 0.5) * 1.4 + 0.5),
    "cold": lambda picture: _tinted(picture, 1.2, 0.9, 0.6),
    "sepia": lambda picture: _tinted(_grey(picture), 0.55, 0.8, 1.0),
    "turned left": lambda picture: _turned(picture, 15),
    "turned right": lambda picture: _turned(picture, -15),
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    "soft": lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8),
}
#: Whiter than white: no outline of the drawn eye is left on its skin.
_NOT_SEEN = {("avatar6.png", "hard")}


class Eyes(NamedTuple):
    """A picture, its landmarks ``[478, 3]``, and how it blinks."""

    picture: Pixels
    landmarks: Marks
    blink: Blink | None

    @property
    def framing(self) -> Framing:
        return Framing.around(self.landmarks, *self.picture.shape[:2], 512)

    def placed(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the picture in what is shown."""
        return self.framing.place(np.asarray(points, np.float32))[:, :2]

    def shown(self, blink: float) -> Pixels:
        """The picture as it is shown, BGR."""
        layer = Planes.of(self.framing.cut(self.picture)).layer()
        for box, patch in self.blink.patches(blink) if self.blink else []:
            layer.paste(patch, box)
        return bgr(layer.frame().pixels)


def seen(pictures: dict[str, Pixels]) -> dict[str, Eyes]:
    """Those of the pictures in which the mesh finds a face."""
    found = {}
    for (name, picture), mesh in zip(pictures.items(), faces_in(list(pictures.values())), strict=True):
        if mesh is not None:
            framing = Framing.around(mesh.points, *picture.shape[:2], 512)
            blink = eyes.build(framing.cut(picture), framing.place(mesh.points)[:, :2])
            found[name] = Eyes(picture, mesh.points, blink)
    return found


def _with_glasses(worn: Eyes, rim: float = 0.025, glass: float = 0.0) -> Pixels:
    """Round glasses: ``rim`` as a share of the distance of the eyes' outer corners, ``glass`` how much of the eyes is hidden."""
    left, right = worn.landmarks[face.EYE_CORNERS[0], :2], worn.landmarks[face.EYE_CORNERS[1], :2]
    apart = float(np.linalg.norm(right - left))
    turn = float(np.degrees(np.arctan2(*(right - left)[::-1])))
    axes, thick = (int(0.235 * apart), int(0.2 * apart)), max(1, int(rim * apart))
    middles = [tuple(worn.landmarks[[*eye.upper, *eye.lower], :2].mean(axis=0).astype(int).tolist()) for eye in face.EYES]
    picture, dark = worn.picture.copy(), worn.picture.copy()
    for middle in middles:
        cv2.ellipse(dark, middle, axes, turn, 0, 360, (22, 20, 20), -1, cv2.LINE_AA)
    picture = np.asarray(cv2.addWeighted(dark, glass, picture, 1 - glass, 0), np.uint8)
    for middle in middles:
        cv2.ellipse(picture, middle, axes, turn, 0, 360, (25, 20, 20), thick, cv2.LINE_AA)
    nose = [tuple((left + share * (right - left)).astype(int).tolist()) for share in (0.41, 0.59)]
    cv2.line(picture, nose[0], nose[1], (25, 20, 20), thick, cv2.LINE_AA)
    return picture


@pytest.fixture(scope="module")
def everyone(shared: Path) -> dict[str, Eyes]:
    """The avatars beside the project, a photograph, and the project's own characters."""
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    own = {name: np.asarray(cv2.imread(str(avatars.path(name))), np.uint8) for name in _OWN}
    return seen({name: read(shared, name) for name in (*NAMES, "astronaut")} | own)


@pytest.fixture(scope="module")
def varied(everyone: dict[str, Eyes]) -> dict[str, Eyes]:
    return seen({f"{name} {how}": change(everyone[name].picture) for name in _VARIED for how, change in _VARIANTS.items()})


@pytest.fixture(scope="module")
def spectacled(everyone: dict[str, Eyes]) -> dict[str, Eyes]:
    """Everyone with glasses: clear, and dark by two shares."""
    kinds = {"clear": 0.0, "dark": 0.92, "black": 1.0}
    return seen(
        {f"{name} {kind}": _with_glasses(worn, glass=glass) for name, worn in everyone.items() for kind, glass in kinds.items()}
    )


def _edges(picture: Pixels, outline: np.ndarray) -> float:
    """How much brightness changes from pixel to pixel within an outline, its rim left out."""
    middle = outline.mean(axis=0)
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(middle + 0.65 * (outline - middle)).astype(np.int32)], 1)
    across, down = np.gradient(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float64))
    return float(np.hypot(across, down)[mask > 0].mean())


@pytest.mark.parametrize("name", [*NAMES, "astronaut", *_OWN])
def test_open_eyes_shut(everyone: dict[str, Eyes], name: str) -> None:
    """Where there was iris and white there is a lid's even skin."""
    shown = everyone[name]
    assert shown.blink is not None
    for eye in face.EYES if name not in DRAWN_EYES else ():
        outline = shown.placed(shown.landmarks[[*eye.upper, *eye.lower[::-1]], :2])
        assert _edges(shown.shown(1.0), outline) < 0.4 * _edges(shown.shown(0.0), outline)


@pytest.mark.parametrize("name", list(DRAWN_EYES))
def test_a_drawn_eye_is_covered_as_far_as_it_is_drawn(everyone: dict[str, Eyes], name: str) -> None:
    """These reach far below the mesh's contours. But for the line of the lashes, plain skin is left."""
    shown = everyone[name]
    was, shut = shown.shown(0.0).astype(int), shown.shown(1.0).astype(int)
    for x, y, half_width, half_height in DRAWN_EYES[name]:
        column, row = shown.placed(np.array([[x, y + 1.35 * half_height]]))[0].astype(int)
        mask = np.zeros(was.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(shown.placed(np.array(ellipse(x, y, half_width, half_height)))).astype(np.int32)], 1)
        like_skin = [(np.abs(picture - was[row, column]).mean(axis=2) < 30)[mask > 0].mean() for picture in (was, shut)]
        assert like_skin[0] < 0.4
        assert like_skin[1] > 0.8


@pytest.mark.parametrize("name", _VARIED)
@pytest.mark.parametrize("how", _VARIANTS)
def test_the_kind_of_picture_does_not_matter(varied: dict[str, Eyes], name: str, how: str) -> None:
    if (name, how) in _NOT_SEEN:
        pytest.skip("the drawn eye has no outline")
    if f"{name} {how}" not in varied:
        pytest.skip("the mesh finds no face there")
    assert varied[f"{name} {how}"].blink is not None


@pytest.mark.parametrize("name", ["astronaut", "avatar1.jpg", "aria", "kofi", "mei", "tomas"])
def test_eyes_behind_glasses_blink_and_the_rims_stay(spectacled: dict[str, Eyes], everyone: dict[str, Eyes], name: str) -> None:
    """A lens in its rim looks like a large drawn eye, and the skin within it must not be painted over it."""
    worn = spectacled[f"{name} clear"]
    assert worn.blink is not None
    was, shut = worn.shown(0.0).astype(int), worn.shown(1.0).astype(int)
    bare = Eyes(everyone[name].picture, worn.landmarks, None).shown(0.0)
    rims = np.abs(was - bare).mean(axis=2) > 50
    assert (np.abs(shut - was).mean(axis=2)[rims] < 30).mean() > 0.9


@pytest.mark.parametrize("kind", ["dark", "black"])
@pytest.mark.parametrize("name", [*NAMES, "astronaut", *_OWN])
def test_eyes_behind_dark_glasses_do_not_blink(spectacled: dict[str, Eyes], name: str, kind: str) -> None:
    if f"{name} {kind}" not in spectacled:
        pytest.skip("the mesh finds no face there")
    assert spectacled[f"{name} {kind}"].blink is None


def test_eyes_that_are_cast_down_do_not_blink(everyone: dict[str, Eyes], shared: Path) -> None:
    _, frame = cv2.VideoCapture(str(shared / "data/video/silence_girl.mp4")).read()
    assert seen({"down": np.asarray(frame, np.uint8)})["down"].blink is None


def test_a_drawn_eye_whose_outline_is_not_found_does_not_blink(everyone: dict[str, Eyes]) -> None:
    """Behind glasses the anime face's eyes hang together with the rims, and the mesh's lids would cut through the iris."""
    assert seen({"anime": _with_glasses(everyone["avatar6.png"], rim=0.04)})["anime"].blink is None
