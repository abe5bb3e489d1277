"""Rigs of real faces, built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import pytest

from comps.animation.service import build
from comps.animation.warp import rig
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.media.landmarks import Landmarker
from tests.animation.faces import NAMES, Portrait, portraits, read
from tests.serving import serving


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


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


@pytest.fixture(scope="module")
def client(blobs: Path) -> Iterator[httpx.Client]:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    storage = StorageSettings(blobs=str(blobs))
    service = build(AnimationSettings(port=0, workers=1, storage=storage))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=60) as client:
        yield client
