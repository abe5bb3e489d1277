"""Of a clip only the stretch is used in which one face is seen: titles, fades, cutaways and other people are left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from comps.animation.avatars import AvatarStore
from comps.animation.engines.warp import WarpEngine
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import NoFace
from comps.cores.proto.avatar import AvatarRequest
from comps.media.clip_windows import CLIP_FPS
from comps.media.landmarks import Landmarker
from comps.media.video import sample_clip
from comps.storage.blobs import Blobs
from tests.animation.faces import read
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
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WarpEngine]:
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    engine = WarpEngine(AnimationSettings(storage=storage, workers=1))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
def girl(shared: Path) -> list[Rgb]:
    """The first seconds of a clip of one face."""
    return list(sample_clip((shared / "data/video/silence_girl.mp4").read_bytes(), fps=25, first_s=4.0).frames)


def like(frame: Rgb, picture: Rgb) -> Rgb:
    height, width = frame.shape[:2]
    side = min(picture.shape[:2])
    return np.asarray(cv2.resize(picture[:side, :side], (width, height), interpolation=cv2.INTER_AREA))


async def used(engine: WarpEngine, media: bytes) -> tuple[str, int, int]:
    """Kind, and first frame and the one after the last, counted from the beginning of the clip; 0, 0 for all."""
    info = await engine.register(AvatarRequest(media=media))
    part = AvatarStore(Blobs(engine._settings.storage.blobs)).findings(info.avatar_id).part
    if part is None:
        return info.kind, 0, 0
    start = round(part.from_s * CLIP_FPS)
    return info.kind, start + part.first, start + part.stop


async def test_an_ordinary_clip_is_used_as_it_is(engine: WarpEngine, girl: list[Rgb]) -> None:
    assert await used(engine, clip(girl[:60], fps=25)) == ("clip", 0, 0)


async def test_a_title_is_left_out(engine: WarpEngine, shared: Path) -> None:
    media = (shared / "cases/clip-with-title-or-cutaway/title.mp4").read_bytes()
    assert await used(engine, media) == ("clip", 50, 125)


async def test_of_a_cutaway_the_longer_side_is_used(engine: WarpEngine, girl: list[Rgb]) -> None:
    hills = np.full_like(girl[0], (90, 140, 200))
    hills[hills.shape[0] // 2 :] = (60, 120, 50)
    assert await used(engine, clip([*girl[:20], *[hills] * 15, *girl[20:60]], fps=25)) == ("clip", 35, 75)


async def test_a_fade_from_black_is_left_out(engine: WarpEngine, girl: list[Rgb]) -> None:
    faded = [np.asarray(frame * (k / 25), np.uint8) for k, frame in enumerate(girl[:25])]
    kind, first, stop = await used(engine, clip([*faded, *girl[25:70]], fps=25))
    assert kind == "clip"
    assert 17 <= first <= 25
    assert stop == 70


async def test_a_dark_transition_splits(engine: WarpEngine, girl: list[Rgb]) -> None:
    dip = [np.asarray(frame * abs(k - 8) / 8, np.uint8) for k, frame in enumerate(girl[30:47])]
    kind, first, stop = await used(engine, clip([*girl[:30], *dip, *girl[47:90]], fps=25))
    assert kind == "clip"
    assert 43 <= first <= 47
    assert stop == 90


async def test_another_person_is_left_out(engine: WarpEngine, shared: Path, girl: list[Rgb]) -> None:
    other = like(girl[0], np.ascontiguousarray(read(shared, "avatar1.jpg")[..., ::-1]))
    # The tracker may lose the face for a frame at the cut.
    assert await used(engine, clip([*[other] * 20, *girl[:40]], fps=25)) in {("clip", 20, 60), ("clip", 21, 60)}


async def test_a_jump_cut_splits(engine: WarpEngine, girl: list[Rgb]) -> None:
    moved = [np.roll(frame, 120, axis=1) for frame in girl[20:60]]
    # The tracker may lose the face for a frame at the cut.
    assert await used(engine, clip([*girl[:20], *moved], fps=25)) in {("clip", 20, 60), ("clip", 21, 60)}


async def test_a_face_that_comes_late(engine: WarpEngine, girl: list[Rgb]) -> None:
    title = np.full_like(girl[0], (0, 0, 128))
    assert await used(engine, clip([*[title] * 200, *girl[:60]], fps=25)) == ("clip", 200, 260)


async def test_a_short_sight_of_a_face_becomes_a_picture(engine: WarpEngine, girl: list[Rgb]) -> None:
    title = np.full_like(girl[0], (0, 0, 128))
    kind, _, _ = await used(engine, clip([*[title] * 30, *girl[:12], *[title] * 30], fps=25))
    assert kind == "picture"


async def test_a_clip_without_a_face(engine: WarpEngine, girl: list[Rgb]) -> None:
    with pytest.raises(NoFace):
        await engine.register(AvatarRequest(media=clip([np.full_like(girl[0], (0, 0, 128))] * 30, fps=25)))
