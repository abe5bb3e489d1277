"""What will look wrong with a face, told before it is used."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from comps.cores.proto.base_doc import BaseDoc

FindingCode = Literal[
    "no_face",
    "several_faces",
    "face_cut",
    "face_too_small",
    "far",
    "low_resolution",
    "turned",
    "tilted",
    "turned_upright",
    "covered_mouth",
    "covered_eyes",
    "glare",
    "open_mouth",
    "closed_eyes",
    "blurred",
    "dark",
    "overexposed",
    "compressed",
    "seldom_seen",
    "too_short",
    "shaking",
    "talking",
]
#: ``error``: the face cannot be used, or looks broken; ``warning``: it will look wrong; ``note``: it could look better.
Severity = Literal["error", "warning", "note"]


class FaceFinding(BaseModel):
    """``detail``: what was seen, one sentence; ``advice``: what to change, one sentence."""

    code: FindingCode
    severity: Severity
    detail: str
    advice: str


class FaceReport(BaseDoc):
    """How well a face in a picture or a clip can be animated.

    ``score``: 0 … 1; 1 where nothing was found. ``usable``: no finding is an error. ``findings``: the gravest first.
    """

    usable: bool
    score: float = Field(ge=0, le=1)
    kind: Literal["picture", "clip"]
    findings: list[FaceFinding] = Field(default_factory=list)
