"""Chunks as a player sees them: the same bytes from every process, decodable one after the other, without a jump between."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from comps.animation.avatars import avatar_id
from comps.animation.encode import parameter_sets
from comps.animation.engines.warp import WarpEngine
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import NotFound
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, Phoneme, VideoProfile
from comps.cores.workers.pool import WorkerPool
from comps.media.landmarks import Landmarker

pytestmark = pytest.mark.anyio

#: "Mama bought a pie", about: shut lips, open vowels, a pause, and silence around.
PHONEMES: list[Phoneme] = [
    (0.50, 0.58, "m"), (0.58, 0.74, "A:"), (0.74, 0.82, "m"), (0.82, 1.00, "A:"), (1.00, 1.08, "b"), (1.08, 1.26, "O:"),
    (1.26, 1.34, "t"), (1.34, 1.60, "_"), (1.60, 1.68, "p"), (1.68, 1.98, "aI"),
]  # fmt: skip
FRAMES = 72


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> StorageSettings:
    return StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))


@pytest.fixture(scope="module")
async def engine(store: StorageSettings, shared: Path) -> WarpEngine:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    engine = WarpEngine(AnimationSettings(workers=1, storage=store))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def picture(engine: WarpEngine, shared: Path) -> str:
    info = await engine.register(AvatarRequest(media=(shared / "data/avatars/avatar5.png").read_bytes()))
    return info.avatar_id


def requests(avatar: str, profile: VideoProfile, frames: int = FRAMES) -> list[ChunkRequest]:
    return [
        ChunkRequest(avatar_id=avatar, profile=profile, seed=3, start_frame=start, frames=12, phonemes=PHONEMES)
        for start in range(0, frames, 12)
    ]


def digest(chunk: Chunk) -> str:
    return hashlib.sha256(b"".join(chunk.access_units) + chunk.parameter_sets).hexdigest()


def decode(chunks: list[Chunk]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    units = [unit for chunk in chunks for unit in chunk.access_units]
    units[0] = chunks[0].parameter_sets + units[0]
    return [frame for unit in units for frame in decoder.decode(av.Packet(unit))] + decoder.decode(None)


def luma(frames: list[av.VideoFrame]) -> NDArray[np.float64]:
    return np.stack([frame.to_ndarray(format="gray") for frame in frames]).astype(np.float64)


async def test_two_processes_draw_the_same_bytes(engine: WarpEngine, picture: str, store: StorageSettings) -> None:
    profile = VideoProfile(size=256)
    first = await asyncio.gather(*(engine.chunk(request) for request in requests(picture, profile)))
    other = WorkerPool("comps.animation.warp.worker:WarpWorker", {"blobs": store.blobs, "rig_cache": 1}, node="animation")
    try:
        # Out of order: a worker must not draw from what it drew before.
        second = [await other.call("chunk", request) for request in reversed(requests(picture, profile))]
    finally:
        await other.stop()
    assert [digest(chunk) for chunk in first] == [digest(chunk) for chunk in reversed(second)]
    assert {chunk.parameter_sets for chunk in first} == {parameter_sets(profile)}


async def test_chunks_join_without_a_jump(engine: WarpEngine, picture: str) -> None:
    chunks = [await engine.chunk(request) for request in requests(picture, VideoProfile())]
    frames = decode(chunks)
    assert len(frames) == FRAMES
    assert all(chunk.access_units[0][4] & 0x1F == 5 for chunk in chunks)  # IDR
    steps = np.abs(np.diff(luma(frames), axis=0)).mean(axis=(1, 2))
    for border in range(12, FRAMES, 12):
        around = np.r_[steps[border - 7 : border - 1], steps[border : border + 6]]
        assert steps[border - 1] <= 1.5 * np.median(around), f"a jump at frame {border}"


async def test_a_chunk_depends_on_its_own_context_only(engine: WarpEngine, picture: str) -> None:
    profile = VideoProfile(size=256)
    request = requests(picture, profile)[1]
    far = [*PHONEMES, (5.0, 5.3, "a"), (5.3, 5.4, "m")]
    assert digest(await engine.chunk(request)) == digest(await engine.chunk(request.model_copy(update={"phonemes": far})))


async def test_idle_joins_answer(engine: WarpEngine, picture: str) -> None:
    """An idle chunk is the answer's chunk before anyone speaks: the same head and lids, the picture's own mouth."""
    profile = VideoProfile(size=256)
    idle = ChunkRequest(avatar_id=picture, profile=profile, seed=3, start_frame=250, frames=6)
    answer = idle.model_copy(update={"start_frame": 0, "phonemes": [(2.0, 2.3, "a")]})
    assert digest(await engine.chunk(idle)) == digest(await engine.chunk(answer))


async def test_registering_again_is_quick_and_forgetting_is_complete(
    engine: WarpEngine, shared: Path, store: StorageSettings
) -> None:
    request = AvatarRequest(media=(shared / "data/avatars/avatar2.jpg").read_bytes())
    info = await engine.register(request)
    assert info.avatar_id == avatar_id(request)
    assert (await engine.register(request)).model_dump(exclude={"id"}) == info.model_dump(exclude={"id"})
    await engine.chunk(ChunkRequest(avatar_id=info.avatar_id, profile=VideoProfile(size=128), start_frame=0, frames=1))
    await engine.forget(info.avatar_id)
    with pytest.raises(NotFound):
        await engine.info(info.avatar_id)
    assert not [name for _, _, names in os.walk(store.blobs) for name in names if info.avatar_id in name]


async def test_points_make_another_avatar(engine: WarpEngine, shared: Path) -> None:
    media = (shared / "data/avatars/avatar2.jpg").read_bytes()
    assert avatar_id(AvatarRequest(media=media)) != avatar_id(AvatarRequest(media=media, points={"mouth": [(1.0, 2.0)]}))


async def test_a_clip_as_avatar(engine: WarpEngine, shared: Path) -> None:
    info = await engine.register(AvatarRequest(media=(shared / "data/video/silence_girl.mp4").read_bytes()))
    assert (info.kind, info.width, info.height) == ("clip", 596, 336)
    frames = decode([await engine.chunk(request) for request in requests(info.avatar_id, VideoProfile(), frames=24)])
    assert np.abs(np.diff(luma(frames), axis=0)).mean() > 0.1
