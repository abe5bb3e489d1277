"""Restores aligned faces, and drawn mouths in them."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.gfpgan.alignment import MOUTH
from comps.animation.gfpgan.layout import SIZE
from comps.animation.gfpgan.network import RestoringNetwork
from comps.animation.gfpgan.windows import Window
from comps.animation.lru import Lru
from comps.animation.warp.geometry import Pixels
from comps.animation.warp.planes import Planes
from comps.animation.wav2lip.jobs import RestoreJob
from comps.animation.wav2lip.mouth_region import MouthRegion

#: Faces at rest kept, by their content: 1 MB each.
_FACES = 12


class FaceRestorer:
    """Faces are uint8 BGR, aligned as ``alignment`` does. The same face gives the same pixels: the noise is the checkpoint's."""

    def __init__(self, network: RestoringNetwork) -> None:
        self._network = network
        self._stills = Lru[bytes, Any](_FACES)

    def restore(self, faces: Pixels) -> Pixels:
        """Whole faces: uint8 [n, 512, 512, 3] of as many."""
        return _pixels(self._network.whole(_levels(faces)))

    def restore_part(self, faces: Pixels, rests: Pixels, which: NDArray[np.int64], box: tuple[int, int, int, int]) -> Pixels:
        """The box x0, y0, x1, y1 of the restored faces: uint8 [n, h, w, 3]. For a mouth, 36 % of the work of the whole.

        ``faces`` [n, 512, 512, 3] differ only within the box from those at rest, ``rests`` [m, 512, 512, 3], by ``which`` [n].
        """
        stills = [self._still(rest) for rest in rests]
        return _pixels(self._network.part(_levels(faces), [stills[at] for at in which], Window(*box)))

    def mouths(self, drawn: Pixels, which: NDArray[np.int64], job: RestoreJob) -> Pixels:
        """Drawn mouths, restored with the face around them.

        ``drawn``: uint8 BGR [n, 48, 96, 3], lower halves; ``which``: int [n], the job's face of each. The answer is the job's box
        of the restored faces, uint8 BGR [n, h, w, 3].
        """
        regions = [MouthRegion(SIZE, matrix, outline) for matrix, outline in zip(job.matrices, job.outlines, strict=True)]
        rests = [Planes.of(face) for face in job.faces]
        x0, y0, x1, y1 = job.box
        faces = job.faces[which]
        for face, mouth, at in zip(faces, drawn, which, strict=True):
            layer = rests[at].layer()
            regions[at].paste(layer, mouth)
            shown = cv2.cvtColor(layer.i420(), cv2.COLOR_YUV2BGR_I420)
            face[y0:y1, x0:x1] = shown[y0:y1, x0:x1]
        if job.box == (0, 0, SIZE, SIZE):
            return self.restore(faces)
        return self.restore_part(faces, job.faces, which, job.box)

    def warm_up(self) -> float:
        """Restore mouths twice, for programs are compiled and memory is taken the first time. Returns the seconds of one."""
        face, took = np.full((1, SIZE, SIZE, 3), 127, np.uint8), 0.0
        for size in self._network.sizes or (1,):
            for _ in range(2):
                started = time.perf_counter()
                self.restore_part(face.repeat(size, axis=0), face, np.zeros(size, np.int64), MOUTH)
                took = (time.perf_counter() - started) / size
        return took

    def _still(self, face: Pixels) -> Any:
        return self._stills.get(hashlib.sha256(face.tobytes()).digest(), lambda: self._network.still(_levels(face[None])[0]))


def _levels(faces: Pixels) -> NDArray[np.float32]:
    """uint8 BGR [n, h, w, 3] → float32 RGB [n, 3, h, w], -1 … 1."""
    return np.ascontiguousarray(faces[..., ::-1].transpose(0, 3, 1, 2), np.float32) / np.float32(127.5) - np.float32(1)


def _pixels(drawn: NDArray[np.float32]) -> Pixels:
    """float32 RGB [n, 3, h, w], -1 … 1 → uint8 BGR [n, h, w, 3]."""
    levels = np.rint((np.clip(drawn, -1, 1) + 1) * np.float32(127.5)).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(0, 2, 3, 1)[..., ::-1])
