"""The report on a clip: its titles, its shaking, and a mouth that speaks in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from AvatarChatbot import avatars
from comps.animation.warp import rig
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.state import FrameState, Mouth
from comps.cores.common.settings import DescribeSettings, LandmarkSettings, StorageSettings
from comps.cores.proto.face_report import FaceReport
from comps.describe.engines.draft import DraftEngine
from comps.media.image import decode_image
from comps.media.landmarks import Landmarker
from comps.media.video import sample_clip
from tests.animation.faces import bgr
from tests.describe.material import clip

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
    ),
]
Rgb = np.ndarray


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DraftEngine]:
    engine = DraftEngine(DescribeSettings(storage=StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
def girl(shared: Path) -> list[Rgb]:
    """The first seconds of a clip of a face that says nothing."""
    media = (shared / "data/video/silence_girl.mp4").read_bytes()
    frames = sample_clip(media, fps=25, first_s=3.0, max_side=480).frames
    # H.264 has even sides.
    return [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames]


@pytest.fixture
def title(girl: list[Rgb]) -> Rgb:
    return np.full_like(girl[0], (0, 0, 128))


def told(report: FaceReport) -> list[tuple[str, str]]:
    assert report.kind == "clip"
    return [(one.code, one.severity) for one in report.findings]


async def test_a_good_clip_has_no_finding(engine: DraftEngine, girl: list[Rgb]) -> None:
    report = await engine.check(clip(girl, fps=25))
    assert told(report) == []
    assert report.score == 1.0


async def test_titles_are_told(engine: DraftEngine, girl: list[Rgb], title: Rgb) -> None:
    report = await engine.check(clip([*[title] * 85, *girl[:55]], fps=25))
    assert told(report) == [("seldom_seen", "warning")]
    assert "5.6 s only 2.2 s" in report.findings[0].detail
    some = await engine.check(clip([*[title] * 25, *girl[:55]], fps=25))
    assert told(some) == [("seldom_seen", "note")]
    assert some.score > 0.8


async def test_a_short_sight_is_told(engine: DraftEngine, girl: list[Rgb]) -> None:
    assert told(await engine.check(clip(girl[:35], fps=25))) == [("too_short", "note")]
    assert told(await engine.check(clip(girl[20:35], fps=25))) == [("too_short", "warning")]


async def test_a_camera_that_shakes_is_told(engine: DraftEngine, girl: list[Rgb]) -> None:
    moves = np.random.default_rng(1).normal(0, 0.02 * girl[0].shape[0], (len(girl), 2))
    size = girl[0].shape[1::-1]
    shaken = [
        np.asarray(cv2.warpAffine(frame, np.array([[1, 0, x], [0, 1, y]]), size, borderMode=cv2.BORDER_REPLICATE))
        for frame, (x, y) in zip(girl, moves, strict=True)
    ]
    assert told(await engine.check(clip(shaken, fps=25))) == [("shaking", "warning")]


async def test_a_mouth_that_speaks_is_told(engine: DraftEngine) -> None:
    picture = decode_image(avatars.path("aria").read_bytes())
    face = await engine._landmarker.face(np.ascontiguousarray(picture[..., ::-1]))
    assert face is not None
    renderer = Renderer(rig.build(picture, face.points, 384))
    openings = 0.13 - 0.13 * np.cos(np.arange(60) * 2 * np.pi / 8)
    spoken = [renderer.frame(FrameState(np.array(Mouth(opening=gap), np.float32), 1.0)) for gap in openings]
    report = await engine.check(clip([bgr(frame)[..., ::-1] for frame in spoken], fps=25))
    assert told(report) == [("talking", "warning")]


async def test_a_clip_without_a_face(engine: DraftEngine, title: Rgb) -> None:
    report = await engine.check(clip([title] * 40, fps=25))
    assert told(report) == [("no_face", "error")]
    assert not report.usable


async def test_a_clip_with_a_title_is_described_by_its_face(engine: DraftEngine, shared: Path) -> None:
    media = (shared / "cases/clip-with-title-or-cutaway/title.mp4").read_bytes()
    draft = await engine.describe(media)
    portrait = np.ascontiguousarray(decode_image(draft.portrait)[..., ::-1])
    (face,) = await engine._landmarker.faces(portrait)
    assert face.score > 0.85
    assert draft.portrait_t_s > 2.0
    assert told(await engine.check(media)) == [("seldom_seen", "note")]
