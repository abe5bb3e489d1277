"""Side-car points: where a user says the mouth and the eyes are, for faces that the mesh misplaces (drawn ones, mostly).

Keys, each a list of at least four ``[x, y]`` in pixels of the picture, going once around in either direction:

- ``"mouth"``: the outer outline of the lips, or of a mouth that is drawn without lips
- ``"opening"``: the inner outline of the lips; without it the mouth counts as drawn without lips
- ``"left_eye"``, ``"right_eye"``: the outline of the eye that lies left or right in the picture

The outline's leftmost and rightmost points are taken for its corners. Without a key the mesh's own points stay.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Doubles, Floats, ThinPlate, spline
from comps.cores.errors import BadInput

_FEWEST, _MOST = 4, 200
#: Inner contour of a mouth that is drawn without lips, as a share of its outline.
_NO_LIPS = 0.97


def correct(landmarks: Floats, points: Mapping[str, Sequence[tuple[float, float]]]) -> Floats:
    """Landmarks ``[478, 3]`` moved so that mouth and eyes lie on the user's outlines; the rest of the face follows smoothly.

    Raises BadInput for unknown keys and outlines that are none.
    """
    flat = landmarks[:, :2].astype(np.float64)
    given: dict[int, Doubles] = {}
    unknown = set(points) - set(_PLACED)
    if unknown:
        raise BadInput(f"unknown points {', '.join(sorted(unknown))}; known are {', '.join(_PLACED)}", field="points")
    # In this order: an opening overrides what the mouth's outline says of it.
    for key in (key for key in _PLACED if key in points):
        given.update(_PLACED[key](_outline(key, points[key])))
    indices = np.array(sorted(given))
    targets = np.array([given[index] for index in indices])
    moved = landmarks.astype(np.float32).copy()
    if len(indices):
        shift = ThinPlate(flat[indices], targets - flat[indices], stiffness=float(np.ptp(flat[:, 1])))
        moved[:, :2] += shift(moved[:, :2])
        moved[indices, :2] = targets
    return moved


def _outline(key: str, outline: Sequence[tuple[float, float]]) -> Doubles:
    corners = np.array(outline, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or not _FEWEST <= len(corners) <= _MOST or not np.isfinite(corners).all():
        raise BadInput(f"{key} needs {_FEWEST} to {_MOST} points [x, y]", field="points")
    if np.ptp(corners[:, 0]) < 2:
        raise BadInput(f"the points of {key} lie in one column", field="points")
    return corners


def _halves(corners: Doubles) -> tuple[Doubles, Doubles]:
    """Upper and lower half of an outline, each from its left corner to its right one."""
    start, end = int(corners[:, 0].argmin()), int(corners[:, 0].argmax())
    around = np.roll(corners, -start, axis=0)
    split = (end - start) % len(corners)
    one, other = around[: split + 1], np.vstack([around[split:], around[:1]])[::-1]
    return (one, other) if one[:, 1].mean() <= other[:, 1].mean() else (other, one)


def _along(curve: Doubles, samples: int) -> Doubles:
    """``samples`` points evenly along a curve."""
    fine = spline(curve, 200) if len(curve) > 2 else np.linspace(curve[0], curve[-1], 200)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    at = np.linspace(0, length[-1], samples)
    return np.stack([np.interp(at, length, fine[:, axis]) for axis in (0, 1)], 1)


def _mouth(corners: Doubles) -> dict[int, Doubles]:
    """The lips' outer contours; the inner ones just inside, as if there were no lips."""
    upper, lower = (_along(half, len(face.OUTER_UPPER)) for half in _halves(corners))
    middle = (upper + lower) / 2
    placed = dict(zip(face.OUTER_UPPER, upper, strict=True)) | dict(zip(face.OUTER_LOWER, lower, strict=True))
    placed |= dict(zip(face.INNER_UPPER, middle + _NO_LIPS * (upper - middle), strict=True))
    return placed | dict(zip(face.INNER_LOWER, middle + _NO_LIPS * (lower - middle), strict=True))


def _opening(corners: Doubles) -> dict[int, Doubles]:
    upper, lower = (_along(half, len(face.INNER_UPPER)) for half in _halves(corners))
    return dict(zip(face.INNER_UPPER, upper, strict=True)) | dict(zip(face.INNER_LOWER, lower, strict=True))


def _eye(eye: face.Eye, corners: Doubles) -> dict[int, Doubles]:
    upper, lower = (_along(half, len(eye.upper)) for half in _halves(corners))
    return dict(zip(eye.upper, upper, strict=True)) | dict(zip(eye.lower, lower, strict=True))


_PLACED: dict[str, Callable[[Doubles], dict[int, Doubles]]] = {
    "mouth": _mouth,
    "opening": _opening,
    "left_eye": functools.partial(_eye, face.EYES[0]),
    "right_eye": functools.partial(_eye, face.EYES[1]),
}
