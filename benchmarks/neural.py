"""What the benchmarks of neural animators share: two cores, figures of several programs in one run, and limits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.machine import machine
from comps.cores.devices import processor_flags

CORES = 2


@dataclass(frozen=True)
class Timed:
    """Seconds of one call: the least of all rounds, since what is above it is other programs' doing."""

    wall: float
    cpu: float


class Limits:
    """Prints each figure beside its limit, and remembers the ones that were missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def at_least(self, name: str, figure: float, limit: float, unit: str) -> None:
        self._say(name, figure, f"≥ {limit:g} {unit}", figure >= limit)

    def at_most(self, name: str, figure: float, limit: float, unit: str) -> None:
        self._say(name, figure, f"≤ {limit:g} {unit}", figure <= limit)

    def skipped(self, name: str, reason: str) -> None:
        print(f"  {name:44} SKIPPED: {reason}")

    def status(self) -> int:
        """Of the program: 1 where a limit was missed."""
        print(f"\nMISSED: {'; '.join(self.missed)}" if self.missed else "\nall limits met")
        return 1 if self.missed else 0

    def _say(self, name: str, figure: float, limit: str, met: bool) -> None:
        print(f"  {name:44} {figure:8.3g}   {'meets' if met else 'MISSES'} {limit}", flush=True)
        if not met:
            self.missed.append(name)


def two_cores() -> int:
    """Keep this process, and those that it starts, on two cores, and say on which. Returns how many there are, two at most."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    torch.set_num_threads(len(cores))
    flags = set(processor_flags())
    has = {"AVX2": "avx2", "AVX-512": "avx512f", "bf16": "avx512_bf16", "AMX": "amx_bf16"}
    print(machine())
    print(", ".join(f"{name}: {'yes' if flag in flags else 'no'}" for name, flag in has.items()) + f"; on {len(cores)} cores")
    return len(cores)


def has_bf16() -> bool:
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(processor_flags())


def in_turn(programs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timed]:
    """Time all programs one after another, ``rounds`` times over, so that a slow minute is slow for all of them."""
    for program in programs.values():
        program()
    best = {name: Timed(np.inf, np.inf) for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            program()
            now = Timed(time.perf_counter() - wall, time.process_time() - cpu)
            best[name] = Timed(min(now.wall, best[name].wall), min(now.cpu, best[name].cpu))
    return best


def difference(ours: NDArray[np.float32], plain: NDArray[np.float32]) -> tuple[float, float]:
    """The largest, and the mean."""
    apart = np.abs(ours - plain)
    return float(apart.max()), float(apart.mean())


def memory_mb(pids: list[int]) -> float:
    """Proportional set size of processes: pages that several share are divided among them."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids]
    return sum(int(line.split()[1]) for lines in rollups for line in lines if line.startswith("Pss:")) / 1000
