"""How a character moves in a clip: liveliness of the head, and whether the mouth moves as in speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comps.describe.sightings import Sighting

#: Mean speed of the head, in lengths of the face a second, below and above which it is called still and lively.
_STILL, _LIVELY = 0.10, 0.45
#: Spread (standard deviation) of the mouth's opening over its width in speech; a resting mouth keeps under 0.02.
_SPEAKING = 0.045
#: Fewer sightings show no motion.
_FEWEST = 4


@dataclass(frozen=True)
class Motion:
    """``head``: "still", "calm" or "lively"; empty when it cannot be said. ``speed`` in lengths of the face a second."""

    head: str = ""
    speed: float = 0.0
    mouth_moves: bool = False


def motion(character: Sequence[Sighting], times_s: Sequence[float]) -> Motion:
    """The motion of one character; ``times_s`` are the times of the footage's frames."""
    inside = sorted(character, key=lambda sighting: sighting.frame)
    if len(inside) < _FEWEST:
        return Motion()
    speeds = [
        speed
        for one, other in itertools.pairwise(inside)
        if one.shot == other.shot and (speed := _speed(one, other, times_s[other.frame] - times_s[one.frame])) is not None
    ]
    if not speeds:
        return Motion()
    speed = float(np.mean(speeds))
    head = "still" if speed < _STILL else "lively" if speed > _LIVELY else "calm"
    opening = float(np.std([sighting.measures.mouth for sighting in inside]))
    return Motion(head, speed, opening > _SPEAKING)


def _speed(one: Sighting, other: Sighting, seconds: float) -> float | None:
    if seconds <= 0:
        return None
    # The bridge of the nose moves with the head alone, not with speech or blinks.
    moved = np.linalg.norm(other.face.points[168, :2] - one.face.points[168, :2])
    return float(moved) / max(one.measures.pixels, 1e-6) / seconds
