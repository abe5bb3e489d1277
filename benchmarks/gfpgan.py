"""GFPGAN beside its plain network, in one run: ``scripts/bench animation --engine gfpgan [--checkpoint file]``

Without a checkpoint: random weights in the official layout, which cost the same. Whole faces, and the mouth of a face whose rest
is known. For the frame difference one face is restored again and again, alone and beside others.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.neural import Limits, difference, has_bf16, in_turn, memory_mb, two_cores
from benchmarks.plain import gfpgan as plain_form
from comps.animation.checkpoint import read
from comps.animation.gfpgan.alignment import MOUTH
from comps.animation.gfpgan.layout import SIZE
from comps.animation.gfpgan.loading import network
from comps.animation.gfpgan.restorer import FaceRestorer
from comps.animation.gfpgan.windows import Window
from comps.cores.devices import Device, Dtype

ROUNDS = 3
#: × the plain network in f32.
RATIO: dict[Dtype, float] = {"f32": 1.6, "bf16": 3.0}
LARGEST, LEVELS = 1e-3, 1


def main(checkpoint: Path | None) -> int:
    """Returns the program's status."""
    cores, limits = two_cores(), Limits()
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain(checkpoint)
        path = checkpoint or plain_form.save(plain, Path(folder) / "seeded.pth")
        _measure(plain, path, Path(folder) / "folded", cores, limits)
    return limits.status()


def _plain(checkpoint: Path | None) -> plain_form.GFPGAN:
    if checkpoint is None:
        return plain_form.seeded()
    made = plain_form.GFPGAN()
    made.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in read(checkpoint, ("params_ema",)).items()})
    return made.eval()


def _measure(plain: plain_form.GFPGAN, path: Path, cache: Path, cores: int, limits: Limits) -> None:
    rest, other = plain_form.faces(2)
    box = Window(*MOUTH)
    rows, columns = Window.whole(SIZE).slices(box)
    speaking = rest.copy()
    speaking[rows, columns] = other[rows, columns]
    inputs = plain_form.network_input(speaking[None])
    at_rest = plain_form.network_input(rest[None]).numpy()[0]

    def run_plain() -> np.ndarray[Any, Any]:
        with torch.inference_mode():
            return np.asarray(plain(inputs).numpy())

    expected = run_plain()
    programs: dict[str, Any] = {"plain f32": run_plain}
    apart = {}
    dtypes: list[Dtype] = ["f32", *(["bf16"] if has_bf16() else [])]  # type: ignore[list-item]
    network(path, Device("cpu", "openvino", "f32", cores), cache)
    for dtype in dtypes:
        began = time.perf_counter()
        ours = network(path, Device("cpu", "openvino", dtype, cores), cache)
        print(f"  {dtype} loads in {time.perf_counter() - began:.2f} s; alone {_alone_mb(path, cache, dtype, cores)}")
        still = ours.still(at_rest)
        programs[f"{dtype} whole"] = lambda ours=ours: ours.whole(inputs.numpy())
        programs[f"{dtype} mouth"] = lambda ours=ours, still=still: ours.part(inputs.numpy(), [still], box)
        apart[f"{dtype} whole"] = difference(ours.whole(inputs.numpy()), expected)
        apart[f"{dtype} mouth"] = difference(ours.part(inputs.numpy(), [still], box), expected[:, :, rows, columns])
        restorer = FaceRestorer(ours)
        pictures = [
            restorer.restore(speaking[None])[0],
            *restorer.restore(np.stack([speaking, other]))[:1],
            *restorer.restore(speaking[None]),
        ]
        flicker = max(int(np.abs(pictures[0].astype(int) - picture).max()) for picture in pictures[1:])
        limits.at_most(f"frame difference of a still face, {dtype}", flicker, LEVELS, "level")
    print(f"\none face of {SIZE}²; best of {ROUNDS} rounds in turn")
    timed = in_turn(programs, ROUNDS)
    print(f"  {'':16}{'fps':>7}{'CPU ms':>9}{'× plain':>9}{'largest':>10}{'mean':>10}")
    for name, took in timed.items():
        largest, mean = apart.get(name, (0.0, 0.0))
        ratio = timed["plain f32"].wall / took.wall
        print(f"  {name:16}{1 / took.wall:7.2f}{1000 * took.cpu:9.0f}{ratio:9.2f}{largest:10.1e}{mean:10.1e}")
    for dtype, least in RATIO.items():
        if dtype not in dtypes:
            limits.skipped(f"restorer, {dtype}", "this processor has no avx512_bf16")
            continue
        limits.at_least(
            f"restorer, {dtype}", timed["plain f32"].wall / timed[f"{dtype} whole"].wall, least, "× the plain network in f32"
        )
    limits.at_most("largest difference, f32", max(apart["f32 whole"][0], apart["f32 mouth"][0]), LARGEST, "")


def _alone_mb(path: Path, cache: Path, dtype: str, cores: int) -> str:
    """Memory of a process that holds nothing else, after one face."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(path), str(cache), dtype, str(cores)], capture_output=True, text=True, check=True
    )
    return f"{done.stdout.strip()} MB"


if __name__ == "__main__":
    import os

    file, folder, kind, threads = sys.argv[1:]
    alone = network(Path(file), Device("cpu", "openvino", kind, int(threads)), Path(folder))  # type: ignore[arg-type]
    alone.whole(np.zeros((1, 3, SIZE, SIZE), np.float32))
    print(round(memory_mb([os.getpid()])))
