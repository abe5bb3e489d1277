"""What makes a portrait of a picture: it is turned until its face is upright, cut out where that is small, or refused."""

from __future__ import annotations

from dataclasses import dataclass

from comps.cores.errors import FaceCut, FaceTooSmall, NoFace
from comps.media.landmarks.face import Face
from comps.media.landmarks.placement import Placement

#: Pictures are worked on with at most this many pixels a side: a face that fills a video of 1024 needs no more.
LARGEST = 2048
#: The detector knows upright faces best: photographs of them score from 0.88, of faces that lie or stand on their heads up to
#: 0.83. Drawn ones are less sure: there only the comparison with the picture's other turns tells.
SURE = 0.85
#: A head is tilted on purpose by up to this, degrees: the picture stays as it is.
_TILTED = 30.0
#: Drawn faces that are found at a slant by mistake score up to 0.62 where they were turned by it, rightly turned ones from 0.68.
_SLANTED = 0.65
#: A smaller face of a picture that was shrunk is cut out of the picture as it was, pixels.
_SMALL = 128.0
#: The sides of what is cut out, in heights of the face: a frame shows 2.2, and the person is told from what is around.
_CUT_OUT, _CUT_OUT_TURNED = 4.0, 2.6
#: Fewer pixels make no face that can be shown: the smallest video has four times as many.
LEAST_PX = 48
#: Beyond the border may be the hair's edge or the tip of a chin, not more: share of the face.
MOST_CUT = 0.2


@dataclass(frozen=True)
class Recast:
    """What is to be done to a picture: it is turned clockwise by ``degrees``.

    ``square``: the middle x, y and the side of what is cut out of it, before it is turned, in widths of the picture; None: all.
    """

    degrees: float
    square: tuple[float, float, float] | None


def recast(face: Face, height: int, width: int, *, is_shrunk: bool) -> Recast | None:
    """What the picture of ``height`` × ``width`` needs; None for one that can be used as it is.

    ``is_shrunk``: there are more pixels than it shows.
    """
    placed = Placement.of(face, height, width)
    degrees = _turn(placed.tilt)
    is_far = is_shrunk and placed.height < _SMALL
    if not degrees and not is_far:
        return None
    if degrees % 90 == 0 and not is_far:
        return Recast(degrees, None)
    x0, y0, x1, y1 = face.box
    side = placed.height * (_CUT_OUT if degrees % 90 == 0 else _CUT_OUT_TURNED)
    return Recast(degrees, ((x0 + x1) / 2 / width, (y0 + y1) / 2 / width, side / width))


def check(face: Face | None, height: int, width: int, how: Recast | None) -> Face:
    """The face that was found in a picture after what was done to it. Raises NoFace, FaceTooSmall, FaceCut with what to do."""
    if face is None:
        raise NoFace("no face was found in the picture", field="media")
    placed = Placement.of(face, height, width)
    is_slanted = how is not None and how.degrees % 90 != 0
    if _turn(placed.tilt) or (is_slanted and face.score < _SLANTED):
        raise NoFace("the face in the picture lies askew: turn the picture until it is upright", field="media")
    if placed.height < LEAST_PX:
        tall = max(1, round(placed.height))
        raise FaceTooSmall(
            f"the face is too small: {tall} pixels high of at least {LEAST_PX}; send a picture taken from nearer",
            field="media",
            height_px=tall,
            least_px=LEAST_PX,
        )
    if placed.cut > MOST_CUT or placed.lacks_features:
        raise FaceCut(
            f"the border of the picture cuts off {max(1, round(100 * placed.cut))} % of the face; send one that shows all of it",
            field="media",
            cut=round(placed.cut, 3),
        )
    return face


def _turn(tilt: float) -> float:
    """Degrees clockwise that make a tilted face upright; one that stands, lies or hangs keeps the tilt of its head."""
    quarter = 90.0 * round(tilt / 90)
    if abs(tilt - quarter) > _TILTED:
        return -tilt
    return -quarter % 360
