"""The idle loop: everything that moves without speech repeats after LOOP_S seconds, so idle and answer join anywhere."""

from __future__ import annotations

import numpy as np

from comps.cores.proto.avatar import IDLE_LOOP_S

#: Length of the idle loop. Whole seconds, so that it is a whole number of frames at every frame rate.
LOOP_S = IDLE_LOOP_S


def loop_frames(fps: int) -> int:
    """Frames of one turn of the idle loop."""
    return LOOP_S * fps


def generator(seed: int, part: int) -> np.random.Generator:
    """Random numbers for one part of the motion (blinks, sway): the same on every replica."""
    return np.random.default_rng([seed & 0xFFFF_FFFF_FFFF_FFFF, part])
