"""What Wav2Lip needs of an avatar beside warp's rig: the face that the generator sees, and where its mouth goes."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.avatars import WARP, Findings
from comps.animation.gfpgan.alignment import MOUTH, Alignment, outline
from comps.animation.gfpgan.layout import SIZE
from comps.animation.pictures import Frames, Kind
from comps.animation.warp import clip, rig
from comps.animation.warp.geometry import Doubles, Pixels
from comps.animation.warp.planes import Planes
from comps.animation.wav2lip.jobs import MouthJob, RestoreJob
from comps.animation.wav2lip.mouth_region import MouthRegion, smoothed
from comps.cores.proto.avatar import Restore

#: Raise the number when a stored rig would no longer be drawn rightly: every worker then builds its own anew.
FORM = "wav2lip-3"
#: Of warp's rig of a picture with its restored face, and of that face; raise the numbers with those of the rigs.
RESTORED, RESTORED_FACE = f"{WARP}-face-1", "face-1"

#: Stored as they are.
_ARRAYS = ("crops", "alignments", "ovals", "faces")


@dataclass(frozen=True)
class MouthRig:
    """Of m stills, in the order of warp's rig: ``crops`` uint8 BGR [m, 96, 96, 3], and their ``regions``.

    What restoring needs: ``alignments`` float64 [m, 2, 3], the matrices of their ``Alignment``; ``ovals`` float64 [m, k, 2], the
    outlines of the faces; ``faces`` uint8 BGR [1, 512, 512, 3], a picture's aligned face, from all its pixels. Those of a clip
    would take too much room: they come from its stills.
    """

    crops: NDArray[np.uint8]
    regions: list[MouthRegion]
    alignments: Doubles
    ovals: Doubles
    faces: Pixels

    def job(
        self,
        stills: list[int],
        mels: NDArray[np.float32],
        restore: Restore,
        picture: Callable[[int], Planes],
    ) -> MouthJob:
        """Draw a mouth for each of n frames: on which of the stills, and what it says (float32 [n, 80, 16]).

        ``picture``: a still of the rig, for restoring.
        """
        shown, which = np.unique(stills, return_inverse=True)
        wanted = restore in {"mouth", "face"}
        return MouthJob(
            self.crops[shown], which.astype(np.int64), mels, self._restored(shown, restore, picture) if wanted else None
        )

    def paste(self, layer: Planes, still: int, patch: Pixels, strength: float) -> None:
        """Lay what a job gave for a frame into the still's layer: a drawn mouth, a restored one, or a restored face."""
        if patch.shape[:2] == (SIZE, SIZE):
            Alignment(self.alignments[still]).lay_in(layer, patch, self.ovals[still], strength)
        elif patch.shape[1] == self.crops.shape[2]:
            self.regions[still].paste(layer, patch, strength=strength)
        else:
            region, matrix = self._limited[still]
            region.paste(layer, patch, matrix, strength)

    @functools.cached_property
    def _limited(self) -> list[tuple[MouthRegion, Doubles]]:
        """For restored mouths: their regions, and where they go."""
        aligned = [Alignment(matrix) for matrix in self.alignments]
        return [(one.limited(region), one.mouth) for one, region in zip(aligned, self.regions, strict=True)]

    def _restored(self, shown: NDArray[np.int64], restore: Restore, picture: Callable[[int], Planes]) -> RestoreJob:
        """A picture's face is restored once, for good: then mouths are all there is to restore. The faces of a clip all move."""
        aligned = [Alignment(self.alignments[still]) for still in shown]
        regions = [one.region(self.regions[still]) for one, still in zip(aligned, shown, strict=True)]
        box = (0, 0, SIZE, SIZE)
        if restore == "mouth" or len(self.faces):
            box = MOUTH
            regions = [one.region(one.limited(self.regions[still])) for one, still in zip(aligned, shown, strict=True)]
        faces = self.faces
        if not len(faces):
            stills = [cv2.cvtColor(picture(still).i420(), cv2.COLOR_YUV2BGR_I420) for still in shown]
            faces = np.stack([one.face(still) for one, still in zip(aligned, stills, strict=True)])
        matrices, outlines = (np.stack([getattr(region, name) for region in regions]) for name in ("matrix", "outline"))
        return RestoreJob(faces, matrices, outlines, box)

    def to_bytes(self) -> bytes:
        stored = io.BytesIO()
        placed = [region.to_arrays() for region in self.regions]
        arrays: dict[str, Any] = {name: np.stack([one[name] for one in placed]) for name in placed[0]}
        np.savez(stored, **arrays, **{name: getattr(self, name) for name in _ARRAYS})
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> MouthRig:
        """What ``to_bytes`` gave. Raises ValueError for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = dict(stored)
            own = {name: arrays.pop(name) for name in _ARRAYS}
            count = len(own["crops"])
            return cls(regions=[MouthRegion.from_arrays({k: v[i] for k, v in arrays.items()}) for i in range(count)], **own)
        except (KeyError, OSError, EOFError, IndexError) as error:
            raise ValueError("these bytes are no rig of Wav2Lip's") from error


def build(kind: Kind, frames: Frames, findings: Findings, size: int) -> MouthRig:
    """The rig for videos of ``size``², framed as warp's rig of the same avatar: a few ms of CPU a frame."""
    bgr = frames[..., ::-1]
    faces = np.zeros((0, SIZE, SIZE, 3), np.uint8)
    if kind == "clip":
        framing, placed = clip.framed(bgr, findings.landmarks, size)
        landmarks = list(smoothed(np.stack(placed)))
    else:
        framing, points = rig.framed(bgr[0], findings.landmarks[0], size, findings.points)
        landmarks = [points[:, :2]]
        faces = Alignment.of(framing.unplace(landmarks[0])).face(np.ascontiguousarray(bgr[0]))[None]
    places = [MouthRegion.of(points, size) for points in landmarks]
    crops = [region.crop(framing.cut(np.ascontiguousarray(frame))) for frame, region in zip(bgr, places, strict=True)]
    alignments = np.stack([Alignment.of(points).matrix for points in landmarks])
    return MouthRig(np.stack(crops), places, alignments, np.stack([outline(points) for points in landmarks]), faces)


def restored(frames: Frames, findings: Findings, face: Pixels) -> Frames:
    """A picture (uint8 RGB [1, h, w, 3]) with its restored face, which is aligned as ``MouthRig.faces``."""
    bgr = np.ascontiguousarray(frames[0, ..., ::-1])
    framing, points = rig.framed(bgr, findings.landmarks[0], SIZE, findings.points)
    points = framing.unplace(points[:, :2])
    return np.ascontiguousarray(Alignment.of(points).lay(bgr, face, outline(points))[None, ..., ::-1])
