"""What of a clip will look wrong beside what its frames show: told from the face as it is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.describe.face_report import Found
from comps.media.clip_windows import CLIP_FPS, ENOUGH, SHORTEST

Floats = NDArray[np.float32]

#: Frames over which a movement is smooth: a sway or a nod takes longer.
_SMOOTH = 9
#: Root mean square of what the face moves beside that, heights of the face.
_SHAKEN = 0.008
#: Between a mouth that is shut and one that speaks, widths of the mouth: 5th to 95th percentile of the gap of the lips.
_SPOKEN = 0.15


@dataclass(frozen=True)
class Stretch:
    """The part of a clip that is used: frames ``first`` … ``stop`` - 1 of the ``count`` that begin at second ``from_s``."""

    from_s: float
    first: int
    stop: int
    count: int

    @property
    def frames(self) -> int:
        return self.stop - self.first


def clip_findings(used: Stretch, landmarks: Floats) -> Iterator[Found]:
    """``landmarks``: of the frames that are used, float32 [n, 478, 3], in pixels."""
    looked_s, seen_s = used.from_s + used.count / CLIP_FPS, used.frames / CLIP_FPS
    if seen_s < 0.9 * looked_s:
        is_little = seen_s < 0.5 * looked_s
        detail = f"Of the first {looked_s:.1f} s only {seen_s:.1f} s are used: one face is seen there without a break."
        advice = "Cut titles, fades and other scenes from the clip."
        yield Found("seldom_seen", "warning" if is_little else "note", 0.3 if is_little else 0.1, detail, advice)
    if used.frames < ENOUGH:
        is_still = used.frames < SHORTEST
        detail = f"The face is seen for {seen_s:.1f} s without a break: its movement will repeat soon, or stand still."
        advice = "Use a clip that shows the face for two seconds or more."
        yield Found("too_short", "warning" if is_still else "note", 0.3 if is_still else 0.1, detail, advice)
    if used.frames < SHORTEST:
        return
    if shake(landmarks) > _SHAKEN:
        yield Found("shaking", "warning", 0.3, "The picture shakes.", "Put the camera on something that stands firm.")
    if speech(landmarks) > _SPOKEN:
        detail = "The mouth moves in the clip; some of that will be seen beside the new speech."
        yield Found("talking", "warning", 0.3, detail, "Use a clip in which the person listens, with the lips closed.")


def typical(landmarks: Floats) -> int:
    """The frame with the lips closed and the eyes as open as they are between blinks."""
    eyes, lips = _gaps(landmarks, ((159, 145), (386, 374)), (33, 133)), _lips(landmarks)
    return int(np.argmin(np.abs(eyes - np.percentile(eyes, 80)) + np.abs(lips - np.percentile(lips, 10))))


def shake(landmarks: Floats) -> float:
    """See ``_SHAKEN``."""
    middles = landmarks[..., :2].mean(axis=1)
    height = max(float(np.median(np.ptp(landmarks[..., 1], axis=1))), 1e-6)
    smooth = cv2.blur(middles, (1, _SMOOTH), borderType=cv2.BORDER_REFLECT_101)
    inner = (middles - smooth)[_SMOOTH // 2 : -(_SMOOTH // 2)]
    return float(np.sqrt((inner**2).sum(axis=1).mean())) / height


def speech(landmarks: Floats) -> float:
    """See ``_SPOKEN``."""
    low, high = np.percentile(_lips(landmarks), [5, 95])
    return float(high - low)


def _lips(landmarks: Floats) -> Floats:
    return _gaps(landmarks, ((81, 178), (13, 14), (311, 402)), (61, 291))


def _gaps(landmarks: Floats, pairs: tuple[tuple[int, int], ...], width: tuple[int, int]) -> Floats:
    """Mean distance of pairs of points, in each frame, over that of two others."""
    flat = landmarks[..., :2]
    gaps = np.mean([np.linalg.norm(flat[:, one] - flat[:, other], axis=1) for one, other in pairs], axis=0)
    wide = np.linalg.norm(flat[:, width[0]] - flat[:, width[1]], axis=1)
    return np.asarray(gaps / np.maximum(wide, 1e-6), np.float32)
