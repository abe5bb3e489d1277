"""Faces and speech on which int8's ranges are measured (``benchmarks/wav2lip_calibration.py`` makes the file).

The batch normalisations' statistics would do without data, but their tails are not a normal distribution's: in a trained network
activations reach five times as far, and ranges taken from the statistics halved the mouth's movement.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def faces() -> NDArray[np.uint8]:
    """uint8 BGR [4, 96, 96, 3]."""
    return _load("faces").astype(np.uint8)


def mels() -> NDArray[np.float32]:
    """float32 [24, 80, 16]: windows all through a sentence."""
    return _load("mels").astype(np.float32)


def _load(name: str) -> NDArray[np.generic]:
    with np.load(Path(__file__).with_suffix(".npz")) as file:
        found: NDArray[np.generic] = file[name]
    return found
