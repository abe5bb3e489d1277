"""A newcomer's first answer: ``up`` has just said that it is ready, and the first question is asked, of each built-in face.

``scripts/bench first_answer [times]``. Each answer is the first of a mesh whose store is empty. Exits 1 where the first words are
later than ``LATEST_S``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from AvatarChatbot import avatars
from benchmarks.latency import streamed
from benchmarks.machine import machine
from tests.e2e.mesh import Mesh

#: From the question to the first fragment with words in it, seconds.
LATEST_S = 3.0


def first_answer(face: str) -> tuple[float, float]:
    """Seconds from the start to ready, and from the question to its first words."""
    with tempfile.TemporaryDirectory() as folder:
        mesh = Mesh(Path(folder))
        try:
            ready_s = mesh.wait_until_ready()
            with mesh.client() as client:
                return ready_s, streamed(client, text="Who are you?", avatar=face).first_fragment
        finally:
            mesh.stop()


def main(times: int = 1) -> None:
    print(machine())
    latest = 0.0
    for face in avatars.names() * times:
        ready_s, first_s = first_answer(face)
        latest = max(latest, first_s)
        print(f"{face}: ready after {ready_s:.1f} s, first words {first_s:.2f} s after the question")
    print(f"latest first words: {latest:.2f} s (at most {LATEST_S:g})")
    sys.exit(latest > LATEST_S)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
