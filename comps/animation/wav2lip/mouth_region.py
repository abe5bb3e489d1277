"""Where Wav2Lip works in a picture: the face that the generator sees, and the part of it that is drawn anew.

The generator was trained on faces found by S3FD. Its box is estimated from the face mesh here, turned with the head, so that
the network sees an upright face.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.warp import topology
from comps.animation.warp.geometry import Axes, Doubles, Floats, Pixels
from comps.animation.warp.planes import Planes
from comps.animation.wav2lip.jobs import FACE
from comps.animation.wav2lip.paste import Mask, paste, sampled

#: Landmarks of a clip are averaged over this many frames, as the reference averages its boxes.
_SMOOTHING = 5
#: S3FD's box against the mesh's, in heights of the mesh: it reaches further up, and not quite to the ears.
_HIGHER, _NARROWER = 0.04, 0.02
#: Pads are in pixels of a face of this height, about what the reference's pictures show.
_PADDED_FACE = 256.0


class Pads(NamedTuple):
    """How much wider the face is cropped than its box, in 1/256 of the box's height. Wav2Lip's own default."""

    top: float = 0.0
    bottom: float = 10.0
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True)
class MouthRegion:
    """The region of one picture with sides of ``size`` pixels.

    ``matrix``: float64 [2, 3], pixels of the drawn lower half (96 × 48) → pixels of the picture; both count from the centre of
    the first pixel. ``outline``: float64 [51, 2], pixels of the picture: the lower face, within which the mouth is drawn.
    """

    size: int
    matrix: Doubles
    outline: Doubles

    @classmethod
    def of(cls, points: Floats | Doubles, size: int, pads: Pads | None = None) -> MouthRegion:
        """By the landmarks [478, 2] of a face, pixels of the picture.

        A face that the picture cuts off keeps its whole box, and the picture's border goes on in the crop. S3FD's boxes end with
        the picture: that stretches the face, and the generator draws the mouth elsewhere.
        """
        points = points[:, :2].astype(np.float64) - 0.5
        box = _FaceBox.around(points, pads or Pads())
        return cls(size, box.lower_half(), _lower_face(points))

    @property
    def face_matrix(self) -> Doubles:
        """Pixels of the generator's face (96 × 96) → pixels of the picture, float64 [2, 3]."""
        return _shifted(self.matrix, 0, -FACE // 2)

    def crop(self, picture: Pixels) -> Pixels:
        """The face as the generator sees it: uint8 BGR [96, 96, 3] of a picture uint8 BGR [size, size, 3].

        Pixels are averages of the picture's over their area; beyond the picture its border goes on.
        """
        return cast("Pixels", sampled(picture, self.face_matrix, (FACE, FACE)))

    def paste(self, layer: Planes, patch: Pixels, matrix: Doubles | None = None, strength: float = 1.0) -> None:
        """Draw a mouth into ``layer``, which shows the face at rest.

        ``patch``: uint8 BGR [h, w, 3], the drawn lower half (48 × 96), or any other picture that covers the region, with
        ``matrix``: its pixels → pixels of the picture. ``strength``: 0 leaves the face as it is, 1 shows the mouth.
        """
        if strength > 0:
            paste(layer, self._mask, patch, self.matrix if matrix is None else matrix, strength)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The part of the picture that ``paste`` may change: x0, y0, x1, y1, even numbers."""
        return self._mask.box

    @functools.cached_property
    def _mask(self) -> Mask:
        return Mask.of(self.outline, self.matrix, self.size)

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """For storing."""
        return {"size": np.array(float(self.size)), "matrix": self.matrix, "outline": self.outline}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> MouthRegion:
        """What ``to_arrays`` gave. Raises KeyError for anything else."""
        return cls(int(arrays["size"]), arrays["matrix"], arrays["outline"])


def smoothed(points: Floats | Doubles) -> Doubles:
    """The landmarks [n, 478, 2] of a clip, each frame's averaged over the five around it.

    A clip plays forwards and back, so its first and last frames are averaged with those that follow them then.
    """
    reach = min(_SMOOTHING // 2, len(points) - 1)
    padded = np.pad(points[..., :2].astype(np.float64), ((reach, reach), (0, 0), (0, 0)), mode="reflect")
    return cast("Doubles", np.mean([padded[k : k + len(points)] for k in range(2 * reach + 1)], axis=0))


def regions(points: Floats | Doubles, size: int, pads: Pads | None = None) -> list[MouthRegion]:
    """The regions of a clip by its landmarks [n, 478, 2], smoothed."""
    return [MouthRegion.of(one, size, pads) for one in smoothed(points)]


@dataclass(frozen=True)
class _FaceBox:
    """A box on the face: local coordinates of ``axes``, pixels of the picture."""

    axes: Axes
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: Doubles, pads: Pads) -> _FaceBox:
        right = points[topology.EYE_CORNERS[1]] - points[topology.EYE_CORNERS[0]]
        right = right / max(float(np.linalg.norm(right)), 1e-6)
        axes = Axes(points.mean(axis=0), right, np.array([-right[1], right[0]]))
        local = axes.local(points)
        low, high = local.min(axis=0), local.max(axis=0)
        mesh = float(high[1] - low[1])
        left, top = low[0] + _NARROWER * mesh, low[1] - _HIGHER * mesh
        pixel = (high[1] - top) / _PADDED_FACE
        return cls(
            axes,
            float(left - pads.left * pixel),
            float(top - pads.top * pixel),
            float(high[0] - _NARROWER * mesh + pads.right * pixel),
            float(high[1] + pads.bottom * pixel),
        )

    def lower_half(self) -> Doubles:
        """Pixels of the lower half (96 × 48) → pixels of the picture."""
        across = (self.right - self.left) / FACE * self.axes.right
        down = (self.bottom - self.top) / FACE * self.axes.down
        corner = self.axes.picture(np.array([self.left, (self.top + self.bottom) / 2]))
        return np.column_stack([across, down, corner + 0.5 * (across + down)])


#: What moves in speech, and the jaw below the ears.
_LOWER_FACE = (*topology.JAW[1:-1], *topology.CHEEK, *topology.OUTER_UPPER, *topology.OUTER_LOWER)


def _lower_face(points: Doubles) -> Doubles:
    """The outline of what moves in speech. Convex: in a face that is turned away the far jaw lies behind the cheek.

    Always of as many points, the last of them repeated, so that those of a clip can be stored as one array.
    """
    hull = cv2.convexHull(points[[*_LOWER_FACE]].astype(np.float32))[:, 0].astype(np.float64)
    return np.pad(hull, ((0, len(_LOWER_FACE) - len(hull)), (0, 0)), mode="edge")


def _shifted(matrix: Doubles, x: float, y: float) -> Doubles:
    """The matrix for coordinates that count from (x, y)."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, 0] * x + matrix[:, 1] * y
    return shifted
