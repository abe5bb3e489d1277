"""The part of a draft, or of a report on a face, that computes, in a worker process.

Faces are found elsewhere and handed in (``engines/draft.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import NoFace, TooLarge, UnsupportedMedia
from comps.cores.workers.cancel import flag
from comps.describe.answers import Candidate, Drafted
from comps.describe.appearance import Appearance, appearance, framing
from comps.describe.boxes import surroundings
from comps.describe.card import Observations, write_card
from comps.describe.characters import main_character
from comps.describe.clip_report import Stretch, clip_findings, typical
from comps.describe.face_report import Found, judge
from comps.describe.footage import Footage, Rgb, decode
from comps.describe.motion import Motion, motion
from comps.describe.portrait import best_first, crop
from comps.describe.register import RATE, Register, register
from comps.describe.sightings import Sighting, sightings
from comps.media.audio import Pcm, decode_audio
from comps.media.clip_windows import window, windows
from comps.media.image import encode_png
from comps.media.landmarks import Face
from comps.media.landmarks.portrait import Recast
from comps.media.landmarks.stretches import stretches
from comps.media.recast import recast

#: Frames offered as portrait: a face found while tracking may be none when looked at closely.
_CANDIDATES = 3


class DraftWorker:
    """Questions about one media file, asked in order: ``look``, ``recast`` where a picture needs it, ``rank``, ``draft`` or
    ``judge``.

    Each takes the media again, so that any worker can answer; the one asked last remembers its footage.
    """

    def __init__(self, max_clip_s: float, refuse_clip_s: float) -> None:
        cv2.setNumThreads(1)
        self._max_clip_s = max_clip_s
        self._refuse_clip_s = refuse_clip_s
        self._remembered: tuple[bytes, Footage] | None = None

    def look(self, media: bytes) -> list[Rgb]:
        """The frames in which faces are to be found. Raises UnsupportedMedia, TooLarge."""
        return self._footage(media).survey()

    def recast(self, media: bytes, how: Recast) -> bytes:
        """A picture, turned and cut out. Raises UnsupportedMedia, TooLarge."""
        return recast(media, how)[0]

    def rank(self, media: bytes, faces: Sequence[Sequence[Face]]) -> list[Candidate]:
        """The frames that show the main character best, the best first. Raises NoFace when ``faces`` has none."""
        footage = self._footage(media)
        best = _best(footage, faces)[:_CANDIDATES]
        return [Candidate(sighting.frame, footage.frames[sighting.frame], sighting.face.box) for sighting in best]

    def draft(
        self, media: bytes, faces: Sequence[Sequence[Face]], number: int, face: Face, person: NDArray[np.float32]
    ) -> Drafted:
        """The persona, with the portrait taken from frame ``number``, where the character's face is ``face``.

        ``person``: how much each pixel of the face's ``surroundings`` belongs to a person, 0 … 1.
        """
        footage = self._footage(media)
        self._remembered = None
        frame = footage.frames[number]
        moves = motion(_best(footage, faces), footage.times_s) if footage.is_clip else Motion()
        flag.check()
        seen = Observations(_looks(frame, face, person), moves, self._listen(media) if footage.has_audio else None)
        portrait = encode_png(np.ascontiguousarray(crop(frame, face)[..., ::-1]))
        observed = {**seen.document(), "frames": len(footage.frames), "duration_s": round(footage.duration_s, 3)}
        return Drafted(write_card(seen), portrait, round(footage.times_s[number], 3), observed)

    def judge(self, picture: bytes, faces: Sequence[Face], is_far: bool) -> list[Found]:
        """What will look wrong with the first of ``faces``; ``is_far``: the picture was cut out of a larger one."""
        footage = self._footage(picture)
        self._remembered = None
        return judge(faces[0], footage.frames[0], faces[1:], is_far=is_far)

    def windows(self, media: bytes) -> list[float]:
        """See ``clip_windows.windows``."""
        return windows(media)

    def window(self, media: bytes, from_s: float) -> NDArray[np.uint8]:
        """See ``clip_windows.window``."""
        return window(media, from_s)

    def stretch(self, media: bytes, from_s: float, landmarks: NDArray[np.float32]) -> Stretch | None:
        """The longest stretch of a window in which one face is seen; ``landmarks``: of its frames, float32 [n, 478, 3]."""
        frames = window(media, from_s)
        found = stretches(frames, landmarks)
        if not found:
            return None
        return Stretch(from_s, *max(found, key=lambda one: one[1] - one[0]), len(frames))

    def still(self, media: bytes, used: Stretch, landmarks: NDArray[np.float32]) -> tuple[bytes, list[Found]]:
        """The frame that shows the face of a clip best, as PNG, and what will look wrong with the clip.

        ``landmarks``: of the frames that are used, float32 [n, 478, 3], NaN where none were found.
        """
        there = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
        tracked = landmarks[there]
        frame = window(media, used.from_s)[used.first + there[typical(tracked)]]
        return encode_png(np.ascontiguousarray(frame[..., ::-1])), list(clip_findings(used, tracked))

    def _footage(self, media: bytes) -> Footage:
        if self._remembered is None or self._remembered[0] != media:
            self._remembered = media, decode(media, self._max_clip_s, self._refuse_clip_s)
        return self._remembered[1]

    def _listen(self, media: bytes) -> Register | None:
        try:
            sound = decode_audio(media, rate=RATE, max_s=self._refuse_clip_s)
        except (UnsupportedMedia, TooLarge):
            # A broken sound track takes nothing from the picture.
            return None
        flag.check()
        return register(Pcm(sound.samples[: int(self._max_clip_s * RATE)], RATE))


def _looks(frame: Rgb, face: Face, person: NDArray[np.float32]) -> Appearance:
    left, top, right, bottom = surroundings(face.box, frame.shape[1], frame.shape[0])
    shifted = Face.of(face.points - np.asarray([left, top, 0], np.float32), face.score)
    return replace(appearance(frame[top:bottom, left:right], shifted, person), framing=framing(frame, face))


def _best(footage: Footage, faces: Sequence[Sequence[Face]]) -> list[Sighting]:
    found = sightings(footage, faces)
    if not found:
        raise NoFace("no face was found", field="media")
    return best_first(main_character(found, footage.frames))
