"""The rig: all that is computed once for an avatar, so that a frame costs little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Still:
    """One picture with a face: the layer that moves, and how it speaks."""

    face: Planes
    speech: Speech


@dataclass(frozen=True)
class Rig:
    """An avatar that can speak. A picture has one still, and may blink and sway; a clip has a still a frame."""

    size: int
    stills: list[Still]
    sway: head.HeadSway | None
    blink: eyes.Blink | None

    @property
    def kind(self) -> str:
        """``"picture"`` or ``"clip"``."""
        return "picture" if len(self.stills) == 1 else "clip"

    @property
    def can_blink(self) -> bool:
        """Whether the engine blinks this avatar: where the drawn eyes allow it."""
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
    ``points``: side-car points (see ``sidecar``). ``person``: segmentation 0 … 1 ``[h, w]`` (``Landmarker.person``), which
    helps to tell hair and hats from the background. Raises BadInput for side-car points that make no sense.
    """
    framing, placed = framed(image, landmarks, size, points)
    picture = framing.cut(image)
    speech = _speech(picture, placed[:, :2])
    blink = eyes.build(picture, placed[:, :2])
    mask = matte.head(picture, placed, None if person is None else framing.cut(person))
    sway, front = head.build(picture, placed, mask)
    return Rig(size, [Still(Planes.of(front), speech)], sway, blink)


def framed(
    image: Pixels, landmarks: Floats, size: int, points: Mapping[str, Sequence[tuple[float, float]]] | None = None
) -> tuple[Framing, Doubles]:
    """The square of a picture that is shown, and the landmarks ``[478, 3]`` in its pixels. Arguments and errors as ``build``."""
    if points:
        landmarks = sidecar.correct(landmarks, points)
    framing = Framing.around(landmarks, image.shape[0], image.shape[1], size)
    return framing, framing.place(landmarks)


def _speech(picture: Pixels, points: Doubles) -> Speech:
    shape = MouthShape.of(points)
    box = shape.box(len(picture))
    return Speech(box, shape, interior.build(picture, shape, points), bank.fit(shape, box))
