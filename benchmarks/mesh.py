"""The whole mesh on this machine: time to ready, memory of all services idle, one request and eight at once; then what the
orchestrator itself costs (``benchmarks.chain``).

``scripts/bench mesh [requests]``
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from benchmarks import chain
from benchmarks.machine import engines, machine
from tests.e2e.mesh import Mesh

PATH = "/v1/avatarchatbot"
QUESTION = "Who are you?"
#: After the last request the landmark helper ends by itself; idle means after that.
SETTLE_S = 3.0


def pss_mb(mesh: Mesh) -> dict[str, float]:
    """Proportional set size of every process of the mesh, MB (shared pages divided among those that share them)."""
    sizes: dict[str, float] = {}
    for pid, command in mesh.processes().items():
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        sizes[f"{pid} {command[:70]}"] = kilobytes / 1000
    return sizes


def ask(client: httpx.Client, **body: Any) -> tuple[float, dict[str, Any]]:
    started = time.perf_counter()
    answer = client.post(PATH, json={"text": QUESTION, **body})
    answer.raise_for_status()
    return time.perf_counter() - started, answer.json()


def main() -> None:
    print(machine())
    print(engines())
    with tempfile.TemporaryDirectory() as folder:
        mesh = Mesh(Path(folder), LANDMARKS_IDLE_S="1")
        try:
            print(f"up to ready: {mesh.wait_until_ready():.1f} s (at most 10)")
            time.sleep(SETTLE_S)
            fresh = pss_mb(mesh)
            print(f"all services idle, fresh: {sum(fresh.values()):.0f} MB PSS (at most 1000)")
            with mesh.client() as client:
                first, _ = ask(client)
                print(f"first answer, avatar unknown: {first:.2f} s")
                before = mesh.cpu_seconds()
                warm = [ask(client) for _ in range(5)]
                cpu_one = (mesh.cpu_seconds() - before) / len(warm)
                seconds = sorted(wall for wall, _ in warm)
                said = warm[0][1]
                print(f"answer of {said['duration']:.1f} s to a typed question: p50 {seconds[2]:.2f} s, {cpu_one:.2f} s CPU")
                print(f"stages: {said['timings']}")
                before = mesh.cpu_seconds()
                with ThreadPoolExecutor(8) as pool:
                    list(pool.map(lambda _: ask(client), range(8)))
                cpu_eight = (mesh.cpu_seconds() - before) / 8
                print(f"eight at once: {cpu_eight:.2f} s CPU each, {cpu_eight / cpu_one:.2f} × a single one's (at most 1.5)")
            time.sleep(SETTLE_S)
            used = pss_mb(mesh)
            print(f"all services idle, after {14} answers: {sum(used.values()):.0f} MB PSS (at most 1000)")
            for process, size in sorted(used.items(), key=lambda item: -item[1]):
                print(f"  {size:6.1f} MB  {process}")
        finally:
            mesh.stop()
    chain.main()


if __name__ == "__main__":
    main()
