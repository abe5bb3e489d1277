"""The windows of a clip in which a face is looked for, one after the other, until one shows it long enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comps.media.video import probe, sample_clip

#: A clip moves forwards and back through its first seconds: each of its frames is a rig of 0.5 MB, in the store and in memory.
CLIP_S = 6.0
#: Frames a second of a clip's rig, whatever the clip's own rate and the profile's.
CLIP_FPS = 25
#: A stretch of fewer frames is too short to move forwards and back: a picture of it is used.
SHORTEST = 25
#: Frames of a stretch that is long enough: no later one is looked for.
ENOUGH = 50
_MAX_CLIP_SIDE = 768
#: Longer clips are refused, seconds.
_LONGEST_S = 60.0


def windows(clip: bytes) -> list[float]:
    """Where in a clip a window can begin, seconds. Raises UnsupportedMedia, TooLarge."""
    # What is shorter than a stretch that is used is not looked at for itself.
    last = probe(clip, max_s=_LONGEST_S).duration_s - SHORTEST / CLIP_FPS
    return [0.0, *np.arange(CLIP_S, max(last, 0.0), CLIP_S).tolist()]


def window(clip: bytes, from_s: float) -> NDArray[np.uint8]:
    """The frames of ``CLIP_S`` seconds of a clip: uint8 RGB [n, h, w, 3]."""
    return sample_clip(clip, fps=CLIP_FPS, from_s=from_s, first_s=CLIP_S, max_side=_MAX_CLIP_SIDE).frames
