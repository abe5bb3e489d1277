"""The rig: all that is computed once for an avatar, so that a frame costs little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from comps.animation.warp import archive, bank, eyes, head, interior, matte, sidecar
from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import Doubles, Floats, Pixels
from comps.animation.warp.mouth import MouthShape
from comps.animation.warp.planes import Planes


@dataclass(frozen=True)
class Speech:
    """What one picture needs to speak: its mouth, the maps that move it (None: solved for each frame), what lies behind the lips.

    ``box``: the moving part of the picture, x0, y0, x1, y1.
    """

    box: tuple[int, int, int, int]
    mouth: MouthShape
    interior: interior.Interior
    bank: Floats | None

    @classmethod
    def of(cls, picture: Pixels, points: Doubles, *, with_bank: bool) -> Speech:
        """For ``picture`` (BGR uint8 ``[size, size, 3]``) with landmarks ``[478, 2]``."""
        shape = MouthShape.of(points)
        box = shape.box(len(picture))
        maps = bank.fit(shape, box) if with_bank else None
        return cls(box, shape, interior.build(picture, shape, points), maps)


@dataclass(frozen=True)
class Rig:
    """A picture that can speak, blink and sway. ``base`` is the picture as it is shown, ``face`` the layer that moves."""

    size: int
    base: Planes
    face: Planes
    speech: Speech
    sway: head.HeadSway
    blink: eyes.Blink | None
    kind: Literal["picture", "clip"] = "picture"

    @property
    def can_blink(self) -> bool:
        """Whether the drawn eyes allow a blink."""
        return self.blink is not None

    def to_bytes(self) -> bytes:
        """For the blob store."""
        return archive.pack(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Rig:
        """What ``to_bytes`` gave. Raises ValueError for anything else."""
        return archive.unpack(cls, data)


def build(
    image: Pixels,
    landmarks: Floats,
    size: int = 512,
    points: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    person: Floats | None = None,
) -> Rig:
    """The rig of a picture: about 0.5 s of CPU.

    ``image``: BGR uint8 ``[h, w, 3]``. ``landmarks``: float32 ``[478, 3]`` in its pixels. ``size``: side of the video, even.
    ``points``: side-car points (see ``sidecar``). ``person``: segmentation 0 … 1 ``[h, w]``; with it the background stands
    perfectly still. Raises BadInput for side-car points that make no sense.
    """
    if points:
        landmarks = sidecar.correct(landmarks, points)
    framing = Framing.around(landmarks, image.shape[0], image.shape[1], size)
    picture = framing.cut(image)
    placed = framing.place(landmarks)
    flat = placed[:, :2]
    if person is None:
        mask = matte.without_segmentation(size, placed)
    else:
        mask = matte.refine(picture, framing.cut(person.astype(np.float32)), placed)
    speech = Speech.of(picture, flat, with_bank=True)
    blink = eyes.build(picture, flat)
    moving = [speech.box, *((blink.left_box, blink.right_box) if blink else ())]
    sway, front = head.build(picture, placed, mask, moving)
    return Rig(size, Planes.of(picture), Planes.of(front), speech, sway, blink)
