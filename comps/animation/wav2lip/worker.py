"""The worker process of the wav2lip engine: says which mouths a chunk needs, and draws the chunk with them. Synchronous."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comps.animation import pictures
from comps.animation.lru import Lru
from comps.animation.motion.frames import sound
from comps.animation.motion.phonemes import is_silence
from comps.animation.warp.planes import Planes
from comps.animation.warp.rig_worker import RigWorker
from comps.animation.warp.state import FrameState
from comps.animation.wav2lip import rig
from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.mel import windows
from comps.animation.wav2lip.rig import MouthRig
from comps.cores.errors import BadInput, InsufficientStorage
from comps.cores.proto.avatar import Chunk, ChunkRequest


@dataclass(frozen=True)
class Plan:
    """``job``: the mouths to draw, None where the face is at rest throughout. ``cpu_ms``, ``wall_ms``: what it took to say so."""

    job: MouthJob | None
    cpu_ms: float
    wall_ms: float


class Wav2LipWorker(RigWorker):
    """Head, lids and sway are warp's. Frames without activity show the picture's own mouth, as warp's do."""

    engine = "wav2lip"

    def __init__(self, blobs: str, rig_cache: int) -> None:
        super().__init__(blobs, rig_cache)
        self._mouths = Lru[tuple[str, int], MouthRig](rig_cache)

    def plan(self, request: ChunkRequest) -> Plan:
        """Raises NotFound for an avatar that is not in the store, BadInput for speech without its sound."""
        renderer = self._renderer(request.avatar_id, request.profile.size)
        mouths = self._mouth_rig(request.avatar_id, request.profile.size)
        started, began = time.process_time(), time.perf_counter()
        states = [(k, renderer.still(state)) for k, state in enumerate(self._states(request)) if renderer.activity(state) > 0]
        job = mouths.job([still for _, still in states], _heard(request)[[k for k, _ in states]]) if states else None
        return Plan(job, 1000.0 * (time.process_time() - started), 1000.0 * (time.perf_counter() - began))

    def chunk(self, request: ChunkRequest, drawn: NDArray[np.uint8] | None) -> Chunk:
        """Draw and encode. ``drawn``: the mouths of the plan's job, uint8 BGR [n, 48, 96, 3]. Raises NotFound."""
        started = time.process_time()
        renderer = self._renderer(request.avatar_id, request.profile.size)
        mouths = self._mouth_rig(request.avatar_id, request.profile.size)
        patches = iter([] if drawn is None else drawn)

        def paste(face: Planes, still: int, activity: float) -> None:
            if activity > 0:
                mouths.regions[still].paste(face, next(patches), strength=activity)

        def draw(state: FrameState) -> NDArray[np.uint8]:
            return renderer.frame(state, paste)

        return self._chunk(request, draw, started)

    def _mouth_rig(self, avatar_id: str, size: int) -> MouthRig:
        """Of an avatar that is in the store."""
        return self._mouths.get((avatar_id, size), lambda: self._stored_or_built(avatar_id, size))

    def _forget(self, key: tuple[str, int]) -> None:
        super()._forget(key)
        self._mouths.drop(key)

    def _stored_or_built(self, avatar_id: str, size: int) -> MouthRig:
        stored = self._store.rig(avatar_id, size, rig.FORM)
        if stored is not None:
            # Damaged bytes are no rig: it is built anew.
            with contextlib.suppress(ValueError):
                return MouthRig.from_bytes(stored)
        kind, frames = pictures.decode(self._store.media(avatar_id))
        built = rig.build(kind, frames, self._store.findings(avatar_id), size)
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
