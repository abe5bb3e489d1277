"""The stretches of a clip in which one face is seen without a break: no title, cutaway, jump cut or fade between."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Floats = NDArray[np.float32]

#: Frames in a row without a face that are bridged: a blink of the tracker.
BRIDGED = 5
#: Corners of the eyes and of the mouth, and where they lie in the thumbnail of a face, shares of its side.
_ANCHORS = [33, 263, 61, 291]
_PLACES = np.array([(0.25, 0.33), (0.75, 0.33), (0.35, 0.75), (0.65, 0.75)], np.float32)
_THUMBNAIL = 48
#: Thumbnails of one face a frame apart correlate by at least 0.81 where it blinks or speaks, of two people by at most 0.6.
_SAME_FACE = 0.7
#: A head moves by up to 0.05 of its height from frame to frame, and grows by 1 %.
_JUMP, _GROWTH = 0.25, 1.2
#: A fade takes contrast from the face; the clip's own light leaves it within 10 %.
_FADED = 0.75


def stretches(frames: Rgb, landmarks: Floats) -> list[tuple[int, int]]:
    """First frame of each stretch and the one after its last, in order.

    ``frames``: uint8 RGB ``[n, h, w, 3]``, about 25 a second. ``landmarks``: float32 ``[n, 478, 3]`` in their pixels, NaN where
    no face was found.
    """
    covered = _bridged(landmarks)
    thumbnails = {at: _thumbnail(frames[at], points) for at, points in covered.items()}
    runs = [[at] for at in sorted(covered)[:1]]
    for before, at in pairwise(sorted(covered)):
        if at == before + 1 and _goes_on(covered[before], covered[at], thumbnails[before], thumbnails[at]):
            runs[-1].append(at)
        else:
            runs.append([at])
    found = (_without_fades(run, thumbnails) for run in runs)
    return [stretch for several in found for stretch in several]


def _bridged(landmarks: Floats) -> dict[int, Floats]:
    """The landmarks of each frame that has some, and of those in short gaps."""
    found = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    covered = {int(at): landmarks[at] for at in found}
    for before, after in pairwise(found.tolist()):
        if 1 < after - before <= BRIDGED + 1:
            for at in range(before + 1, after):
                share = np.float32((at - before) / (after - before))
                covered[at] = (1 - share) * landmarks[before] + share * landmarks[after]
    return covered


def _thumbnail(frame: Rgb, points: Floats) -> NDArray[np.float64]:
    """The face's luma, upright, float64 ``[48, 48]``."""
    corners = np.ascontiguousarray(points[_ANCHORS, :2])
    matrix, _ = cv2.estimateAffinePartial2D(corners, _PLACES * _THUMBNAIL, method=cv2.LMEDS)
    if matrix is None:
        return np.zeros((_THUMBNAIL, _THUMBNAIL))
    # Every so many pixels of a large face: finer ones would alias.
    coarse = max(1, int(1 / max(float(np.hypot(*matrix[0, :2])), 1e-6)))
    side = _THUMBNAIL * coarse
    large = cv2.warpAffine(frame, matrix * coarse, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(large, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float64)


def _goes_on(one: Floats, other: Floats, before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    heights = [max(float(np.ptp(points[:, 1])), 1e-6) for points in (one, other)]
    jump = float(np.linalg.norm(one[:, :2].mean(axis=0) - other[:, :2].mean(axis=0))) / max(heights)
    return jump < _JUMP and max(heights) / min(heights) < _GROWTH and _correlation(before, after) > _SAME_FACE


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-6))


def _without_fades(run: list[int], thumbnails: dict[int, NDArray[np.float64]]) -> list[tuple[int, int]]:
    contrast = np.array([thumbnails[at].std() for at in run])
    kept = [at for at, value in zip(run, contrast, strict=True) if value >= _FADED * float(np.percentile(contrast, 75))]
    starts = [at for at in kept if at - 1 not in set(kept)]
    stops = [at + 1 for at in kept if at + 1 not in set(kept)]
    return list(zip(starts, stops, strict=True))
