"""Wav2Lip beside its plain network, in one run: ``scripts/bench animation --engine wav2lip [--checkpoint file]``

Without a checkpoint: random weights in the official layout, which cost the same. First the generator for a still face: ours in
the forms that this processor has, and the plain one in f32 at batch 16. Then the whole engine, from chunk requests to encoded
chunks, as a service runs it: one network process and two workers that draw.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from anyio import to_thread

from AvatarChatbot.capacity import _SHORT_S
from benchmarks.neural import CORES, Limits, difference, has_bf16, in_turn, memory_mb, two_cores
from benchmarks.plain import seeded
from benchmarks.plain.wav2lip import Wav2Lip, face_input, lower_halves
from benchmarks.synthetic_speech import espeak
from comps.animation.checkpoint import read
from comps.animation.engines import wav2lip as engine_module
from comps.animation.engines.wav2lip import Wav2LipEngine
from comps.animation.wav2lip.layout import FIRST, OFFICIAL
from comps.animation.wav2lip.loading import load
from comps.cores.common.settings import AnimationSettings, StorageSettings
from comps.cores.devices import Device, Dtype
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, Speech, VideoProfile
from comps.media.timeline import Timeline

TEXT = (
    "Minecraft was released in November two thousand and eleven, by a Swedish company called Mojang. "
    "Before that, people could already play it for more than two years, while it was still being built."
)
BATCH, ROUNDS = 16, 5
#: Of the generator, × the plain network in f32; of the engine, frames a second.
RATIO: dict[Dtype, float] = {"f32": 2.0, "bf16": 4.5}
FPS: dict[Dtype, float] = {"f32": 25, "bf16": 50}
LARGEST, MEAN = 1e-4, 5e-3
FIRST_CHUNK_S, MEMORY_MB = 0.4, 700


def main(picture: Path, checkpoint: Path | None) -> int:
    """Returns the program's status."""
    cores, limits = two_cores(), Limits()
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain(checkpoint)
        path = checkpoint or seeded.save_legacy(plain, Path(folder) / "seeded.pth")
        cache = Path(folder) / "folded"
        _generator(plain, path, cache, cores, limits)
        del plain
        dtypes: list[Dtype] = ["f32", *(["bf16"] if has_bf16() else [])]  # type: ignore[list-item]
        for dtype in dtypes:
            asyncio.run(_engine(picture, path, cache, dtype, Path(folder) / f"blobs-{dtype}", limits))
        if not has_bf16():
            limits.skipped("engine, bf16", "this processor has no avx512_bf16")
    return limits.status()


def _plain(checkpoint: Path | None) -> Wav2Lip:
    if checkpoint is None:
        return seeded.wav2lip()
    tensors = read(checkpoint)
    network = Wav2Lip(OFFICIAL // tensors[FIRST].shape[0])
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in tensors.items()})
    return network.eval()


def _generator(plain: Wav2Lip, path: Path, cache: Path, cores: int, limits: Limits) -> None:
    print(f"\ngenerator, a still face, {BATCH} frames; best of {ROUNDS} rounds in turn")
    crops, mels = seeded.faces(1).repeat(BATCH, axis=0), seeded.mels(BATCH)
    networks = {}
    load(path, Device("cpu", "openvino", "f32", cores), cache)
    for runtime, dtype in (("openvino", "f32"), ("openvino", "bf16"), ("openvino", "int8"), ("torch", "f32"), ("torch", "bf16")):
        if dtype == "bf16" and not has_bf16():
            limits.skipped(f"{runtime} {dtype}", "this processor has no avx512_bf16")
            continue
        began = time.perf_counter()
        networks[runtime, dtype] = load(path, Device("cpu", runtime, dtype, cores), cache)  # type: ignore[arg-type]
        print(f"  {runtime} {dtype} loads in {time.perf_counter() - began:.2f} s")
    faces = {key: [network.face(crops[0])] * BATCH for key, network in networks.items()}
    inputs = torch.from_numpy(mels[:, None]), torch.from_numpy(face_input(crops))

    def run_plain() -> None:
        with torch.inference_mode():
            plain(*inputs)

    programs = {
        f"{runtime} {dtype}": _program(networks[runtime, dtype], faces[runtime, dtype], mels) for runtime, dtype in networks
    }
    timed = in_turn({"plain f32": run_plain, **programs}, ROUNDS)
    expected = lower_halves(plain, crops, mels)
    apart = {key: difference(network.mouths(faces[key], mels), expected) for key, network in networks.items()}
    print(f"  {'':16}{'fps':>7}{'CPU ms':>9}{'× plain':>9}{'largest':>10}{'mean':>10}")
    for name, took in timed.items():
        largest, mean = next((found for key, found in apart.items() if " ".join(key) == name), (0.0, 0.0))
        ratio = timed["plain f32"].wall / took.wall
        print(f"  {name:16}{BATCH / took.wall:7.1f}{1000 * took.cpu / BATCH:9.1f}{ratio:9.2f}{largest:10.1e}{mean:10.1e}")
    for dtype, least in RATIO.items():
        if dtype == "bf16" and not has_bf16():
            limits.skipped("generator, bf16", "this processor has no avx512_bf16")
            continue
        ratio = timed["plain f32"].wall / timed[f"openvino {dtype}"].wall
        limits.at_least(f"generator, {dtype}", ratio, least, "× the plain network in f32")
    limits.at_most("largest difference, f32", max(apart[key][0] for key in apart if key[1] == "f32"), LARGEST, "")
    if has_bf16():
        limits.at_most("mean difference, bf16", max(apart[key][1] for key in apart if key[1] == "bf16"), MEAN, "")


