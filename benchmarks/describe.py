"""What a draft costs: CPU of the describe service, its worker and the landmark helper, for a picture and an 8 s clip.

``scripts/bench describe [picture or clip …]``; without files a clip is made from the astronaut photo (NASA, public domain).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import machine
from comps.cores.common.settings import DescribeSettings, StorageSettings
from comps.cores.proto.avatar import PersonaDraft
from comps.describe.engines.draft import DraftEngine
from tests.describe import material

_TICKS = os.sysconf("SC_CLK_TCK")


def _family() -> list[int]:
    """This process and all that it started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "stat").exists():
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    family = [os.getpid()]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _cpu_s() -> float:
    """CPU time of the family, user and system, seconds."""
    total = 0
    for process in _family():
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


async def _measure(engine: DraftEngine, name: str, media: bytes) -> PersonaDraft:
    cpu, wall = _cpu_s(), time.perf_counter()
    draft = await engine.describe(media)
    cpu, wall = _cpu_s() - cpu, time.perf_counter() - wall
    again = time.perf_counter()
    await engine.describe(media)
    again = time.perf_counter() - again
    frames = draft.observations["frames"]
    print(f"{name:28} {frames:3} frames  {cpu:5.2f} s CPU  {wall:5.2f} s  remembered: {again * 1000:4.0f} ms")
    return draft


async def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        engine = DraftEngine(DescribeSettings(storage=StorageSettings(blobs=folder)))
        await engine.start()
        await engine.describe(material.png(material.scene()))  # the processes start
        await engine.describe(material.clip(material.swaying(20)))
        if sys.argv[1:]:
            for path in map(Path, sys.argv[1:]):
                await _measure(engine, path.name, await asyncio.to_thread(path.read_bytes))
        else:
            await _measure(engine, "photo, 512 × 512", material.png(material.astronaut()))
            one = material.swaying(200, width=854, height=480)
            await _measure(engine, "clip, 8 s, 854 × 480", material.clip(one, fps=25))
            two = [material.beside(frame, frame[:, ::-1]) for frame in material.swaying(200)]
            await _measure(engine, "two people, 8 s, 960 × 360", material.clip(two, fps=25))
        await engine.stop()


if __name__ == "__main__":
    asyncio.run(main())
