"""What the face encoder sees of a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comps.animation.wav2lip.jobs import FACE


def face_input(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 BGR [96, 96, 3] → float32 [1, 6, 96, 96], 0 … 1: the face without its lower half, and the face."""
    face = crop.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    masked = face.copy()
    masked[:, FACE // 2 :] = 0
    return np.concatenate((masked, face))[None]
