"""The report on a face: good pictures have none but true findings, spoiled ones their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from AvatarChatbot import avatars
from comps.animation.engines.warp import WarpEngine
from comps.cores.common.settings import AnimationSettings, DescribeSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import AvatarRequest
from comps.cores.proto.face_report import FaceReport, FindingCode
from comps.describe.engines.draft import DraftEngine
from comps.media.image import decode_image, encode_png
from comps.media.landmarks import Face, Landmarker
from tests.animation.faces import read
from tests.describe import spoiled

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
    ),
]

Picture = np.ndarray
CUTS = (("left", 0.1), ("right", 0.3), ("bottom", 0.4))
OURS = ("aria", "kofi", "mei", "tomas")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def engine() -> AsyncIterator[DraftEngine]:
    engine = DraftEngine(DescribeSettings())
    yield engine
    await engine.stop()


def own(name: str) -> Picture:
    """uint8 BGR [1024, 1024, 3]."""
    return decode_image(avatars.path(name).read_bytes())


@dataclass(frozen=True)
class Good:
    """A picture, uint8 BGR, and its face."""

    picture: Picture
    face: Face


@pytest.fixture(scope="module")
async def good(engine: DraftEngine, shared: Path) -> dict[str, Good]:
    pictures = {name: own(name) for name in OURS} | {name: read(shared, name) for name in ("astronaut",)}
    found = {}
    for name, picture in pictures.items():
        face = await engine._landmarker.face(np.ascontiguousarray(picture[..., ::-1]))
        assert face is not None
        found[name] = Good(picture, face)
    return found


def png(picture: Picture) -> bytes:
    return encode_png(np.ascontiguousarray(picture))


def codes(report: FaceReport) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("name", OURS)
async def test_our_own_characters_have_no_finding(engine: DraftEngine, name: str) -> None:
    report = await engine.check(avatars.path(name).read_bytes())
    assert report.findings == []
    assert report.usable
    assert report.score == 1.0


@pytest.mark.parametrize("number", range(1, 7))
async def test_good_pictures_have_true_findings_alone(engine: DraftEngine, shared: Path, number: int) -> None:
    (file,) = (shared / "data/avatars").glob(f"avatar{number}.*")
    report = await engine.check(file.read_bytes())
    # The first shows teeth.
    assert codes(report) == ({"open_mouth"} if number == 1 else set())
    assert report.usable
    assert report.score > 0.8


async def test_the_astronaut_has_an_open_smile_alone(engine: DraftEngine, good: dict[str, Good]) -> None:
    report = await engine.check(png(good["astronaut"].picture))
    assert codes(report) <= {"open_mouth"}
    assert report.score > 0.8


async def test_a_picture_without_a_face(engine: DraftEngine) -> None:
    report = await engine.check(encode_png(np.full((300, 300, 3), 120, np.uint8)))
    assert (report.usable, report.score, codes(report)) == (False, 0.0, {"no_face"})


def darkened(picture: Picture) -> Picture:
    return np.asarray(picture * 0.2, np.uint8)


def blurred(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 12), np.uint8)


def painted(picture: Picture, corners: list[tuple[float, float]], colour: tuple[int, int, int]) -> Picture:
    """A flat patch; corners in shares of the picture."""
    patched = picture.copy()
    cv2.fillConvexPoly(patched, np.round(np.array(corners) * picture.shape[0]).astype(np.int32), colour)
    return patched


async def eyes(name: str) -> list[Picture]:
    """The middle of each eye of one of our own, pixels."""
    landmarker = Landmarker()
    (face,) = await landmarker.faces(np.ascontiguousarray(own(name)[..., ::-1]))
    await landmarker.stop()
    return [face.points[[outer, inner], :2].mean(axis=0) for outer, inner in ((33, 133), (263, 362))]


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(("code", "colour"), [("covered_eyes", 18), ("glare", 255)])
async def test_glasses(engine: DraftEngine, name: str, code: str, colour: int) -> None:
    picture = own(name)
    for x, y in await eyes(name):
        cv2.ellipse(picture, (round(x), round(y)), (62, 44), 0, 0, 360, (colour,) * 3, -1)
    assert code in codes(await engine.check(encode_png(picture)))


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("colour", [(235, 200, 150), (30, 25, 25)])
async def test_a_mask(engine: DraftEngine, name: str, colour: tuple[int, int, int]) -> None:
    left, right = await eyes(name)
    apart, middle = float(right[0] - left[0]) / 1024, (left + right) / 2048
    x, y = float(middle[0]), float(middle[1])
    corners = [(x - apart, y + 0.55 * apart), (x, y + 0.4 * apart), (x + apart, y + 0.55 * apart)]
    corners += [(x + 0.7 * apart, y + 1.7 * apart), (x, y + 2.0 * apart), (x - 0.7 * apart, y + 1.7 * apart)]
    report = await engine.check(encode_png(painted(own(name), corners, colour)))
    assert codes(report) & {"covered_mouth", "no_face"}
    assert not report.usable


SPOILED = {"dark": darkened, "blurred": blurred}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("code", SPOILED)
async def test_a_spoiled_picture_has_its_own_finding(engine: DraftEngine, name: str, code: str) -> None:
    report = await engine.check(encode_png(SPOILED[code](own(name))))
    assert codes(report) == {code}
    assert report.score < 0.8


#: What is wrong, and how a picture of a face gets it.
CASES: dict[str, tuple[FindingCode, Callable[[Good], Picture | bytes]]] = {
    "turned left": ("turned", lambda of: spoiled.turned(of.picture, of.face, 40)),
    "turned right": ("turned", lambda of: spoiled.turned(of.picture, of.face, -40)),
    "bowed": ("turned", lambda of: spoiled.turned(of.picture, of.face, 0, 35)),
    "looking up": ("turned", lambda of: spoiled.turned(of.picture, of.face, 0, -30)),
    "tilted": ("tilted", lambda of: spoiled.tilted(of.picture, 25)),
    "mouth open": ("open_mouth", lambda of: spoiled.drawn(of.picture, of.face, opening=0.3)),
    "eyes closed": ("closed_eyes", lambda of: spoiled.drawn(of.picture, of.face, blink=1.0)),
    "overexposed": ("overexposed", lambda of: spoiled.overexposed(of.picture)),
    "compressed": ("compressed", lambda of: spoiled.compressed(of.picture)),
    "two": ("several_faces", lambda of: np.hstack([of.picture, of.picture[:, ::-1]])),
    "small": ("low_resolution", lambda of: spoiled.shrunk(of.picture, 80 / tall(of))),
    "far": ("far", lambda of: spoiled.amid(of.picture, 80 / tall(of))),
    "chin cut": ("face_cut", lambda of: spoiled.cropped(of.picture, of.face, 0.12, "bottom")),
}


def tall(of: Good) -> float:
    return of.face.box[3] - of.face.box[1]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["aria", "kofi", "tomas"])
async def test_each_flaw_is_found_alone(engine: DraftEngine, good: dict[str, Good], name: str, case: str) -> None:
    code, make = CASES[case]
    made = make(good[name])
    report = await engine.check(made if isinstance(made, bytes) else png(made))
    assert codes(report) == {code}
    assert report.score < 0.8


@pytest.mark.parametrize("name", ["aria", "kofi", "tomas"])
async def test_a_head_that_is_turned_a_little_is_good(engine: DraftEngine, good: dict[str, Good], name: str) -> None:
    report = await engine.check(png(spoiled.turned(good[name].picture, good[name].face, 12)))
    assert report.score > 0.8
    assert report.usable


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_a_picture_that_lies_is_set_upright(engine: DraftEngine, good: dict[str, Good], turns: int) -> None:
    report = await engine.check(png(np.rot90(good["aria"].picture, turns)))
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("turned_upright", "note")
    assert f"{180 if turns == 2 else 90}°" in finding.detail
    assert report.score == 1.0


async def test_the_pictures_of_the_cases(engine: DraftEngine, shared: Path) -> None:
    upside, border, far = [
        await engine.check((shared / "cases" / name).read_bytes())
        for name in ("upside-down-picture/upside.png", "smeared-border/border.png", "far-face/wide.jpg")
    ]
    assert "turned_upright" in codes(upside)
    assert upside.usable
    assert [(one.code, one.severity) for one in border.findings] == [("face_cut", "error")]
    assert "no_face" not in codes(far)


async def test_it_refuses_what_registration_refuses(engine: DraftEngine, good: dict[str, Good], tmp_path: Path) -> None:
    warp = WarpEngine(AnimationSettings(storage=StorageSettings(blobs=str(tmp_path)), workers=1))
    await warp.start()
    refused, disagreed = set(), []
    for name in ("kofi", "astronaut"):
        of = good[name]
        made = {f"cut {side} {cut}": spoiled.cropped(of.picture, of.face, cut, side) for side, cut in CUTS}
        made |= {f"{pixels} px": spoiled.shrunk(of.picture, pixels / tall(of)) for pixels in (38,)}
        made |= {"plain": np.full((200, 200, 3), 90, np.uint8)}
        made |= {"upside down": np.rot90(of.picture, 2)}
        for case, picture in made.items():
            report = await engine.check(png(picture))
            told = [(one.code, one.detail.casefold()) for one in report.findings if one.severity == "error"]
            expected = []
            try:
                await warp.register(AvatarRequest(media=png(picture)))
            except BadInput as problem:
                refused.add(problem.code)
                expected = [(problem.code, f"{problem.detail}.".casefold())]
            if told != expected:
                disagreed.append((name, case, told, expected))
    await warp.stop()
    assert disagreed == []
    assert refused == {"no_face", "face_cut", "face_too_small"}
