"""The portrait: the sighting that shows a character best, and the square around it.

Best is sharpness × size × margin × frontalness × open eyes × closed mouth (reference/persona.md: right in 7 of 8 clips).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from comps.describe.footage import Rgb
from comps.describe.measures import Measures
from comps.describe.sightings import Sighting
from comps.media.landmarks import Face

#: The face's share of the portrait's side, and how far down the eyes are.
_FACE_SHARE, _EYE_LINE = 0.45, 0.42
#: The largest share that a face takes of a portrait. Of a frame that is hardly larger than the face, the portrait is no square.
_CLOSEST = 0.8
#: The largest portrait worth keeping: what the animation can show, pixels.
_MAX_SIDE = 1024


def best_first(character: Sequence[Sighting]) -> list[Sighting]:
    """The sightings of one character, the one that shows it best first."""
    sharp = float(np.percentile([sighting.measures.sharpness for sighting in character], 90))
    # Narrow and drawn eyes are open too: measured against the same face's own.
    eyes = float(np.percentile([sighting.measures.eyes for sighting in character], 80))
    nod = float(np.median([sighting.measures.nod for sighting in character]))

    def quality(sighting: Sighting) -> float:
        measures = sighting.measures
        sharpness = 0.2 + 0.8 * min(1.0, measures.sharpness / max(sharp, 1e-6))
        opened = float(np.clip((measures.eyes / max(eyes, 1e-6) - 0.4) / 0.4, 0.1, 1.0))
        return sighting.face.score * sharpness * _size(measures) * _frontal(measures, nod) * opened * _closed_mouth(measures)

    return sorted(character, key=quality, reverse=True)


def _size(measures: Measures) -> float:
    large = min(1.0, measures.height / _FACE_SHARE) ** 0.5 * min(1.0, measures.pixels / 96)
    return float(large * (0.3 + 0.7 * measures.margin))


def _frontal(measures: Measures, nod: float) -> float:
    away = (measures.turn / 0.35) ** 2 + ((measures.nod - nod) / 0.12) ** 2 + (measures.tilt / 20) ** 2
    return 0.1 + 0.9 * float(np.exp(-away))


def _closed_mouth(measures: Measures) -> float:
    return 1.0 - min(0.6, max(0.0, measures.mouth - 0.05) * 2)


def crop(frame: Rgb, face: Face) -> Rgb:
    """The portrait of ``face``: uint8 RGB [side, side, 3], inside the frame, at most 1024 pixels a side.

    In a frame that is hardly larger than the face it is lower or narrower than square, so that none of the face is cut off.
    """
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = face.box
    side = round(min((y1 - y0) / _FACE_SHARE, max(min(height, width), max(x1 - x0, y1 - y0) / _CLOSEST)))
    wide, tall = min(side, width), min(side, height)
    eyes = float(face.points[[33, 133, 263, 362], 1].mean())
    left = round(min(max(0.0, (x0 + x1) / 2 - wide / 2), width - wide))
    top = round(min(max(0.0, eyes - tall * _EYE_LINE), height - tall))
    square = frame[top : top + tall, left : left + wide]
    longest = max(wide, tall)
    if longest > _MAX_SIDE:
        size = round(wide * _MAX_SIDE / longest), round(tall * _MAX_SIDE / longest)
        square = np.asarray(cv2.resize(square, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(square)
