"""Faces as GFPGAN wants them: 512 × 512, with eyes, nose and mouth where FFHQ's faces have them; and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.gfpgan.layout import SIZE
from comps.animation.warp import topology
from comps.animation.warp.geometry import Doubles, Floats, Pixels, fill, smoothstep
from comps.animation.warp.planes import Planes, blend, half
from comps.animation.wav2lip.mouth_region import MouthRegion
from comps.animation.wav2lip.paste import sampled
from comps.media.landmarks.face import OVAL

#: Middles of the eyes, tip of the nose, corners of the mouth: FFHQ's means for 512 pixels, as facexlib has them.
_TEMPLATE = np.array(
    [[192.98138, 239.94708], [318.90277, 240.19360], [256.63416, 314.01935], [201.26117, 371.41043], [313.08905, 371.15118]]
)
_NOSE_TIP, _MOUTH_CORNERS = 1, (61, 291)
#: The part of the aligned face in which mouths are drawn: x0, y0, x1, y1. The same for all faces, because each part is a program
#: of its own, with its own copy of the weights. Jaws and cheeks that stick out are left as they are.
MOUTH = (112, 272, 432, 496)
#: A mask's soft rim reaches this far beyond the outline, pixels of the aligned face.
_SOFT_RIM = 12
#: A restored face ends within its outline by this much, softly, pixels of the aligned face.
_RIM = 40.0


@dataclass(frozen=True)
class Alignment:
    """``matrix``: float64 [2, 3], pixels of a picture → pixels of the aligned face; both count from the centre of the first."""

    matrix: Doubles

    @classmethod
    def of(cls, points: Floats | Doubles) -> Alignment:
        """By the landmarks [478, 2 or 3] of a face, pixels of its picture."""
        points = points[:, :2].astype(np.float64) - 0.5
        eyes = [points[[*eye.upper, *eye.lower]].mean(axis=0) for eye in topology.EYES]
        return cls(_similarity(np.array([*eyes, points[_NOSE_TIP], *points[[*_MOUTH_CORNERS]]]), _TEMPLATE))

    @property
    def back(self) -> Doubles:
        """Pixels of the aligned face → pixels of the picture."""
        return cast("Doubles", cv2.invertAffineTransform(self.matrix))

    def face(self, picture: Pixels) -> Pixels:
        """The aligned face of a picture (uint8 BGR); beyond the picture its border goes on."""
        return cast("Pixels", sampled(picture, self.back, (SIZE, SIZE)))

    def region(self, region: MouthRegion) -> MouthRegion:
        """A region of the picture in the aligned face."""
        linear = self.matrix[:, :2]
        matrix = np.column_stack([linear @ region.matrix[:, :2], _mapped(region.matrix[:, 2], self.matrix)])
        return MouthRegion(SIZE, matrix, _mapped(region.outline, self.matrix))

    def limited(self, region: MouthRegion) -> MouthRegion:
        """A region of the picture, without what is not in ``MOUTH``."""
        x0, y0, x1, y1 = MOUTH
        outline = _mapped(region.outline, self.matrix)
        outline = np.clip(outline, [x0 + _SOFT_RIM, y0 + _SOFT_RIM], [x1 - 1 - _SOFT_RIM, y1 - 1 - _SOFT_RIM])
        return MouthRegion(region.size, region.matrix, _mapped(outline, self.back))

    @property
    def mouth(self) -> Doubles:
        """Pixels of ``MOUTH`` → pixels of the picture: where a restored mouth goes."""
        back = self.back
        return np.column_stack([back[:, :2], back @ [MOUTH[0], MOUTH[1], 1.0]])

    def lay(self, picture: Pixels, restored: Pixels, oval: Doubles) -> Pixels:
        """``picture`` (uint8 BGR) with the whole restored face in it. ``oval``: float64 [k, 2], the face's outline there."""
        face, amount = self._laid(restored, oval, picture.shape[:2])
        return cast("Pixels", np.rint(picture + (face.astype(np.float32) - picture) * amount[..., None]).astype(np.uint8))

    def lay_in(self, layer: Planes, restored: Pixels, oval: Doubles, strength: float = 1.0) -> None:
        """Draw the whole restored face into a layer. ``strength``: 0 leaves it as it is."""
        face, amount = self._laid(restored, oval, layer.luma.shape)
        planes = Planes.of(face)
        amount *= np.float32(strength)
        blend(layer.luma, planes.luma.astype(np.float32), amount)
        blend(layer.chroma[..., :2], planes.chroma.astype(np.float32), half(amount)[..., None])

    def _laid(self, restored: Pixels, oval: Doubles, shape: tuple[int, ...]) -> tuple[Pixels, Floats]:
        """A restored face where it lies in a picture of ``shape``, and how much of it shows, float32 [h, w] 0 … 1."""
        hull = fill((SIZE, SIZE), _mapped(oval, self.matrix))
        within = np.pad(hull, 1)  # beyond the aligned face there is none
        distance = cv2.distanceTransform((within > 127).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        mask = smoothstep((distance[1:-1, 1:-1] / np.float32(_RIM)).astype(np.float32))
        back, size = self.back, (shape[1], shape[0])
        scale = float(np.linalg.norm(back[:, 0]))
        source = restored if scale >= 1 else cv2.GaussianBlur(restored, (0, 0), 0.35 / scale)
        face = cv2.warpAffine(source, back, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return cast("Pixels", face), cast("Floats", cv2.warpAffine(mask, back, size, flags=cv2.INTER_LINEAR))


def outline(points: Floats | Doubles) -> Doubles:
    """The face's outline [k, 2] of its landmarks, from the centre of the first pixel."""
    return points[[*OVAL], :2].astype(np.float64) - 0.5


def _mapped(points: Doubles, matrix: Doubles) -> Doubles:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _similarity(source: Doubles, target: Doubles) -> Doubles:
    """The turn, scale and shift [2, 3] that bring ``source`` [n, 2] nearest to ``target`` (least squares), as complex numbers."""
    a, b = (points @ [1, 1j] for points in (source, target))
    a_middle, b_middle = a.mean(), b.mean()
    factor = np.vdot(a - a_middle, b - b_middle) / np.vdot(a - a_middle, a - a_middle)
    shift = b_middle - factor * a_middle
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
