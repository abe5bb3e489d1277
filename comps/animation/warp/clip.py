"""A short clip as avatar: it moves by itself, forwards and back, and only its mouth is spoken anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from comps.animation.warp import interior
from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import Doubles, Floats, Pixels
from comps.animation.warp.mouth import MouthShape
from comps.animation.warp.planes import Planes
from comps.animation.warp.rig import Rig, Speech, Still
from comps.cores.errors import NoFace

#: Landmarks jitter from frame to frame; their tracks are smoothed with a Gaussian of this many frames.
_SMOOTHING = 1.0


def build(frames: Sequence[Pixels] | Pixels, landmarks: Floats, size: int = 512) -> Rig:
    """The rig of a clip: about 20 ms of CPU a frame.

    ``frames``: BGR uint8 ``[n, h, w, 3]``. ``landmarks``: float32 ``[n, 478, 3]`` in their pixels; rows of NaN, where no face was
    found, are filled from their neighbours. Raises NoFace where no frame has a face.
    """
    framing, placed = framed(frames, landmarks, size)
    pictures = [framing.cut(frame) for frame in frames]
    places = [points[:, :2] for points in placed]
    shapes = [MouthShape.of(points) for points in places]
    sample = range(0, len(pictures), max(1, len(pictures) // 8))
    palette = interior.Palette.mean([interior.palette(pictures[i], shapes[i], places[i]) for i in sample])
    stills = [_still(picture, shape, palette) for picture, shape in zip(pictures, shapes, strict=True)]
    return Rig(size, stills, sway=None, blink=None)


def framed(frames: Sequence[Pixels] | Pixels, landmarks: Floats, size: int) -> tuple[Framing, list[Doubles]]:
    """The square of a clip that is shown, and the landmarks ``[478, 3]`` of each frame in its pixels, without jitter.

    Arguments and errors as ``build``.
    """
    tracks = _smooth(_fill(landmarks))
    height, width = frames[0].shape[:2]
    framing = Framing.around(_whole(tracks), height, width, size)
    return framing, [framing.place(points) for points in tracks]


def index(frame: int, length: int) -> int:
    """Which frame of the clip is shown at the answer's frame: 0, 1, … n - 1, n - 2, … 1, 0, 1, …"""
    if length == 1:
        return 0
    at = frame % (2 * length - 2)
    return min(at, 2 * length - 2 - at)


def _still(picture: Pixels, shape: MouthShape, palette: interior.Palette) -> Still:
    return Still(Planes.of(picture), Speech(shape.box(len(picture)), shape, interior.draw(shape, len(picture), palette), None))


def _whole(tracks: Doubles) -> Floats:
    """Landmarks that stand for all of the clip: the median face."""
    return cast("Floats", np.median(tracks, axis=0).astype(np.float32))


def _fill(landmarks: Floats) -> Doubles:
    found = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    if not len(found):
        raise NoFace("no frame of the clip shows a face", field="media")
    at = np.arange(len(landmarks))
    before = found[np.clip(np.searchsorted(found, at, side="right") - 1, 0, len(found) - 1)]
    after = found[np.clip(np.searchsorted(found, at), 0, len(found) - 1)]
    share = np.where(after > before, (at - before) / np.maximum(after - before, 1), 0.0).clip(0, 1)[:, None, None]
    return (1 - share) * landmarks[before] + share * landmarks[after]


def _smooth(tracks: Doubles) -> Doubles:
    reach = int(3 * _SMOOTHING)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHING) ** 2)
    padded = np.pad(tracks, ((reach, reach), (0, 0), (0, 0)), mode="edge")
    windows = [weight * padded[i : i + len(tracks)] for i, weight in enumerate(kernel / kernel.sum())]
    return cast("Doubles", np.sum(windows, axis=0))
