"""The avatar at rest as a clip that can be played in a loop: it breathes, sways and blinks; speech joins on at any frame."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncGenerator

from anyio import to_thread
from pydantic import Field

from comps.animation.admitted import AdmittedDrawing
from comps.animation.ensemble import Ensemble
from comps.animation.motion.loop import loop_frames
from comps.animation.sound import RATE
from comps.cores.common.settings import AnimationSettings
from comps.cores.errors import InsufficientStorage
from comps.cores.proto.avatar import MAX_CHUNK_S, Chunk, ChunkRequest, VideoProfile
from comps.media.mux import AnswerMuxer, Fragment
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs

_log = logging.getLogger(__name__)

#: They go when the avatar goes, and make room before anything else: they can be drawn again.
_KIND = "loops"
#: Raise it when a kept loop would no longer be drawn the same way: it would not join the speech that is drawn now.
_FORMAT = 1


class IdleRequest(VideoProfile):
    """The profile, as parameters of a query, and the seed of what moves."""

    seed: int = Field(default=0, ge=0, lt=2**31)

    @property
    def profile(self) -> VideoProfile:
        return VideoProfile(**self.model_dump(exclude={"seed"}))


class IdleClips:
    """Draws loops and keeps them."""

    def __init__(self, engine: Ensemble, drawing: AdmittedDrawing, settings: AnimationSettings) -> None:
        self._engine = engine
        self._drawing = drawing
        self._storage = settings.storage
        self._blobs: AsyncBlobs

    async def start(self) -> None:
        self._blobs = AsyncBlobs(await to_thread.run_sync(Blobs, self._storage.blobs))

    async def stop(self) -> None:
        """Nothing is open."""

    async def fragments(self, avatar_id: str, asked: IdleRequest) -> AsyncGenerator[bytes, None]:
        """The MP4, piece by piece, as it is drawn. Raises NotFound for an unknown avatar, and as ``Ensemble.pinned``."""
        profile = self._engine.pinned(asked.profile)
        await self._engine.info(avatar_id)
        key = _key(avatar_id, profile, asked.seed)
        if await self._blobs.exists(_KIND, key):
            yield await self._blobs.get(_KIND, key)
            return
        pieces: list[bytes] = []
        muxer = AnswerMuxer(profile, RATE)
        for request in _requests(avatar_id, profile, asked.seed):
            chunk = await self._drawing.chunk(request)
            made = await to_thread.run_sync(_muxed, muxer, chunk)
            if piece := b"".join(fragment.data for fragment in made):
                pieces.append(piece)
                yield piece
        pieces.append(b"".join(fragment.data for fragment in await to_thread.run_sync(muxer.finish)))
        # Deleted meanwhile: nothing of it may be kept.
        await self._engine.info(avatar_id)
        try:
            await self._blobs.put(b"".join(pieces), _KIND, key)
        except InsufficientStorage as problem:
            _log.warning("an idle loop is drawn again next time: %s", problem.detail)
        yield pieces[-1]


def _key(avatar_id: str, profile: VideoProfile, seed: int) -> str:
    """What sets the loop apart from others. Begins with the avatar's id (``storage.retention``)."""
    drawn = profile.engine if profile.restore == "none" else f"{profile.engine}-{profile.restore}"
    looks = f"{profile.size}-{profile.fps}-{profile.crf}-{profile.preset}-{seed}"
    return f"{avatar_id}.idle-{drawn}-{looks}.{_FORMAT}"


def _requests(avatar_id: str, profile: VideoProfile, seed: int) -> list[ChunkRequest]:
    """Chunks of the loop's frames, without a word said."""
    longest = math.floor(MAX_CHUNK_S * profile.fps + 1e-6)
    total = loop_frames(profile.fps)
    return [
        ChunkRequest(avatar_id=avatar_id, profile=profile, seed=seed, start_frame=start, frames=min(longest, total - start))
        for start in range(0, total, longest)
    ]


def _muxed(muxer: AnswerMuxer, chunk: Chunk) -> list[Fragment]:
    """A chunk, and as much silence."""
    start, end = (RATE * frame // chunk.profile.fps for frame in (chunk.start_frame, chunk.start_frame + chunk.frames))
    return muxer.add_speech(bytes(2 * (end - start))) + muxer.add_chunk(chunk)
