"""The report on a face: what will look wrong once it is animated, and what to change.

The limits were measured on the pictures of shared/data/avatars and the project's own characters, which must have no finding
but an open mouth where it is open, and on the same pictures spoiled (tests/describe/test_face_report.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from comps.cores.errors import BadInput, FaceCut, FaceTooSmall, NoFace
from comps.cores.proto.face_report import FaceFinding, FaceReport, FindingCode, Severity
from comps.describe.flaws import Flaws, flaws
from comps.describe.footage import Rgb
from comps.describe.measures import Measures, measure
from comps.media.landmarks import Face, Placement
from comps.media.landmarks.portrait import LEAST_PX, Recast

#: A face next to the main one counts where it is at least this share of its height.
_ANOTHER = 0.4
#: Height of a face that is drawn at 512 pixels without being enlarged much, pixels.
_FINE_PIXELS = 100.0
#: Opening of shut eyes over their width: 0.15 in drawings of ours; narrow and laughing eyes have from 0.2.
_SHUT = 0.18
#: A face smaller than this share of its picture is far; in a larger one the picture itself is small.
_FAR_SHARE = 0.2

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_REFUSALS: list[tuple[type[BadInput], FindingCode, float, str]] = [
    (NoFace, "no_face", 1.0, "Use one in which a face looks at the camera, well lit and large."),
    (FaceTooSmall, "face_too_small", 0.9, "If it was made small, use the original."),
    (FaceCut, "face_cut", 0.9, "Leave some room around the head."),
]


@dataclass(frozen=True)
class Found:
    """A finding. ``spoils``: the share of the score that the finding takes, 0 … 1."""

    code: FindingCode
    severity: Severity
    spoils: float
    detail: str
    advice: str


def refused(problem: BadInput) -> Found:
    """What registration refuses a picture or clip for: NoFace, FaceTooSmall or FaceCut."""
    detail = f"{problem.detail[:1].upper()}{problem.detail[1:]}."
    code, spoils, advice = next((code, spoils, advice) for kind, code, spoils, advice in _REFUSALS if isinstance(problem, kind))
    return Found(code, "error", spoils, detail, advice)


def straightened(how: Recast) -> Found | None:
    """What is said of a picture that is turned before it is used."""
    if not how.degrees:
        return None
    turned = abs((180 - how.degrees) % 360 - 180)
    detail = f"The face in the picture lies turned by {turned:.0f}°; the picture is set upright for you."
    return Found("turned_upright", "note", 0.0, detail, "Nothing needs to be done.")


def judge(face: Face, frame: Rgb, others: Sequence[Face] = (), *, is_far: bool = False) -> list[Found]:
    """What is wrong with ``face`` in ``frame`` (uint8 RGB [h, w, 3]). ``others``: the other faces that were found there.

    ``is_far``: the frame was cut out of a larger one.
    """
    measures = measure(face, frame)
    placement = Placement.of(face, *frame.shape[:2])
    return [
        *_placed(placement, measures, is_far or measures.height < _FAR_SHARE),
        *_several(face, others),
        *_turned(measures, placement),
        *_mouth_and_eyes(measures),
        *_photographed(face, frame),
    ]


def report(found: Sequence[Found], kind: str) -> FaceReport:
    """The findings as a report, the gravest first, with their score."""
    order = sorted(found, key=lambda one: (_SEVERITIES.index(one.severity), -one.spoils, one.code))
    errors = [one for one in order if one.severity == "error"]
    return FaceReport(
        usable=not errors,
        score=round(float(np.prod([1.0 - one.spoils for one in order])), 3),
        kind="clip" if kind == "clip" else "picture",
        findings=[FaceFinding(code=one.code, severity=one.severity, detail=one.detail, advice=one.advice) for one in order],
    )


def _placed(placement: Placement, measures: Measures, is_far: bool) -> Iterator[Found]:
    if placement.cut > 0.02:
        detail = f"The border of the picture cuts off {placement.cut:.0%} of the face."
        yield Found("face_cut", "warning", 0.4, detail, "Use a picture that shows the whole face with some room around it.")
    elif measures.margin < 0.3:
        detail = "The head touches the border of the picture."
        yield Found("face_cut", "note", 0.15, detail, "Leave some room around the head.")
    if placement.height >= _FINE_PIXELS:
        return
    spoils = min(0.8, 0.3 + 0.4 * (_FINE_PIXELS - placement.height) / (_FINE_PIXELS - LEAST_PX))
    detail = f"The face is {placement.height:.0f} pixels tall; at least {_FINE_PIXELS:.0f} look sharp."
    if is_far:
        yield Found("far", "warning", spoils, detail, "Go nearer, or cut the picture around the head from the original.")
    else:
        yield Found("low_resolution", "warning", spoils, detail, "Use the original of the picture, not a small copy of it.")


def _several(face: Face, others: Sequence[Face]) -> Iterator[Found]:
    tall = face.box[3] - face.box[1]
    rivals = sum(other.box[3] - other.box[1] >= _ANOTHER * tall for other in others)
    if rivals:
        detail = f"{rivals + 1} faces are about as large; only the largest will speak."
        yield Found("several_faces", "warning", 0.3, detail, "Cut the picture so that it shows one person.")


def _turned(measures: Measures, placement: Placement) -> Iterator[Found]:
    aside = abs(measures.turn)
    if aside > 0.55:
        severity: Severity = "error" if aside > 0.85 else "warning"
        spoils = min(0.8, 0.3 + (aside - 0.55) * 1.5)
        detail = "The head is turned aside: the far half of the mouth is hardly seen."
        yield Found("turned", severity, spoils, detail, "Look straight into the camera.")
    elif not 0.28 < measures.nod < 0.6:
        detail = f"The head is bowed {'back' if measures.nod < 0.4 else 'down'}."
        yield Found("turned", "warning", 0.3, detail, "Hold the camera at the height of the eyes.")
    if abs(placement.tilt) > 20:
        detail = f"The head is tilted by {abs(placement.tilt):.0f}°."
        yield Found("tilted", "warning", 0.3, detail, "Turn the picture until the eyes are level.")


def _mouth_and_eyes(measures: Measures) -> Iterator[Found]:
    if measures.mouth > 0.07:
        severity: Severity = "warning" if measures.mouth > 0.2 else "note"
        spoils = min(0.5, 0.1 + (measures.mouth - 0.07))
        detail = "The mouth is open or shows teeth; they stay in the picture while it speaks."
        yield Found("open_mouth", severity, spoils, detail, "Close the lips without pressing them.")
    if measures.eyes < _SHUT:
        yield Found("closed_eyes", "warning", 0.3, "The eyes are closed.", "Use a picture with open eyes.")


def _photographed(face: Face, frame: Rgb) -> Iterator[Found]:
    seen = flaws(face, frame)
    if seen.edge > 0.02:
        severity: Severity = "error" if seen.edge > 0.06 else "warning"
        spoils = min(0.8, 0.25 + (seen.edge - 0.02) * 12)
        yield Found("blurred", severity, spoils, "The face is blurred.", "Hold the camera still, and let it focus on the face.")
    if seen.bright < 75:
        severity = "error" if seen.bright < 25 else "warning"
        spoils = min(0.8, 0.3 + (75 - seen.bright) / 100)
        yield Found("dark", severity, spoils, "The face is dark.", "Let light fall on the face from the front.")
    if seen.clipped > 0.08:
        spoils = min(0.6, 0.25 + seen.clipped)
        detail = f"{seen.clipped:.0%} of the face is plain white."
        yield Found("overexposed", "warning", spoils, detail, "Use less light, or light that is not so hard.")
    if seen.blocks > 1.5:
        spoils = min(0.5, 0.2 + (seen.blocks - 1.5) / 4)
        detail = "Compression has left blocks in the face."
        yield Found("compressed", "warning", spoils, detail, "Use the original, not one that a messenger made small.")
    else:
        yield from _covered(seen)


def _covered(seen: Flaws) -> Iterator[Found]:
    # A beard is as far from the skin as a mask is, but the lips show in it.
    if seen.lips < 4 and seen.mouth_cover > 20:
        detail = "The mouth seems to be covered, by a mask perhaps."
        yield Found("covered_mouth", "error", 0.9, detail, "Use a picture that shows the mouth.")
    if seen.eye_detail < 0.3 and seen.eye_shade < 0.25:
        detail = "The eyes seem to be covered, by dark glasses perhaps."
        yield Found("covered_eyes", "warning", 0.35, detail, "Take off dark glasses.")
    elif seen.glare > 0.12:
        yield Found("glare", "warning", 0.25, "Glasses shine white before the eyes.", "Take off glasses, or turn from the light.")
