"""Rigs of real faces, built once."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from comps.animation.warp import rig
from comps.cores.common.settings import LandmarkSettings
from comps.media.landmarks import Landmarker
from tests.animation.faces import NAMES, Portrait, portraits, read


@pytest.fixture(scope="session")
def faces(shared: Path) -> dict[str, Portrait]:
    """All portraits with landmarks."""
    reason = Landmarker.unavailable(LandmarkSettings())
    if reason is not None:
        pytest.skip(reason)
    return portraits({name: read(shared, name) for name in (*NAMES, "astronaut")})


@pytest.fixture(scope="session")
def rigs(faces: dict[str, Portrait]) -> dict[str, rig.Rig]:
    """The rigs of all portraits."""
    cv2.setNumThreads(1)
    return {name: rig.build(face.picture, face.landmarks, 512, None, face.person) for name, face in faces.items()}
