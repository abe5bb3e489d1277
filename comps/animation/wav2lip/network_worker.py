"""The worker process that holds the networks, with all cores that they may use. Synchronous; remembers nothing but faces."""

from __future__ import annotations

import functools
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.animation.gfpgan.loading import load as load_restorer
from comps.animation.gfpgan.restorer import FaceRestorer
from comps.animation.lru import Lru
from comps.animation.wav2lip.jobs import FACE, MEL_BANDS, MEL_COLUMNS, MouthJob
from comps.animation.wav2lip.loading import load
from comps.cores.devices import Device
from comps.cores.workers.memory import trim

#: Faces kept, by their content: several MB each.
_FACES = 12
#: Frames of the warm-up, about a chunk's, and how often they are drawn to measure what they take.
_WARM_UP, _MEASURED = 12, 3
#: Wall time that is believed, as a multiple of what the processor's cores worked: other services start at the same time.
_MOST_WAITING = 1.5


@dataclass(frozen=True)
class Drawn:
    """``mouths``: of each job, uint8 BGR [n, h, w, 3]. ``cpu_ms``, ``wall_ms``: what all of them took."""

    mouths: list[NDArray[np.uint8]]
    cpu_ms: float
    wall_ms: float


class NetworkWorker:
    """``checkpoint``: of Wav2Lip; ``restorer``: of GFPGAN, where faces can be restored; ``cache``: a folder for folded weights.

    It has drawn once it has started. GFPGAN takes 1 GB of memory and several seconds to load: that waits until a face is to be
    restored. Raises UnusableCheckpoint, and NodeUnavailable where the device cannot be used.
    """

    def __init__(self, checkpoint: Path, device: Device, cache: Path | None, restorer: Path | None = None) -> None:
        self._device = device
        self._network = load(checkpoint, device, cache)
        self._faces = Lru[bytes, Any](_FACES)
        self._cache = cache
        self._restorer_checkpoint = restorer
        self._seconds = self._warm_up()
        trim()

    def seconds(self) -> float:
        """Wall time of a mouth, as the warm-up measured it."""
        return self._seconds

    def restoring_seconds(self) -> float:
        """Wall time of restoring a mouth, as its warm-up measured it. Only where there is a restorer. Raises as ``__init__``."""
        return self._restorer[1]

    @functools.cached_property
    def _restorer(self) -> tuple[FaceRestorer, float]:
        """GFPGAN, which has restored, and what a mouth took it, seconds."""
        assert self._restorer_checkpoint is not None
        restorer = load_restorer(self._restorer_checkpoint, self._device, self._cache)
        took = restorer.warm_up()
        trim()
        return restorer, took

    def draw(self, jobs: list[MouthJob]) -> Drawn:
        """The mouths of all jobs in one call of the network."""
        started, began = time.process_time(), time.perf_counter()
        faces = [face for job in jobs for face in self._faces_of(job)]
        drawn = self._network.mouths(faces, np.concatenate([job.mels for job in jobs]))
        mouths = np.split(_pixels(drawn), np.cumsum([len(job.which) for job in jobs])[:-1])
        mouths = [self._restored(mouth, job) for mouth, job in zip(mouths, jobs, strict=True)]
        return Drawn(mouths, 1000.0 * (time.process_time() - started), 1000.0 * (time.perf_counter() - began))

    def restore(self, faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Whole aligned faces: uint8 BGR [n, 512, 512, 3] of as many. Only where there is a restorer."""
        return self._restorer[0].restore(faces)

    def _restored(self, mouths: NDArray[np.uint8], job: MouthJob) -> NDArray[np.uint8]:
        if job.restore is None:
            return mouths
        return self._restorer[0].mouths(mouths, job.which, job.restore)

    def _faces_of(self, job: MouthJob) -> list[Any]:
        """What the network knows of the face of each frame."""
        known = [self._faces.get(_content(crop), functools.partial(self._network.face, crop)) for crop in job.crops]
        return [known[crop] for crop in job.which]

    def _alone_ms(self, drawn: Drawn) -> float:
        """About what drawing would have taken with the cores to itself."""
        worked_ms = drawn.cpu_ms / self._device.threads
        return min(drawn.wall_ms, _MOST_WAITING * worked_ms) if self._device.name == "cpu" else drawn.wall_ms

    def _warm_up(self) -> float:
        """Draw several times, for programs are compiled and memory is taken the first time. Returns the seconds of a mouth."""
        crops, mels = np.zeros((1, FACE, FACE, 3), np.uint8), np.zeros((_WARM_UP, MEL_BANDS, MEL_COLUMNS), np.float32)
        job = MouthJob(crops, np.zeros(_WARM_UP, np.int64), mels)
        self.draw([job])
        took = min(self._alone_ms(self.draw([job])) for _ in range(_MEASURED)) / 1000 / _WARM_UP
        self._faces = Lru(_FACES)
        return took


def _content(crop: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(crop.tobytes()).digest()


def _pixels(drawn: NDArray[np.float32]) -> NDArray[np.uint8]:
    """float32 [n, 3, h, w], 0 … 1 → uint8 [n, h, w, 3]."""
    return np.ascontiguousarray(np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1))
