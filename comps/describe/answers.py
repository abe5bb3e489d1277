"""What the worker of a draft answers. Light to import: the service itself loads neither OpenCV nor a decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.cores.proto.avatar import Persona


@dataclass(frozen=True)
class Candidate:
    """A frame offered as portrait: its number, its pixels, and about where the character's face is in it."""

    number: int
    frame: NDArray[np.uint8]
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Drafted:
    """``portrait``: PNG, square; ``portrait_t_s``: when in the clip it was taken, seconds."""

    persona: Persona
    portrait: bytes
    portrait_t_s: float
    observations: dict[str, Any]
