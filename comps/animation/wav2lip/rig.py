"""What Wav2Lip needs of an avatar beside warp's rig: the face that the generator sees, and where its mouth goes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.animation.avatars import Findings
from comps.animation.pictures import Frames, Kind
from comps.animation.warp import clip, rig
from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.mouth_region import MouthRegion, regions

#: Raise the number when a stored rig would no longer be drawn rightly: every worker then builds its own anew.
FORM = "wav2lip-1"


@dataclass(frozen=True)
class MouthRig:
    """Of m stills, in the order of warp's rig: ``crops`` uint8 BGR [m, 96, 96, 3], and their ``regions``."""

    crops: NDArray[np.uint8]
    regions: list[MouthRegion]

    def job(self, stills: list[int], mels: NDArray[np.float32]) -> MouthJob:
        """Draw a mouth for each of n frames: on which of the stills, and what it says (float32 [n, 80, 16])."""
        shown, which = np.unique(stills, return_inverse=True)
        return MouthJob(self.crops[shown], which.astype(np.int64), mels)

    def to_bytes(self) -> bytes:
        stored = io.BytesIO()
        placed = [region.to_arrays() for region in self.regions]
        arrays: dict[str, Any] = {name: np.stack([one[name] for one in placed]) for name in placed[0]}
        np.savez(stored, crops=self.crops, **arrays)
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> MouthRig:
        """What ``to_bytes`` gave. Raises ValueError for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = dict(stored)
            crops = arrays.pop("crops")
            return cls(crops, [MouthRegion.from_arrays({k: v[i] for k, v in arrays.items()}) for i in range(len(crops))])
        except (KeyError, OSError, EOFError, IndexError) as error:
            raise ValueError("these bytes are no rig of Wav2Lip's") from error


def build(kind: Kind, frames: Frames, findings: Findings, size: int) -> MouthRig:
    """The rig for videos of ``size``², framed as warp's rig of the same avatar: a few ms of CPU a frame."""
    bgr = frames[..., ::-1]
    if kind == "clip":
        framing, placed = clip.framed(bgr, findings.landmarks, size)
        places = regions(np.stack(placed), size)
    else:
        framing, points = rig.framed(bgr[0], findings.landmarks[0], size, findings.points)
        places = [MouthRegion.of(points, size)]
    crops = [region.crop(framing.cut(np.ascontiguousarray(frame))) for frame, region in zip(bgr, places, strict=True)]
    return MouthRig(np.stack(crops), places)
