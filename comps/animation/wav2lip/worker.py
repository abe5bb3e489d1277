"""The worker process of the wav2lip engine: says which mouths a chunk needs, and draws the chunk with them. Synchronous."""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation import pictures
from comps.animation.gfpgan.layout import SIZE
from comps.animation.lru import Lru
from comps.animation.motion.frames import sound
from comps.animation.motion.phonemes import is_silence
from comps.animation.pictures import Frames
from comps.animation.warp.planes import Planes
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig_worker import RigWorker
from comps.animation.warp.state import FrameState
from comps.animation.wav2lip import rig
from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.mel import windows
from comps.animation.wav2lip.rig import MouthRig
from comps.cores.errors import BadInput, InsufficientStorage, NotFound
from comps.cores.proto.avatar import Chunk, ChunkRequest


class _Unrestored(Exception):
    """A picture's face has not been restored yet."""


@dataclass(frozen=True)
class Plan:
    """``job``: the mouths to draw, None where the face is at rest throughout. ``cpu_ms``, ``wall_ms``: what it took to say so.

    ``unrestored``: the aligned face of a picture that has to be restored first, uint8 BGR [1, 512, 512, 3]: then there is no job.
    """

    job: MouthJob | None
    cpu_ms: float
    wall_ms: float
    unrestored: NDArray[np.uint8] | None = None


class Wav2LipWorker(RigWorker):
    """Head, lids and sway are warp's. Frames without activity show the picture's own mouth, as warp's do."""

    engine = "wav2lip"

    def __init__(self, blobs: str, rig_cache: int) -> None:
        super().__init__(blobs, rig_cache)
        self._mouths = Lru[tuple[str, int], MouthRig](rig_cache)
        self._restored = Lru[tuple[str, int], Renderer](rig_cache)

    def plan(self, request: ChunkRequest) -> Plan:
        """Raises NotFound for an avatar that is not in the store, BadInput for speech without its sound."""
        mouths = self._mouth_rig(request)
        renderer = self._look(request, mouths)
        started, began = time.process_time(), time.perf_counter()
        if renderer is None:
            return Plan(None, 0.0, 0.0, mouths.faces)
        states = [(k, renderer.still(state)) for k, state in enumerate(self._states(request)) if renderer.activity(state) > 0]
        job = None
        if states:
            mels = _heard(request)[[k for k, _ in states]]
            job = mouths.job([still for _, still in states], mels, request.profile.restore, renderer.picture)
        return Plan(job, 1000.0 * (time.process_time() - started), 1000.0 * (time.perf_counter() - began))

    def chunk(self, request: ChunkRequest, drawn: NDArray[np.uint8] | None) -> Chunk:
        """Draw and encode. ``drawn``: what the plan's job gave, uint8 BGR [n, h, w, 3]. Raises NotFound."""
        started = time.process_time()
        mouths = self._mouth_rig(request)
        renderer = self._look(request, mouths)
        if renderer is None:
            raise NotFound("the avatar's restored face is gone", field="avatar_id")
        patches = iter([] if drawn is None else drawn)

        def paste(face: Planes, still: int, activity: float) -> None:
            if activity > 0:
                mouths.paste(face, still, next(patches), activity)

        def draw(state: FrameState) -> NDArray[np.uint8]:
            return renderer.frame(state, paste)

        return self._chunk(request, draw, started)

    def keep_restored(self, avatar_id: str, face: NDArray[np.uint8]) -> None:
        """Store the restored face (uint8 BGR [512, 512, 3]) of a picture, for all replicas."""
        _, png = cv2.imencode(".png", face)
        self._store.put_rig(avatar_id, SIZE, png.tobytes(), rig.RESTORED_FACE)

    def _look(self, request: ChunkRequest, mouths: MouthRig) -> Renderer | None:
        """Draws the avatar with or without its face restored; None where that face is missing. Raises NotFound."""
        key = request.avatar_id, request.profile.size
        plain = self._renderer(*key)
        if request.profile.restore != "face" or not len(mouths.faces):
            return plain
        with contextlib.suppress(_Unrestored):
            return self._restored.get(
                key, lambda: Renderer(self._rig(*key, rig.RESTORED, functools.partial(self._retouch, key[0])))
            )
        return None

    def _retouch(self, avatar_id: str, frames: Frames) -> Frames:
        """The avatar's picture with its face restored. Raises _Unrestored where that face is missing."""
        stored = self._store.rig(avatar_id, SIZE, rig.RESTORED_FACE)
        face = None if stored is None else cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR)
        if face is None:
            raise _Unrestored
        return rig.restored(frames, self._store.findings(avatar_id), cast("NDArray[np.uint8]", face))

    def _mouth_rig(self, request: ChunkRequest) -> MouthRig:
        """Raises NotFound for an avatar that is not in the store."""
        avatar_id, size = request.avatar_id, request.profile.size
        self._renderer(avatar_id, size)
        return self._mouths.get((avatar_id, size), lambda: self._stored_or_built(avatar_id, size))

    def _forget(self, key: tuple[str, int]) -> None:
        super()._forget(key)
        self._mouths.drop(key)
        self._restored.drop(key)

    def _stored_or_built(self, avatar_id: str, size: int) -> MouthRig:
        stored = self._store.rig(avatar_id, size, rig.FORM)
        if stored is not None:
            # Damaged bytes are no rig: it is built anew.
            with contextlib.suppress(ValueError):
                return MouthRig.from_bytes(stored)
        findings = self._store.findings(avatar_id)
        kind, frames = pictures.decode(self._store.media(avatar_id), findings.part)
        built = rig.build(kind, frames, findings, size)
        # It can be drawn without being kept.
        with contextlib.suppress(InsufficientStorage):
            self._store.put_rig(avatar_id, size, built.to_bytes(), rig.FORM)
        return built


def _heard(request: ChunkRequest) -> NDArray[np.float32]:
    """The mel windows of the pictures that are drawn: float32 [n, 80, 16]."""
    if not request.pcm and _speaks(request):
        raise BadInput("wav2lip draws from the sound: send what lies around the chunk", field="pcm")
    return windows(sound(request), request.start_frame, request.frames, request.profile.fps)[:: request.step]


def _speaks(request: ChunkRequest) -> bool:
    begin, end = (frame / request.profile.fps for frame in (request.start_frame, request.start_frame + request.frames))
    return any(start < end and stop > begin for start, stop, symbol in request.phonemes if not is_silence(symbol))
