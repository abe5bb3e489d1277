"""What a frame of an answer costs: ``scripts/bench animation [picture …]`` (without one: the project's own avatar).

With ``--engine wav2lip`` or ``gfpgan``: these beside their plain networks (``benchmarks/wav2lip.py``, ``gfpgan.py``). Of warp:

At 512², 25 fps, from a cached rig, in one thread, to speech of espeak's: CPU ms a frame for drawing, encoding, sound and muxing,
and the same frames through x264 alone in the same run; CPU of the first chunk of a known avatar in a fresh worker; the difference
at chunk joins.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np
from anyio import to_thread

from AvatarChatbot.avatars import default_avatar
from benchmarks.machine import machine
from benchmarks.synthetic_speech import Spoken, espeak
from comps.animation.avatars import AvatarStore
from comps.animation.encode import encode
from comps.animation.engines.warp import WarpEngine
from comps.animation.motion.frames import frame_states
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.worker import WarpWorker
from comps.cores.common.settings import AnimationSettings, StorageSettings
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, Speech, VideoProfile
from comps.cores.workers.pool import WorkerPool
from comps.media.mux import AnswerMuxer
from comps.media.timeline import Timeline
from comps.storage.blobs import Blobs

TEXT = (
    "Minecraft was released in November two thousand and eleven, by a Swedish company called Mojang. "
    "Before that, people could already play it for more than two years, while it was still being built."
)
FRAME_MS, FIRST_CHUNK_S, JOIN = 8.0, 0.2, 1.5
ROUNDS = 3
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--engine", choices=["warp", "wav2lip", "gfpgan"], default="warp")
    parser.add_argument("--checkpoint", type=Path, help="of the engine's network; without one its weights are random")
    asked = parser.parse_args()
    pictures = asked.pictures or [default_avatar()]
    if asked.engine == "wav2lip":
        from benchmarks import wav2lip

        sys.exit(wav2lip.main(pictures[0], asked.checkpoint))
    if asked.engine == "gfpgan":
        from benchmarks import gfpgan

        sys.exit(gfpgan.main(asked.checkpoint))
    print(machine())
    for path in pictures:
        with tempfile.TemporaryDirectory() as blobs:
            asyncio.run(measure(path, blobs))


async def measure(path: Path, blobs: str) -> None:
    cv2.setNumThreads(1)
    avatar_id = await register(await to_thread.run_sync(path.read_bytes), blobs)
    spoken = espeak(TEXT)
    timeline, requests = plan(avatar_id, spoken)
    worker = WarpWorker(blobs, rig_cache=1)
    worker.chunk(requests[0])
    stored = AvatarStore(Blobs(blobs)).rig(avatar_id, VideoProfile().size)
    assert stored is not None
    renderer = Renderer(Rig.from_bytes(stored))
    frames = sum(request.frames for request in requests)
    print(f"\n{path.name}: {frames} frames of {VideoProfile().size}²; CPU ms a frame, best of {ROUNDS} rounds")

    drawn, drawing = best(lambda: [[renderer.frame(state) for state in frame_states(request)] for request in requests])
    _, x264 = best(lambda: [encode(pictures, VideoProfile()) for pictures in drawn])
    chunks, chunking = best(lambda: [worker.chunk(request) for request in requests])
    _, muxing = best(lambda: mux(timeline.sample_rate, spoken, chunks))
    whole = 1000 * (chunking + muxing) / frames
    print(f"  draw                {1000 * drawing / frames:6.2f}")
    print(f"  x264 alone          {1000 * x264 / frames:6.2f}")
    print(f"  sound and mux       {1000 * muxing / frames:6.2f}")
    ratio = whole * frames / (1000 * x264)
    print(f"  end to end          {whole:6.2f}   {ratio:.1f} × x264 alone   {verdict(whole, FRAME_MS, 'ms')}")
    first = statistics.median([await first_chunk(blobs, requests[0]) for _ in range(ROUNDS)])
    print(f"  first chunk, fresh worker  {first:.3f} s   {verdict(first, FIRST_CHUNK_S, 's')}")
    join = joins(chunks)
    size = sum(len(unit) for chunk in chunks for unit in chunk.access_units)
    print(f"  joins: {join:.2f} × the local median difference   {verdict(join, JOIN, '×')}")
    print(f"  {size * 8 / timeline.duration_s / 1000:.0f} kbit/s")


async def register(media: bytes, blobs: str) -> str:
    engine = WarpEngine(AnimationSettings(workers=1, storage=StorageSettings(blobs=blobs)))
    await engine.start()
    try:
        return (await engine.register(AvatarRequest(media=media))).avatar_id
    finally:
        await engine.stop()


def plan(avatar_id: str, spoken: Spoken) -> tuple[Timeline, list[ChunkRequest]]:
    timeline = Timeline(avatar_id, VideoProfile())
    pcm = (spoken.samples * 32768).astype("<i2").tobytes()
    timeline.add(Speech(pcm=pcm, sample_rate=spoken.rate, phonemes=spoken.phonemes))
    return timeline, timeline.chunks(final=True)


def best(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the least CPU seconds of all rounds: what is above it is other programs' doing."""
    costs = []
    for _ in range(ROUNDS):
        started = time.process_time()
        result = work()
        costs.append(time.process_time() - started)
    return result, min(costs)


def mux(rate: int, spoken: Spoken, chunks: list[Chunk]) -> bytes:
    muxer = AnswerMuxer(VideoProfile(), rate)
    fragments = muxer.add_speech((spoken.samples * 32768).astype("<i2").tobytes())
    for chunk in chunks:
        fragments += muxer.add_chunk(chunk)
    return b"".join(fragment.data for fragment in [*fragments, *muxer.finish()])


async def first_chunk(blobs: str, request: ChunkRequest) -> float:
    """CPU seconds of the first chunk in a worker that has just started: the rig is read, drawn and encoded."""
    pool = WorkerPool("comps.animation.warp.worker:WarpWorker", {"blobs": blobs, "rig_cache": 1}, node="animation")
    await pool.start()
    try:
        return float((await pool.call("chunk", request)).cpu_ms) / 1000
    finally:
        await pool.stop()


def joins(chunks: list[Chunk]) -> float:
    """The mean over chunk joins of the difference between the two frames, as a multiple of the median around it."""
    decoder = av.CodecContext.create("h264", "r")
    units = [unit for chunk in chunks for unit in chunk.access_units]
    units[0] = chunks[0].parameter_sets + units[0]
    pictures = [frame for unit in units for frame in decoder.decode(av.Packet(unit))] + decoder.decode(None)
    luma = [picture.to_ndarray(format="gray").astype(np.int16) for picture in pictures]
    steps = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(luma)])
    borders = [chunk.start_frame - 1 for chunk in chunks[1:]]
    around = [np.median(np.delete(steps[max(0, at - 6) : at + 7], min(at, 6))) for at in borders]
    return float(np.mean([steps[at] / local for at, local in zip(borders, around, strict=True)]))


def verdict(figure: float, limit: float, unit: str) -> str:
    return f"{'meets' if figure <= limit else 'MISSES'} ≤ {limit:g} {unit}"


if __name__ == "__main__":
    main()
