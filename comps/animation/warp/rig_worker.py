"""What the worker processes of all engines do that draw on warp's rigs: they build rigs, keep them, and encode what is drawn."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation import pictures
from comps.animation.avatars import WARP, AvatarStore, Findings, Part, Points
from comps.animation.encode import Encoder
from comps.animation.lru import Lru
from comps.animation.motion.frames import frame_states
from comps.animation.pictures import Frames, Kind
from comps.animation.warp import clip, rig
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.state import FrameState
from comps.cores.errors import InsufficientStorage, NotFound
from comps.cores.proto.avatar import AvatarInfo, Chunk, ChunkRequest, VideoProfile
from comps.cores.workers.cancel import flag
from comps.media.clip_windows import CLIP_FPS, window
from comps.media.landmarks.portrait import Recast
from comps.media.recast import recast
from comps.storage.blobs import Blobs

#: More than any picture that a frame needs on its way, bytes.
_REUSED = 16 << 20
#: Encoders kept open: a profile each, a few MB.
_ENCODERS = 4
#: The size a rig is built for when an avatar is registered; other sizes are built when first asked for.
USUAL_SIZE = VideoProfile().size


class RigWorker:
    """``blobs``: URL of the store that all replicas share. ``rig_cache``: rigs kept in memory."""

    #: The engine whose worker this is.
    engine: ClassVar[str]

    def __init__(self, blobs: str, rig_cache: int) -> None:
        cv2.setNumThreads(1)
        _reuse_memory()
        self._store = AvatarStore(Blobs(blobs))
        self._renderers = Lru[tuple[str, int], Renderer](rig_cache)
        self._encoders = Lru[VideoProfile, Encoder](_ENCODERS)

    def bare(self, media: bytes) -> bytes:
        """An avatar's media upright and without metadata, as it is stored. Raises UnsupportedMedia, TooLarge."""
        return pictures.bare(media)

    def frames(self, media: bytes) -> Frames:
        """The pictures in which landmarks are to be found. Raises UnsupportedMedia, TooLarge."""
        return pictures.decode(media)[1]

    def windows(self, media: bytes) -> list[float]:
        """See ``pictures.windows``."""
        return pictures.windows(media)

    def window(self, clip: bytes, from_s: float) -> Frames:
        """See ``clip_windows.window``."""
        return window(clip, from_s)

    def stretch(self, clip: bytes, from_s: float, landmarks: NDArray[np.float32]) -> Part | None:
        """See ``pictures.stretch``."""
        return pictures.stretch(clip, from_s, landmarks)

    def still(self, clip: bytes, part: Part) -> bytes:
        """See ``pictures.still``."""
        return pictures.still(clip, part)

    def recast(self, media: bytes, how: Recast, points: Points | None) -> tuple[bytes, Points | None]:
        """A picture and its points, turned and cut out. Raises UnsupportedMedia, TooLarge."""
        return recast(media, how, points)

    def build(self, avatar_id: str, media: bytes, findings: Findings, sent: str) -> AvatarInfo:
        """Build the rig of the usual size and store the avatar; ``sent``: SHA-256 of the media as it came.

        Raises NoFace, and BadInput for senseless side-car points.
        """
        kind, frames = pictures.decode(media, findings.part)
        built = _build(kind, frames, findings, USUAL_SIZE)
        info = AvatarInfo(
            avatar_id=avatar_id,
            kind=kind,
            width=frames.shape[2],
            height=frames.shape[1],
            can_blink=built.can_blink,
            engine=self.engine,
        )
        try:
            self._store.put_rig(avatar_id, USUAL_SIZE, built.to_bytes())
            self._store.add(info, media, findings, sent)
        except InsufficientStorage:
            self._store.drop_parts(avatar_id, USUAL_SIZE)
            raise
        return info

    def _chunk(self, request: ChunkRequest, draw: Callable[[FrameState], NDArray[np.uint8]], started: float) -> Chunk:
        """Encode the request's frames; ``draw`` gives the I420 pixels of one. ``started``: CPU time before the rig was read."""
        encoder = self._encoders.get(request.profile, lambda: Encoder(request.profile))
        # What a frame costs again and again: a rig is read once.
        began = time.perf_counter()
        encoded = encoder.chunk(map(draw, self._states(request)), request.start_frame)
        return Chunk(
            start_frame=request.start_frame,
            frames=request.frames,
            step=request.step,
            access_units=encoded.access_units,
            parameter_sets=encoded.parameter_sets,
            profile=request.profile,
            engine=self.engine,
            cpu_ms=1000.0 * (time.process_time() - started),
            wall_ms=1000.0 * (time.perf_counter() - began),
        )

    def _states(self, request: ChunkRequest) -> Iterator[FrameState]:
        """Of the frames that are drawn, each counted in frames of a clip's rig."""
        for state in itertools.islice(frame_states(request), None, None, request.step):
            flag.check()
            of_clip = state.frame * CLIP_FPS // request.profile.fps
            yield dataclasses.replace(state, frame=of_clip)

    def _renderer(self, avatar_id: str, size: int) -> Renderer:
        """Raises NotFound for an avatar that is not in the store."""
        key = (avatar_id, size)
        if not self._store.exists(avatar_id):
            # Asked for every time: a face that was deleted is drawn no more, on any replica.
            self._forget(key)
            raise NotFound("there is no such avatar", field="avatar_id")
        return self._renderers.get(key, lambda: Renderer(self._rig(*key)))

    def _forget(self, key: tuple[str, int]) -> None:
        """Drop what is kept of an avatar at a size."""
        self._renderers.drop(key)

    def _rig(self, avatar_id: str, size: int, form: str = WARP, retouched: Callable[[Frames], Frames] | None = None) -> rig.Rig:
        """``form``: of the stored rig; ``retouched``: what it is built on in place of the avatar's own pictures."""
        stored = self._store.rig(avatar_id, size, form)
        if stored is not None:
            # Bytes of another version are no rig to this one: it builds its own.
            with contextlib.suppress(ValueError):
                return rig.Rig.from_bytes(stored)
        findings = self._store.findings(avatar_id)
        kind, frames = pictures.decode(self._store.media(avatar_id), findings.part)
        pictures_ = frames if retouched is None else retouched(frames)
        built = _build(kind, pictures_, findings, size)
        # It can be drawn without being kept.
        with contextlib.suppress(InsufficientStorage):
            self._store.put_rig(avatar_id, size, built.to_bytes(), form)
        return built


def _reuse_memory() -> None:
    """Let freed blocks up to ``_REUSED`` bytes be used again, not handed back to the system: page faults took 1 ms a frame.

    glibc hands back blocks above a threshold, and raises it to the size of the largest that was freed (mallopt(3)).
    """
    np.empty(_REUSED, np.uint8)


def _build(kind: Kind, frames: Frames, findings: Findings, size: int) -> rig.Rig:
    bgr = frames[..., ::-1]
    if kind == "clip":
        return clip.build(bgr, findings.landmarks, size)
    return rig.build(np.ascontiguousarray(bgr[0]), findings.landmarks[0], size, findings.points, findings.person)
