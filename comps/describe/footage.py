"""What is looked at: a picture as it is, or frames of a clip spread over its time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import UnsupportedMedia
from comps.describe.survey import PICTURE_SIDE
from comps.media.image import decode_image
from comps.media.video import probe, sample_clip, sniff

#: Frames looked at in a clip: five a second, and never more than this.
MAX_FRAMES, FRAMES_PER_S = 40, 5.0
#: Longest side kept of a clip's frames, pixels: 40 frames of 960 × 540 are 62 MB.
FRAME_SIDE = 960
#: Longest side of the frames in which faces are looked for, pixels.
SURVEY_SIDE = 640

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class Footage:
    """``frames``: uint8 RGB [h, w, 3], all of one size; ``times_s`` their times; ``duration_s`` 0 for a picture."""

    frames: list[Rgb]
    times_s: list[float]
    duration_s: float
    has_audio: bool

    @property
    def is_clip(self) -> bool:
        return self.duration_s > 0

    @property
    def survey_scale(self) -> float:
        """From pixels of ``frames`` to those of ``survey``. A picture is searched as it is: there is only one."""
        return min(1.0, SURVEY_SIDE / max(self.frames[0].shape[:2])) if len(self.frames) > 1 else 1.0

    def survey(self) -> list[Rgb]:
        """The frames at the size in which faces are looked for."""
        return [shrink(frame, self.survey_scale) for frame in self.frames]


def decode(media: bytes, max_s: float, longest_s: float) -> Footage:
    """A picture, or the first ``max_s`` seconds of a clip. Raises UnsupportedMedia; TooLarge for clips beyond ``longest_s``."""
    kind = sniff(media)
    if kind == "image":
        return _picture(media)
    if kind == "video":
        return _clip(media, max_s, longest_s)
    if kind == "audio":
        raise UnsupportedMedia("a picture or a clip is needed; this is a sound recording", field="media")
    raise UnsupportedMedia("is neither a picture nor a clip", field="media")


def shrink(frame: Rgb, scale: float) -> Rgb:
    """``frame`` at ``scale`` ≤ 1."""
    if scale == 1.0:
        return frame
    return np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _picture(media: bytes) -> Footage:
    picture = decode_image(media)
    small = shrink(picture, min(1.0, PICTURE_SIDE / max(picture.shape[:2])))
    return Footage([np.ascontiguousarray(small[..., ::-1])], [0.0], 0.0, has_audio=False)


def _clip(media: bytes, max_s: float, longest_s: float) -> Footage:
    seen = probe(media, max_s=longest_s)
    duration = min(seen.duration_s, max_s)
    # Never more than there are: a clip of one frame is looked at once.
    count = max(1, min(MAX_FRAMES, round(duration * FRAMES_PER_S), seen.frames))
    clip = sample_clip(media, n=count, max_s=longest_s, first_s=max_s, max_side=FRAME_SIDE)
    return Footage(list(clip.frames), [float(time) for time in clip.times_s], duration, clip.has_audio)
