"""Finding the faces in the frames of a clip, at no more cost than the clip needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comps.media.landmarks import Face, Landmarker
from comps.media.landmarks.portrait import LARGEST

#: Longest side kept of a picture, pixels: as the animation sees it.
PICTURE_SIDE = LARGEST
#: Faces looked for in a frame.
MAX_FACES = 4
#: Frames of a clip in which all faces are looked for first (56 ms each, 100 ms with two faces); when none has two, one face is
#: followed through the rest (11 ms each).
_PROBED = 8
#: Where there are several people, one frame in so many is looked at.
_SEVERAL_STEP = 2


async def find_faces(frames: Sequence[NDArray[np.uint8]], landmarker: Landmarker) -> list[list[Face]]:
    """The faces of each frame (uint8 RGB [h, w, 3]), the largest first; none for frames that were passed over."""
    step = max(1, len(frames) // _PROBED)
    found = {number: await landmarker.faces(frames[number], MAX_FACES) for number in range(0, len(frames), step)}
    if any(len(faces) > 1 for faces in found.values()):
        missing = set(range(0, len(frames), _SEVERAL_STEP)) - set(found)
        found |= {number: await landmarker.faces(frames[number], MAX_FACES) for number in sorted(missing)}
        return [found.get(number, []) for number in range(len(frames))]
    if len(found) == len(frames):
        return [found[number] for number in range(len(frames))]
    return await _followed(frames, found, landmarker)


async def _followed(
    frames: Sequence[NDArray[np.uint8]], found: dict[int, list[Face]], landmarker: Landmarker
) -> list[list[Face]]:
    """The frames of ``found`` as they were found, the others by following one face."""
    # Following alone gives no score; a followed face is as sure as those found around it.
    scores = [face.score for faces in found.values() for face in faces]
    score = float(np.mean(scores)) if scores else 0.5
    points = await landmarker.track(frames)
    followed = [[] if np.isnan(row).any() else [Face.of(row, score)] for row in points]
    return [found.get(number) or followed[number] for number in range(len(frames))]
