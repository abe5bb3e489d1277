"""The slow sway of a head that is never quite still: a function of (seed, absolute frame), periodic with the idle loop."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.loop import LOOP_S, generator

#: Largest yaw, pitch and roll in radians, and shift right and down in face heights.
_AMPLITUDE = np.array([*np.radians([2.6, 1.5, 1.1]), 0.006, 0.005])
#: Turns of each sine in one loop, and its share of the amplitude: 0.1, 0.3 and 0.5 Hz, slower ones larger.
_TURNS = np.array([1, 3, 5])
_SHARE = np.array([0.60, 0.30, 0.10])


@functools.lru_cache(maxsize=256)
def _phases(seed: int) -> NDArray[np.float64]:
    """Phase of each sine of each component, radians [5, 3]."""
    return generator(seed, part=2).uniform(0.0, 2.0 * np.pi, (len(_AMPLITUDE), len(_TURNS)))


def sway(seed: int, start_frame: int, frames: int, fps: int) -> NDArray[np.float32]:
    """Yaw, pitch, roll (radians), shift right and down (face heights) at ``frames`` frames: float32 [frames, 5]."""
    frame = np.arange(start_frame, start_frame + frames) % (LOOP_S * fps)
    turn = 2.0 * np.pi * (frame + 0.5) / (LOOP_S * fps)
    waves = np.sin(turn[:, None, None] * _TURNS + _phases(seed))
    return np.asarray((waves @ _SHARE) * _AMPLITUDE, np.float32)
