"""What one frame shows: mouth, eyes and head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Mouth(NamedTuple):
    """The six mouth parameters, in the order of ``FrameState.mouth``.

    ``opening``, ``upper`` and ``lower`` are in mouth units (close to the width of the neutral mouth): the gap between the
    lips, and how far each lip is drawn back from the teeth. A negative opening presses the lips. ``wide`` is the relative
    change of width, ``pucker`` and ``tongue`` go from 0 to 1.
    """

    opening: float = 0.0
    wide: float = 0.0
    pucker: float = 0.0
    upper: float = 0.0
    lower: float = 0.0
    tongue: float = 0.0


class Head(NamedTuple):
    """The five head parameters, in the order of ``FrameState.head``: radians, and face heights."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class FrameState:
    """One frame.

    ``mouth``: float32 ``[6]`` as in ``Mouth``. ``activity``: 0 shows the picture's own mouth, 1 the mouth of the parameters.
    ``blink``: 0 open … 1 shut. ``head``: float32 ``[5]`` as in ``Head``. ``frame``: absolute number, for clips as avatars.
    """

    mouth: NDArray[np.float32] = field(default_factory=lambda: np.zeros(6, np.float32))
    activity: float = 0.0
    blink: float = 0.0
    head: NDArray[np.float32] = field(default_factory=lambda: np.zeros(5, np.float32))
    frame: int = 0
