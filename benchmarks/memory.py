"""Memory and open files of the whole mesh over many turns. ``scripts/bench memory [turns]``

Half of them on the socket (each interrupted by the next), half by POST as MP4.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks.machine import machine
from benchmarks.mesh import PATH, pss_mb
from tests.e2e.mesh import Mesh
from tests.live_player import playing

#: Turns before the first measurement: caches and pools are filled by then; and parts that are measured.
WARM, PARTS = 60, 4
#: Workers that only some turns need are given back within a minute.
SETTLE_S = 65.0


def open_files(mesh: Mesh) -> int:
    total = 0
    for pid in mesh.processes():
        try:
            total += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        except OSError:
            continue
    return total


async def live_turns(url: str, count: int) -> None:
    async with playing(url, avatar="aria") as player:
        for _ in range(count):
            since = anyio.current_time()
            await player.client.send("text", text="What do you like?")
            turn = (await player.until(lambda since=since: player.event("transcript", since)))["turn"]
            await player.until(lambda turn=turn: player.first_voice(turn))
            player.arrived.clear()
            player.events.clear()


def posted_turns(mesh: Mesh, count: int) -> None:
    with mesh.client() as client:
        for _ in range(count):
            answer = client.post(PATH, json={"text": "Hello!", "avatar": "aria"}, headers={"Accept": "video/mp4"})
            answer.raise_for_status()
            client.delete(answer.headers["content-location"])


def main() -> None:
    print(machine())
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        mesh = Mesh(Path(folder))
        try:
            mesh.wait_until_ready()
            measured: list[float] = []
            for part, count in enumerate([WARM, *[turns // PARTS] * PARTS]):
                anyio.run(live_turns, mesh.url, count // 2)
                posted_turns(mesh, count - count // 2)
                time.sleep(SETTLE_S)
                measured.append(sum(pss_mb(mesh).values()))
                done, change = WARM + part * (turns // PARTS), measured[-1] / measured[0] - 1
                print(f"after {done} turns: {measured[-1]:.0f} MB PSS ({change:+.1%}), {open_files(mesh)} files open", flush=True)
        finally:
            mesh.stop()


if __name__ == "__main__":
    main()