def _program(network: object, faces: list[object], mels: np.ndarray) -> object:
    return lambda: network.mouths(faces, mels)  # type: ignore[attr-defined]


async def _engine(picture: Path, path: Path, cache: Path, dtype: Dtype, blobs: Path, limits: Limits) -> None:
    settings = AnimationSettings(
        workers=CORES,
        storage=StorageSettings(blobs=str(blobs)),
        wav2lip_checkpoint=path,
        non_commercial=True,
        dtype=dtype,
        device="cpu",
    )
    engine_module._cache = lambda: cache  # nothing is left in the models' folder
    media = await to_thread.run_sync(picture.read_bytes)
    engine = Wav2LipEngine(settings)
    await engine.start()
    try:
        avatar = (await engine.register(AvatarRequest(media=media))).avatar_id
    finally:
        await engine.stop()

    print(f"\nwhole engine, {dtype}, {picture.name}, {VideoProfile().size}²")
    engine = Wav2LipEngine(settings)
    began = time.perf_counter()
    await engine.start()
    await engine.ready()
    print(f"  loads, and has drawn, in {time.perf_counter() - began:.2f} s")
    try:
        requests = _requests(avatar)
        began = time.perf_counter()
        await engine.chunk(requests[0])
        first = time.perf_counter() - began
        frames = sum(request.frames for request in requests)
        best, cpu = np.inf, np.inf
        for _ in range(3):
            began = time.perf_counter()
            chunks = await _drawn(engine, requests)
            best = min(best, time.perf_counter() - began)
            cpu = min(cpu, sum(chunk.cpu_ms for chunk in chunks) / frames)
        memory = memory_mb([*engine._network.pids, *engine._pool.pids])
        print(f"  {frames} frames: {cpu:.1f} CPU ms a frame; {memory_mb(engine._network.pids):.0f} MB are the network's process")
        limits.at_least(f"engine, {dtype}", frames / best, FPS[dtype], "frames a second")
        limits.at_most(f"first chunk, {dtype}", first, FIRST_CHUNK_S, "s")
        limits.at_most(f"memory, {dtype}", memory, MEMORY_MB, "MB")
    finally:
        await engine.stop()


def _requests(avatar: str) -> list[ChunkRequest]:
    spoken = espeak(TEXT)
    timeline = Timeline(avatar, VideoProfile(engine="wav2lip"), first_s=_SHORT_S, hears=True)
    pcm = (spoken.samples * 32768).astype("<i2").tobytes()
    timeline.add(Speech(pcm=pcm, sample_rate=spoken.rate, phonemes=spoken.phonemes))
    return timeline.chunks(final=True)


async def _drawn(engine: Wav2LipEngine, requests: list[ChunkRequest]) -> list[Chunk]:
    """All chunks, as many at once as a whole clip draws: one more than there are workers."""
    free = asyncio.Semaphore(CORES + 1)

    async def draw(request: ChunkRequest) -> Chunk:
        async with free:
            return await engine.chunk(request)

    return list(await asyncio.gather(*map(draw, requests)))
