"""Real faces for the tests of the warp engine: the avatars beside the project and scikit-image's astronaut, with landmarks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.media.landmarks import Face, Landmarker

Pixels = NDArray[np.uint8]
NAMES = ("avatar1.jpg", "avatar2.jpg", "avatar3.png", "avatar4.png", "avatar5.png", "avatar6.png")
#: Where a person sees the eyes of drawings that the mesh misplaces: middle x, y and half width, half height of left and right.
DRAWN_EYES = {
    "avatar4.png": ((388, 432, 66, 78), (639, 432, 66, 78)),
    "avatar6.png": ((424, 393, 34, 30), (589, 384, 36, 30)),
}


@dataclass(frozen=True)
class Portrait:
    """A picture (BGR), its landmarks ``[478, 3]`` and its person ``[h, w]``."""

    picture: Pixels
    landmarks: NDArray[np.float32]
    person: NDArray[np.float32]


def read(shared: Path, name: str) -> Pixels:
    """The picture of an avatar, BGR; ``astronaut`` is scikit-image's."""
    if name == "astronaut":
        from skimage import data

        return np.ascontiguousarray(data.astronaut()[..., ::-1])
    return np.asarray(cv2.imread(str(shared / "data" / "avatars" / name)), np.uint8)


def ellipse(x: float, y: float, half_width: float, half_height: float) -> list[tuple[float, float]]:
    """Its outline in 16 points."""
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return [(x + half_width * float(np.cos(turn)), y + half_height * float(np.sin(turn))) for turn in turns]


def portraits(pictures: dict[str, Pixels]) -> dict[str, Portrait]:
    """Landmarks of all pictures, with one helper process."""

    async def look() -> dict[str, Portrait]:
        landmarker = Landmarker()
        found = {}
        for name, picture in pictures.items():
            rgb = np.ascontiguousarray(picture[..., ::-1])
            faces = await landmarker.faces(rgb)
            found[name] = Portrait(picture, faces[0].points, await landmarker.person(rgb))
        await landmarker.stop()
        return found

    return asyncio.run(look())


def faces_in(frames: Sequence[Pixels]) -> list[Face | None]:
    """The largest face of each BGR frame."""

    async def look() -> list[Face | None]:
        landmarker = Landmarker()
        found = [await landmarker.faces(np.ascontiguousarray(frame[..., ::-1])) for frame in frames]
        await landmarker.stop()
        return [faces[0] if faces else None for faces in found]

    return asyncio.run(look())


def bgr(i420: Pixels) -> Pixels:
    """A rendered frame as BGR."""
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8)


def aperture(points: NDArray[np.float32]) -> float:
    """Gap between the inner lips, in distances of the eyes: what shared/tools/syncmeter.py measures."""
    upper, lower = points[[81, 82, 13, 312, 311], :2], points[[178, 87, 14, 317, 402], :2]
    eyes = points[263, :2] - points[33, :2]
    distance = float(np.linalg.norm(eyes))
    down = np.array([-eyes[1], eyes[0]]) / distance
    return float(((lower - upper) @ down).mean()) / distance
