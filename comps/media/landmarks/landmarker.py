"""The landmark detector as the rest of the house sees it: asynchronous, in a helper process with packages of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

import comps
from comps.cores.common.settings import LandmarkSettings
from comps.cores.errors import NodeUnavailable
from comps.cores.workers.pool import WorkerPool
from comps.media.landmarks.face import POINTS, Face

_NODE = "landmarks"
#: Frames sent to the helper at once: 8 frames of 720p are 22 MB, and the work between two is about 80 ms.
_BATCH = 8


class Landmarker:
    """Finds faces and their landmarks. The helper process starts at the first question and ends when idle.

    MediaPipe 0.10.21 (the last whose wheel carries its models) pins old packages; they lie in a folder of their own that
    only the helper process sees (docs: ``LANDMARKS_PACKAGES``).
    """

    def __init__(self, settings: LandmarkSettings | None = None) -> None:
        self._settings = settings or LandmarkSettings()
        self._pool: WorkerPool | None = None
        self._tracking = asyncio.Lock()

    @classmethod
    def unavailable(cls, settings: LandmarkSettings) -> str | None:
        """Why landmarks cannot be found here, in one sentence; None when they can."""
        folder = packages(settings)
        if not (folder / "mediapipe" / "__init__.py").is_file():
            return f"no mediapipe in {folder}: run scripts/setup, or set LANDMARKS_PACKAGES to a folder that has it"
        return None

    async def stop(self) -> None:
        """End the helper process."""
        if self._pool is not None:
            await self._pool.stop()
            self._pool = None

    async def ready(self) -> None:
        """Return when faces can be found; raise NodeUnavailable when they cannot."""
        await self._workers().ready()

    async def faces(self, image_rgb: NDArray[np.uint8], max_faces: int = 1) -> list[Face]:
        """Find up to ``max_faces`` faces in ``image_rgb`` (uint8 ``[h, w, 3]``), the largest first.

        Raises NodeUnavailable when MediaPipe is not installed.
        """
        return cast("list[Face]", await self._workers().call("faces", np.ascontiguousarray(image_rgb), max_faces))

    async def face(self, image_rgb: NDArray[np.uint8]) -> Face | None:
        """The face of a picture (uint8 ``[h, w, 3]``), however it lies there and however small: ``Placement`` tells how.

        Where a face is upright, it is the first of ``faces``, found as fast. Raises NodeUnavailable as ``faces`` does.
        """
        return cast("Face | None", await self._workers().call("face", np.ascontiguousarray(image_rgb)))

    async def person(self, image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How much each pixel belongs to a person: float32 ``[h, w]``, 0 … 1. Raises NodeUnavailable as ``faces`` does."""
        return cast("NDArray[np.float32]", await self._workers().call("person", np.ascontiguousarray(image_rgb)))

    async def track(self, frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Follow one face through ``frames`` (uint8 RGB ``[h, w, 3]``): float32 ``[n, 478, 3]``, NaN where there is none.

        Raises NodeUnavailable as ``faces`` does.
        """
        workers = self._workers()
        found = [np.empty((0, POINTS, 3), np.float32)]
        # The tracker in the helper remembers the last frame; two clips must not share it.
        async with self._tracking:
            for start in range(0, len(frames), _BATCH):
                batch = [np.ascontiguousarray(frame) for frame in frames[start : start + _BATCH]]
                found.append(await workers.call("track", batch, start == 0))
        return np.concatenate(found)

    def _workers(self) -> WorkerPool:
        if self._pool is None:
            reason = self.unavailable(self._settings)
            if reason is not None:
                raise NodeUnavailable(reason, node=_NODE)
            self._pool = WorkerPool(
                "comps.media.landmarks.mesh:FaceMeshWorker",
                node=_NODE,
                environment={"PYTHONPATH": _python_path(packages(self._settings)), "GLOG_minloglevel": "3"},
                idle_s=self._settings.idle_s,
            )
        return self._pool


def packages(settings: LandmarkSettings) -> Path:
    """The folder with MediaPipe and its pins."""
    return settings.packages or Path(sys.prefix) / "landmarks"


def _python_path(overlay: Path) -> str:
    house = Path(next(iter(comps.__path__))).resolve().parent
    return os.pathsep.join([str(overlay.resolve()), str(house)])
