"""Blinks: functions of (seed, absolute frame), periodic with the idle loop."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.loop import LOOP_S, generator

#: People who talk blink 15 to 25 times a minute (Bentivoglio et al. 1997): three blinks in the ten seconds of a loop.
_BLINKS = 3
#: Each blink may come this much earlier or later than at even spacing, seconds.
_JITTER_S = 0.9
#: Lids fall in 80 ms, stay shut 40 ms and rise in 160 ms (VanderWerf et al. 2003).
_FALL_S, _SHUT_S, _RISE_S = 0.08, 0.04, 0.16


@functools.lru_cache(maxsize=256)
def _times(seed: int) -> tuple[float, ...]:
    """When lids begin to fall, in seconds of the loop."""
    spacing = LOOP_S / _BLINKS
    jitter = generator(seed, part=1).uniform(-_JITTER_S, _JITTER_S, _BLINKS)
    return tuple(float((spacing * (k + 0.5) + jitter[k]) % LOOP_S) for k in range(_BLINKS))


def blink(seed: int, start_frame: int, frames: int, fps: int) -> NDArray[np.float32]:
    """How far the lids are shut, 0 (open) … 1 (shut), at ``frames`` frames from ``start_frame``: float32 [frames]."""
    frame = np.arange(start_frame, start_frame + frames) % (LOOP_S * fps)
    middle = (frame + 0.5) / fps
    shut = np.zeros(frames)
    for time in _times(seed):
        since = (middle - time) % LOOP_S
        falling = since / _FALL_S
        rising = (_FALL_S + _SHUT_S + _RISE_S - since) / _RISE_S
        shut = np.maximum(shut, np.clip(np.minimum(falling, rising), 0.0, 1.0))
    return shut.astype(np.float32)
