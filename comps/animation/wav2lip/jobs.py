"""What the process that holds the networks is asked for: plain arrays, and nothing that it has to remember."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Side of the face that the generator sees, pixels; it draws the lower half.
FACE = 96
#: A mel spectrogram window: bands, and columns of 12.5 ms.
MEL_BANDS, MEL_COLUMNS = 80, 16


@dataclass(frozen=True)
class RestoreJob:
    """How drawn mouths get into aligned faces, and which part of the restored faces comes back.

    For each of a job's m crops: ``faces`` uint8 BGR [m, 512, 512, 3], the picture aligned as GFPGAN wants it; ``matrices``
    float64 [m, 2, 3] and ``outlines`` float64 [m, k, 2]: of a ``MouthRegion`` of the aligned face. ``box``: x0, y0, x1, y1 of
    the aligned face, which all that a mouth may change lies in.
    """

    faces: NDArray[np.uint8]
    matrices: NDArray[np.float64]
    outlines: NDArray[np.float64]
    box: tuple[int, int, int, int]

    def of(self, crops: NDArray[np.int64]) -> RestoreJob:
        """For some of the job's crops."""
        return replace(self, faces=self.faces[crops], matrices=self.matrices[crops], outlines=self.outlines[crops])


@dataclass(frozen=True)
class MouthJob:
    """Mouths of one avatar for n frames.

    ``crops``: uint8 BGR [m, 96, 96, 3], the faces to draw on; ``which``: int [n], the crop of each frame; ``mels``: float32
    [n, 80, 16]. The answer is uint8 BGR [n, 48, 96, 3], the lower halves; with ``restore`` [n, h, w, 3], its box of the
    restored faces.
    """

    crops: NDArray[np.uint8]
    which: NDArray[np.int64]
    mels: NDArray[np.float32]
    restore: RestoreJob | None = None
