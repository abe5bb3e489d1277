"""Finding the face of a picture however it lies and however small it is. Lives in the helper process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from comps.cores.workers.cancel import flag
from comps.media.landmarks.face import Face
from comps.media.landmarks.portrait import SURE

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]

#: Below this strength a face may be one at the wrong place: drawn faces have from 0.65 where they are upright.
_FAIR = 0.62
#: By so much another turn must be stronger: upright drawn faces are stronger by 0.065 than turned ones.
_MARGIN = 0.02
#: A mesh that is tilted by more, degrees, is worse than that of the picture turned by 90°.
_SLANTED = 45.0
#: Windows of 1/2 and 1/4 of the longest side overlap by half: the far detector finds faces from 1/17 of a window.
_WINDOWS = (2, 4)
#: Smaller windows show no more, pixels.
_SMALLEST_WINDOW = 160
#: Around a face found in a window, lengths of its box.
_AROUND = 1.5


@dataclass(frozen=True)
class Sighting:
    """A face, and how sure the detector is of it in crops of different reach, 0 … 1."""

    face: Face
    scores: tuple[float, ...]

    @property
    def strength(self) -> float:
        return (self.face.score + float(np.mean(self.scores))) / 2


class Eye(Protocol):
    """What is needed of a detector."""

    def sight(self, image: Image) -> Sighting | None:
        """The largest face that is about upright."""

    def strength(self, image: Image, box: Box, degrees: float) -> float:
        """That of the face in ``box`` when the picture is turned clockwise by ``degrees``."""

    def far(self, image: Image) -> list[Box]:
        """Where small faces seem to be."""


def face(eye: Eye, image: Image) -> Face | None:
    """The face of ``image`` (uint8 RGB ``[h, w, 3]``), its points in the picture as it is, however it lies there."""
    return _however_it_lies(eye, image) or _however_small(eye, image)


def _however_it_lies(eye: Eye, image: Image) -> Face | None:
    first = eye.sight(image)
    if first is not None and _is_upright(eye, image, first):
        return first.face
    height, width = image.shape[:2]
    seen = [] if first is None else [(first.strength + _MARGIN, first.face)]
    for turns in (1, 2, 3):
        flag.check()
        sighting = eye.sight(turned(image, turns))
        if sighting is not None:
            seen.append((sighting.strength, _turned_back(sighting.face, turns, height, width)))
    if not seen:
        return None
    strength, best = max(seen, key=lambda one: one[0])
    if strength >= SURE:
        return best
    # Drawn faces at a slant may be found upside down: compared when each is turned until its eyes are level.
    return max(seen, key=lambda one: one[0] + eye.strength(image, one[1].box, -_tilt(one[1])))[1]


def _is_upright(eye: Eye, image: Image, seen: Sighting) -> bool:
    """Whether there is no need to look at the other turns."""
    if seen.face.score >= SURE:
        return abs(_tilt(seen.face)) <= _SLANTED
    own, tilt = seen.strength, _tilt(seen.face)
    return own >= _FAIR and all(eye.strength(image, seen.face.box, turn - tilt) < own for turn in (90, 180, 270))


def _tilt(seen: Face) -> float:
    """Of the line of the eyes, degrees clockwise."""
    x, y = seen.points[263, :2] - seen.points[33, :2]
    return float(np.degrees(np.arctan2(y, x)))


def _however_small(eye: Eye, image: Image) -> Face | None:
    """The largest face in windows of the picture, in which small faces are large; upright ones are looked for first."""
    for turns in (0, 2, 1, 3):
        canvas = turned(image, turns)
        for parts in _WINDOWS:
            found = [_seen_near(eye, canvas, box) for box in _boxes(eye, canvas, parts)]
            whole = [one for one in found if one is not None]
            if whole:
                largest = max(whole, key=lambda one: (one.box[2] - one.box[0]) * (one.box[3] - one.box[1]))
                return _turned_back(largest, turns, image.shape[0], image.shape[1])
    return None


def _boxes(eye: Eye, image: Image, parts: int) -> list[Box]:
    """Of what seems to be a face in a window, once for each: windows overlap."""
    boxes: list[Box] = []
    for x0, y0, x1, y1 in _windows(image.shape[0], image.shape[1], parts):
        flag.check()
        for box in eye.far(np.ascontiguousarray(image[y0:y1, x0:x1])):
            shifted = box[0] + x0, box[1] + y0, box[2] + x0, box[3] + y0
            if all(_middle_outside(shifted, other) for other in boxes):
                boxes.append(shifted)
    return boxes


def _windows(height: int, width: int, parts: int) -> Iterator[tuple[int, int, int, int]]:
    side = max(height, width) // parts
    if side < _SMALLEST_WINDOW:
        return
    for y, x in itertools.product(_starts(height, side), _starts(width, side)):
        yield x, y, min(x + side, width), min(y + side, height)


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = -(-2 * (length - side) // side) + 1
    return [round(at) for at in np.linspace(0, length - side, count)]


def _seen_near(eye: Eye, image: Image, box: Box) -> Face | None:
    x0, y0, x1, y1 = box
    reach = _AROUND * max(x1 - x0, y1 - y0)
    left, top = max(0, int((x0 + x1) / 2 - reach)), max(0, int((y0 + y1) / 2 - reach))
    crop = image[top : int((y0 + y1) / 2 + reach) + 1, left : int((x0 + x1) / 2 + reach) + 1]
    if not crop.size:
        return None
    found = _however_it_lies(eye, np.ascontiguousarray(crop))
    if found is None:
        return None
    return Face.of(found.points + np.array([left, top, 0], np.float32), found.score)


def _middle_outside(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return not (other[0] < x < other[2] and other[1] < y < other[3])


def turned(image: Image, turns: int) -> Image:
    """``image`` turned clockwise by ``turns`` × 90°."""
    return np.ascontiguousarray(np.rot90(image, -turns))


def _turned_back(found: Face, turns: int, height: int, width: int) -> Face:
    """A face of the picture of ``height`` × ``width`` turned clockwise, in the picture as it is."""
    points = found.points.copy()
    x, y = points[:, 0].copy(), points[:, 1].copy()
    places = {0: (x, y), 1: (y, height - x), 2: (width - x, height - y), 3: (width - y, x)}
    points[:, 0], points[:, 1] = places[turns]
    return Face.of(points, found.score)
