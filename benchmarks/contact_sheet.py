"""Contact sheet: one row an avatar, one column a state that a person should look at.

``python benchmarks/contact_sheet.py OUT.png AVATAR …``
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import cv2
import numpy as np

from comps.animation.warp import rig
from comps.animation.warp.geometry import Pixels
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.state import FrameState, Head, Mouth
from comps.media.landmarks import Landmarker

#: What to look at: name, mouth (None: the picture's own), blink, head.
STATES: dict[str, tuple[Mouth | None, float, Head]] = {
    "rest": (None, 0, Head()),
    "a": (Mouth(opening=0.29, upper=0.01), 0, Head()),
    "e": (Mouth(opening=0.175, wide=0.09, upper=0.01, lower=0.01), 0, Head()),
    "i": (Mouth(opening=0.095, wide=0.14, upper=0.015, lower=0.015), 0, Head()),
    "o": (Mouth(opening=0.22, wide=-0.14, pucker=0.5, upper=0.01), 0, Head()),
    "u": (Mouth(opening=0.07, wide=-0.24, pucker=0.9), 0, Head()),
    "m": (Mouth(opening=-0.015, pucker=0.1), 0, Head()),
    "f": (Mouth(opening=0.045, wide=0.02, upper=0.03, lower=-0.02), 0, Head()),
    "th": (Mouth(opening=0.125, wide=0.02, upper=0.01, tongue=0.9), 0, Head()),
    "blink 1/4": (None, 0.25, Head()),
    "blink 1/2": (None, 0.5, Head()),
    "blink": (None, 1, Head()),
    "left": (None, 0, Head(yaw=-0.07, pitch=-0.03, roll=-0.03, x=-0.01)),
    "right": (None, 0, Head(yaw=0.07, pitch=0.03, roll=0.03, x=0.01)),
}


def state(name: str) -> FrameState:
    """The named state."""
    mouth, blink, head = STATES[name]
    shown = np.array(mouth or Mouth(), np.float32)
    return FrameState(shown, 0.0 if mouth is None else 1.0, blink, np.array(head, np.float32))


async def build(landmarker: Landmarker, path: Path, size: int) -> rig.Rig | None:
    """The rig of a picture; points come from a side-car ``<picture>.points.json`` where there is one."""
    image = cv2.imread(str(path))
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    faces = await landmarker.faces(rgb)
    sidecar = path.with_suffix(".points.json")
    points = json.loads(sidecar.read_text()) if sidecar.exists() else None
    return rig.build(image, faces[0].points, size, points, await landmarker.person(rgb)) if faces else None


def row(built: rig.Rig, names: list[str], zoom: bool) -> Pixels:
    """The states side by side; ``zoom`` shows the face alone."""
    renderer = Renderer(built)
    pictures = [cv2.cvtColor(renderer.frame(state(name)), cv2.COLOR_YUV2BGR_I420) for name in names]
    if zoom:
        cut = slice(int(built.size * 0.2), int(built.size * 0.76)), slice(int(built.size * 0.22), int(built.size * 0.78))
        pictures = [picture[cut] for picture in pictures]
    return np.hstack(pictures)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("avatars", type=Path, nargs="+")
    parser.add_argument("--states", nargs="*", default=list(STATES), choices=list(STATES))
    parser.add_argument("--zoom", action="store_true", help="the face alone")
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    landmarker = Landmarker()
    rows = []
    for path in options.avatars:
        built = await build(landmarker, path, options.size)
        if built is None:
            print(f"{path}: no face found")
            continue
        rows.append(row(built, options.states, options.zoom))
    await landmarker.stop()
    if rows:
        cv2.imwrite(str(options.out), np.vstack(rows))


if __name__ == "__main__":
    asyncio.run(main())
