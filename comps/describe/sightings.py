"""Sightings: a face in a frame, measured; and the frames' shots."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.workers.cancel import flag
from comps.describe.footage import Footage, Rgb
from comps.describe.measures import Measures, measure
from comps.media.landmarks import Face

#: Two frames whose colours agree less than this (Bhattacharyya coefficient) lie in different shots.
_SAME_SHOT = 0.75
#: A face smaller than this shows nothing that could be described, pixels of the survey frame.
_SMALLEST = 24.0


@dataclass(frozen=True)
class Sighting:
    """``face`` in pixels of the footage's frame number ``frame``."""

    frame: int
    shot: int
    face: Face
    measures: Measures


def sightings(footage: Footage, faces: Sequence[Sequence[Face]]) -> list[Sighting]:
    """Measure the faces that were found in ``footage.survey()``, frame by frame."""
    shots = _shots(footage.frames)
    found: list[Sighting] = []
    for number, (frame, in_frame) in enumerate(zip(footage.frames, faces, strict=True)):
        flag.check()
        for face in in_frame:
            if face.box[3] - face.box[1] >= _SMALLEST:
                scaled = Face.of(face.points / np.float32(footage.survey_scale), face.score)
                found.append(Sighting(number, shots[number], scaled, measure(scaled, frame)))
    return found


def _shots(frames: Sequence[Rgb]) -> list[int]:
    """The number of the shot of each frame, counted from 0."""
    histograms = [_histogram(frame) for frame in frames]
    cuts = [float(np.sqrt(one * other).sum()) < _SAME_SHOT for one, other in itertools.pairwise(histograms)]
    return [0, *(int(shot) for shot in np.cumsum(cuts))]


def _histogram(frame: Rgb) -> NDArray[np.float64]:
    small = cv2.resize(frame, (96, 64), interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3).astype(np.float64)
    return np.asarray(counts / counts.sum())
