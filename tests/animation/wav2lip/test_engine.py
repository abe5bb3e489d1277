"""The engine wav2lip from the picture to the chunk, on seeded weights of a quarter of the width."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from comps.animation.engine import ENGINES
from comps.animation.engines.warp import WarpEngine
from comps.animation.engines.wav2lip import Wav2LipEngine
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import BadInput, NodeUnavailable, NotFound
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, VideoProfile
from comps.media.landmarks import Landmarker
from comps.models.folder import VARIABLE
from tests.animation.test_chunks import PHONEMES, decode, digest, luma

pytest.importorskip("torch")
pytest.importorskip("safetensors")

pytestmark = pytest.mark.anyio

RATE = 16_000
#: Silence is told too, as voices do.
SPOKEN = [(0.0, PHONEMES[0][0], "_"), *PHONEMES, (PHONEMES[-1][1], 4.0, "_")]
#: From rest over speech to rest: the phonemes end at 1.98 s, and a pause holds for 1.2 s.
FRAMES = 96
#: Frames without activity before and after.
BEFORE, AFTER = 6, 85


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folded weights go to a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from benchmarks.plain import seeded

    return seeded.save_safetensors(seeded.wav2lip(4), tmp_path_factory.mktemp("weights") / "quarter.safetensors")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> AnimationSettings:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    return AnimationSettings(workers=2, storage=storage, wav2lip_checkpoint=checkpoint, non_commercial=True, dtype="f32")


@pytest.fixture(scope="module")
async def restoring(settings: AnimationSettings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wav2LipEngine]:
    """An engine that can restore, too."""
    from benchmarks.plain import gfpgan

    path = gfpgan.save_safetensors(gfpgan.seeded(4), tmp_path_factory.mktemp("weights") / "gfpgan.safetensors")
    engine = Wav2LipEngine(settings.model_copy(update={"gfpgan_checkpoint": path, "workers": 1}))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def engine(settings: AnimationSettings) -> AsyncIterator[Wav2LipEngine]:
    engine = Wav2LipEngine(settings)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def warp(settings: AnimationSettings) -> AsyncIterator[WarpEngine]:
    engine = WarpEngine(settings)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture(scope="module")
async def picture(engine: Wav2LipEngine, shared: Path) -> str:
    return (await engine.register(AvatarRequest(media=(shared / "data/avatars/avatar5.png").read_bytes()))).avatar_id


@pytest.fixture(scope="module")
def sound() -> bytes:
    """A voice-like tone where the phonemes are: mono s16le."""
    time = np.arange(4 * RATE) / RATE
    said = np.zeros_like(time)
    for start, end, name in PHONEMES:
        said[(time >= start) & (time < end)] = 0 if name == "_" else 1
    tone = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20))
    return (3000 * tone * said).astype("<i2").tobytes()


def requests(avatar: str, sound: bytes, size: int = 256, chunk: int = 12, step: int = 1) -> list[ChunkRequest]:
    return [
        ChunkRequest(
            avatar_id=avatar, profile=VideoProfile(size=size, engine="wav2lip"), seed=3, start_frame=start,
            frames=min(chunk, FRAMES - start), phonemes=SPOKEN, pcm=sound, sample_rate=RATE, step=step,
        )
        for start in range(0, FRAMES, chunk)
    ]  # fmt: skip


async def draw(engine: Wav2LipEngine | WarpEngine, asked: list[ChunkRequest]) -> list[Chunk]:
    return list(await asyncio.gather(*(engine.chunk(request) for request in asked)))


async def test_only_the_mouth_differs_from_warp_and_only_while_somebody_speaks(
    engine: Wav2LipEngine, warp: WarpEngine, picture: str, sound: bytes
) -> None:
    ours = luma(decode(await draw(engine, requests(picture, sound))))
    theirs = luma(decode(await draw(warp, requests(picture, sound))))
    unlike = np.abs(ours - theirs)
    assert unlike[:BEFORE].max() == unlike[AFTER:].max() == 0, "at rest a face is the picture's own, as warp's is"
    assert unlike[20:40].mean() > 0.5, "random weights draw something else"
    assert unlike[:, : ours.shape[1] // 3].max() < 40, "eyes and brows are warp's"
    changed = (unlike[20:40].max(axis=0) > 12).mean()
    assert 0.005 < changed < 0.25


async def test_a_chunk_is_a_function_of_its_request(
    engine: Wav2LipEngine, picture: str, sound: bytes, settings: AnimationSettings
) -> None:
    asked = requests(picture, sound)
    first = [digest(chunk) for chunk in await draw(engine, asked)]
    other = Wav2LipEngine(settings.model_copy(update={"workers": 1}))
    await other.start()
    try:
        second = [digest(await other.chunk(request)) for request in reversed(asked)]
    finally:
        await other.stop()
    assert first == second[::-1]


async def test_chunks_are_the_same_pictures_however_they_are_cut(engine: Wav2LipEngine, picture: str, sound: bytes) -> None:
    whole = decode(await draw(engine, requests(picture, sound)))
    pieces = decode(await draw(engine, requests(picture, sound, chunk=5)))
    assert np.array_equal(luma(whole), luma(pieces))


async def test_every_second_frame(engine: Wav2LipEngine, picture: str, sound: bytes) -> None:
    every = decode(await draw(engine, requests(picture, sound)))
    second = decode(await draw(engine, requests(picture, sound, step=2)))
    assert len(second) == FRAMES // 2
    assert np.abs(luma(every[::2]) - luma(second)).max() < 3


async def test_idle_joins_answer(engine: Wav2LipEngine, warp: WarpEngine, picture: str) -> None:
    idle = ChunkRequest(avatar_id=picture, profile=VideoProfile(size=256), seed=3, start_frame=250, frames=6)
    assert digest(await engine.chunk(idle)) == digest(await warp.chunk(idle))


async def test_speech_without_its_sound_is_refused(engine: Wav2LipEngine, picture: str, sound: bytes) -> None:
    silent = requests(picture, sound)[2].model_copy(update={"pcm": b""})
    with pytest.raises(BadInput) as refused:
        await engine.chunk(silent)
    assert refused.value.extra["field"] == "pcm"
    # In the pause after the last word there is nothing to hear.
    await engine.chunk(requests(picture, sound)[5].model_copy(update={"pcm": b""}))


async def test_a_face_that_warp_learnt(engine: Wav2LipEngine, warp: WarpEngine, shared: Path, sound: bytes) -> None:
    info = await warp.register(AvatarRequest(media=(shared / "data/avatars/avatar2.jpg").read_bytes()))
    chunks = await draw(engine, requests(info.avatar_id, sound, size=128)[2:4])
    assert [chunk.engine for chunk in chunks] == ["wav2lip", "wav2lip"]
    await engine.forget(info.avatar_id)
    with pytest.raises(NotFound):
        await engine.chunk(requests(info.avatar_id, sound, size=128)[2])


async def test_a_clip_speaks_all_the_time(engine: Wav2LipEngine, warp: WarpEngine, shared: Path, sound: bytes) -> None:
    info = await engine.register(AvatarRequest(media=(shared / "data/video/silence_girl.mp4").read_bytes()))
    assert info.kind == "clip"
    frames = luma(decode(await draw(engine, requests(info.avatar_id, sound)[:4])))
    assert np.abs(np.diff(frames, axis=0)).mean() > 0.1
    # A clip's own mouth is not shown in silence either.
    assert np.abs(frames - luma(decode(await draw(warp, requests(info.avatar_id, sound)[:4]))))[:BEFORE].max() > 12


async def test_what_a_chunk_costs_counts_the_network_for_every_worker(engine: Wav2LipEngine, picture: str, sound: bytes) -> None:
    spoken, idle = await engine.chunk(requests(picture, sound)[2]), await engine.chunk(requests(picture, sound)[-1])
    assert spoken.wall_ms > idle.wall_ms > 0
    assert spoken.cpu_ms > idle.cpu_ms > 0
    assert 0 < engine.picture_s("none", 512) < 1


def _restored(request: ChunkRequest, restore: str) -> ChunkRequest:
    return request.model_copy(update={"profile": request.profile.model_copy(update={"restore": restore})})


async def test_restored_mouths(engine: Wav2LipEngine, restoring: Wav2LipEngine, picture: str, sound: bytes) -> None:
    assert engine.restores == ()
    assert restoring.restores == ("mouth", "face")
    assert restoring.picture_s("mouth", 256) == restoring.picture_s("none", 256) > 0, "GFPGAN is loaded when it is needed"
    await restoring.prepare("mouth")
    assert restoring.picture_s("mouth", 256) > restoring.picture_s("none", 256)
    asked = requests(picture, sound)[2:4]
    plain = [await restoring.chunk(request) for request in asked]
    assert [digest(chunk) for chunk in plain] == [digest(await engine.chunk(request)) for request in asked]
    restored = [await restoring.chunk(_restored(request, "mouth")) for request in asked]
    changed = np.abs(luma(decode(restored)) - luma(decode(plain)))
    assert changed.mean() > 0.2, "random weights draw something else"
    assert changed[:, : changed.shape[1] // 3].max() < 40, "eyes and brows are the picture's"
    at_rest = _restored(requests(picture, sound)[-1], "mouth")
    assert digest(await restoring.chunk(at_rest)) == digest(await engine.chunk(requests(picture, sound)[-1]))
    again = [await restoring.chunk(_restored(request, "mouth")) for request in asked[::-1]]
    assert [digest(chunk) for chunk in again] == [digest(chunk) for chunk in restored[::-1]], "noise is fixed"


async def test_a_restored_face_is_restored_at_rest_too(restoring: Wav2LipEngine, picture: str, sound: bytes) -> None:
    idle = requests(picture, sound)[-1]
    plain = luma(decode([await restoring.chunk(idle)]))
    face = luma(decode([await restoring.chunk(_restored(idle, "face"))]))
    height = plain.shape[1]
    eyes = np.s_[:, int(0.35 * height) : int(0.5 * height), int(0.35 * height) : int(0.65 * height)]
    assert np.abs(face[eyes] - plain[eyes]).mean() > 2, "random weights draw something else"
    corner = np.s_[:, : height // 8, : height // 8]
    assert np.abs(face[corner] - plain[corner]).mean() < 1, "and only in the face"
    # From rest into speech: what is above the mouth moves as it does without restoring, and does not jump.
    begins = requests(picture, sound)[0]
    plain = luma(decode([await restoring.chunk(begins)]))
    face = luma(decode([await restoring.chunk(_restored(begins, "face"))]))
    steps, restored_steps = (np.abs(np.diff(frames[:, : height // 2], axis=0)).mean(axis=(1, 2)) for frames in (plain, face))
    assert (restored_steps < 2 * steps + 0.5).all()
    assert digest(await restoring.chunk(_restored(begins, "face"))) == digest(await restoring.chunk(_restored(begins, "face")))


async def test_restored_clips(restoring: Wav2LipEngine, shared: Path, sound: bytes) -> None:
    info = await restoring.register(AvatarRequest(media=(shared / "data/video/silence_girl.mp4").read_bytes()))
    asked = requests(info.avatar_id, sound, chunk=3)[8]
    plain = luma(decode([await restoring.chunk(asked)]))
    for restore in ("mouth", "face"):
        drawn = luma(decode([await restoring.chunk(_restored(asked, restore))]))
        assert drawn.shape == plain.shape
        assert np.abs(drawn - plain).mean() > 0.2


def _pids(engine: Wav2LipEngine) -> dict[str, list[int]]:
    return {"network": engine._network.pids, "workers": engine._pool.pids}


async def _network_works(engine: Wav2LipEngine) -> None:
    """Until a call of the network is under way."""
    called, draw = asyncio.Event(), engine._network.call

    async def call(method: str, *args: object) -> object:
        job = asyncio.ensure_future(draw(method, *args))
        await asyncio.sleep(0.002)
        called.set()
        return await job

    engine._network.call = call  # type: ignore[method-assign]
    try:
        await called.wait()
    finally:
        engine._network.call = draw  # type: ignore[method-assign]


@pytest.mark.parametrize("killed", ["network", "workers"])
async def test_a_process_that_is_killed_is_replaced(engine: Wav2LipEngine, picture: str, sound: bytes, killed: str) -> None:
    request = requests(picture, sound)[2]
    expected = digest(await engine.chunk(request))
    hit = 0
    for moment in (0.0, 0.003, 0.01):
        chunk = asyncio.create_task(engine.chunk(request))
        await _network_works(engine)
        await asyncio.sleep(moment)
        for pid in _pids(engine)[killed]:
            os.kill(pid, signal.SIGKILL)
        try:
            assert digest(await chunk) == expected
        except NodeUnavailable:
            hit += 1
        async with asyncio.timeout(60):
            assert digest(await engine.chunk(request)) == expected
            await engine.ready()
    if killed == "network":
        assert hit, "no job was hit"


@pytest.mark.parametrize("restore", ["mouth", "face"])
async def test_a_network_that_is_killed_as_it_restores_restores_again(
    restoring: Wav2LipEngine, shared: Path, sound: bytes, restore: str
) -> None:
    picture = (shared / "data/avatars/avatar5.png").read_bytes()

    async def request(number: int) -> ChunkRequest:
        """Of an avatar whose face has not been restored yet: readers of PNG stop at its end."""
        info = await restoring.register(AvatarRequest(media=picture + f"{restore} {number}".encode()))
        return _restored(requests(info.avatar_id, sound)[2], restore)

    expected = digest(await restoring.chunk(await request(0)))
    hit = 0
    for number, share in enumerate((0.1, 0.5, 0.9), 1):
        asked = await request(number)
        pictures = asked.frames if restore == "mouth" else 1
        chunk = asyncio.create_task(restoring.chunk(asked))
        await _network_works(restoring)
        await asyncio.sleep(share * restoring._restored_s * pictures)
        (pid,) = restoring._network.pids
        os.kill(pid, signal.SIGKILL)
        try:
            assert digest(await chunk) == expected
        except NodeUnavailable:
            hit += 1
        async with asyncio.timeout(60):
            assert digest(await restoring.chunk(asked)) == expected
            await restoring.ready()
    assert hit, "no job was hit"


async def test_one_who_leaves_costs_the_others_nothing(engine: Wav2LipEngine, picture: str, sound: bytes) -> None:
    asked = requests(picture, sound)[1:5]
    expected = [digest(chunk) for chunk in await draw(engine, asked)]
    before = engine._network.pids
    tasks = [asyncio.create_task(engine.chunk(request)) for request in asked]
    await _network_works(engine)
    tasks[0].cancel()
    tasks[2].cancel()
    assert digest(await tasks[1]) == expected[1]
    assert digest(await tasks[3]) == expected[3]
    with contextlib.suppress(asyncio.CancelledError):
        await tasks[0]
    assert engine._network.pids == before, "the network goes on"


def test_why_it_cannot_run(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reason(**given: object) -> str:
        return Wav2LipEngine.unavailable(AnimationSettings(**given)) or ""

    monkeypatch.setenv("AVATARCHATBOT_MODELS", str(tmp_path))
    assert "models pull" in reason(non_commercial=True)
    assert str(tmp_path / "none.pth") in reason(wav2lip_checkpoint=tmp_path / "none.pth", non_commercial=True)
    assert "ANIMATION_NON_COMMERCIAL" in reason(wav2lip_checkpoint=checkpoint)
    assert "cuda" in reason(wav2lip_checkpoint=checkpoint, non_commercial=True, device="cuda")
    assert ENGINES.choose("auto", AnimationSettings()).name == "warp"
