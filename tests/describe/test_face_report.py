"""The report on a face: good pictures have none but true findings, spoiled ones their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from AvatarChatbot import avatars
from AvatarChatbot.cli import app
from comps.cores.common.settings import DescribeSettings, LandmarkSettings
from comps.cores.proto.face_report import FaceReport
from comps.describe.engines.draft import DraftEngine
from comps.media.image import decode_image, encode_png
from comps.media.landmarks import Landmarker

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
    ),
]

Picture = np.ndarray
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


def test_the_command_line_tells_the_same(tmp_path: Path) -> None:
    dark, plain = tmp_path / "dark.png", tmp_path / "plain.png"
    dark.write_bytes(encode_png(darkened(own("aria"))))
    plain.write_bytes(encode_png(np.full((300, 300, 3), 120, np.uint8)))
    said = [CliRunner().invoke(app, ["doctor", "--face", str(file)]) for file in (dark, plain)]
    assert [one.exit_code for one in said] == [0, 1]
    assert "dark" in said[0].output.split()
    assert "no_face" in said[1].output
