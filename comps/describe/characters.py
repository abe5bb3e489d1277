"""Who is in a clip: sightings joined to tracks while a face stays in place, and tracks to characters by their looks.

Looks are colours of head and clothing within this one clip, never an identity: nothing here tells who someone is, and
nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.describe.boxes import overlap
from comps.describe.footage import Rgb
from comps.describe.sightings import Sighting

Track = list[Sighting]

#: Sightings in frames this near to each other may be one track; a face may be lost for a moment.
_GAP_FRAMES = 5
_SAME_PLACE = 0.3
#: Mean looks that differ by less than this belong to one character (0 the same, 1 nothing in common).
_SAME_LOOKS = 0.30


def main_character(found: Sequence[Sighting], frames: Sequence[Rgb]) -> Track:
    """All sightings of the character that is largest × most often seen. ``found`` must not be empty."""
    characters = _characters(_tracks(found), frames)
    return max(characters, key=lambda track: sum(sighting.measures.height for sighting in track))


def _tracks(found: Sequence[Sighting]) -> list[Track]:
    tracks: list[Track] = []
    for sighting in found:
        near = [track for track in tracks if _continues(track[-1], sighting)]
        if near:
            max(near, key=lambda track: overlap(track[-1].face.box, sighting.face.box)).append(sighting)
        else:
            tracks.append([sighting])
    return tracks


def _continues(last: Sighting, sighting: Sighting) -> bool:
    return (
        last.shot == sighting.shot
        and 0 < sighting.frame - last.frame <= _GAP_FRAMES
        and overlap(last.face.box, sighting.face.box) > _SAME_PLACE
    )


def _characters(tracks: list[Track], frames: Sequence[Rgb]) -> list[Track]:
    """Join the two tracks most alike, again and again. Two that share a frame are two people, however alike."""
    characters = [(track, np.mean([_looks(sighting, frames) for sighting in track], axis=0)) for track in tracks]
    while True:
        pairs = [
            (_difference(one[1], other[1]), i, j)
            for i, one in enumerate(characters)
            for j, other in enumerate(characters[:i])
            if not {sighting.frame for sighting in one[0]} & {sighting.frame for sighting in other[0]}
        ]
        if not pairs or min(pairs)[0] > _SAME_LOOKS:
            return [track for track, _ in characters]
        _, i, j = min(pairs)
        (later, looks), (earlier, others) = characters.pop(i), characters[j]
        share = len(later) / (len(later) + len(earlier))
        characters[j] = ([*earlier, *later], share * looks + (1 - share) * others)


def _looks(sighting: Sighting, frames: Sequence[Rgb]) -> NDArray[np.float64]:
    """Square roots of the colour histograms of head and clothing: float64 [2, 96]."""
    frame = frames[sighting.frame]
    x0, y0, x1, y1 = sighting.face.box
    wide, tall = x1 - x0, y1 - y0
    head = (x0, y0 - 0.3 * tall, x1, y1)
    clothing = (x0 - 0.3 * wide, y1 + 0.25 * tall, x1 + 0.3 * wide, y1 + tall)
    return np.sqrt(np.stack([_colours(frame, head), _colours(frame, clothing)]))


def _colours(frame: Rgb, box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = (max(0, round(edge)) for edge in box)
    crop = frame[y0:y1, x0:x1]
    if crop.size == 0:
        return np.zeros(96)
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    hue = cv2.calcHist([lab], [1, 2], None, [8, 8], [90, 170, 90, 170]).ravel()
    light = cv2.calcHist([lab], [0], None, [32], [0, 256]).ravel()
    joined = np.concatenate([hue / max(float(hue.sum()), 1.0), light / max(float(light.sum()), 1.0)])
    return np.asarray(joined / 2, np.float64)


def _difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    agreement = (one * other).sum(axis=1)
    return float(1 - 0.65 * agreement[0] - 0.35 * agreement[1])
