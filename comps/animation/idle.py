"""The avatar at rest as a clip that can be played in a loop: it breathes, sways and blinks; speech joins on at any frame."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator

from anyio import to_thread
from pydantic import BaseModel, Field

from comps.animation.admitted import AdmittedDrawing
from comps.animation.motion.loop import loop_frames
from comps.animation.sound import RATE
from comps.cores.common.settings import AnimationSettings
from comps.cores.errors import NotFound
from comps.cores.proto.avatar import MAX_CHUNK_S, Chunk, ChunkRequest, VideoProfile
from comps.media.mux import AnswerMuxer, Fragment
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs

#: Loops are kept with the avatar's rigs: they go when it goes.
_KIND = "rigs"


class IdleRequest(BaseModel):
    """The profile, as parameters of a query, and the seed of what moves."""

    size: int = Field(default=VideoProfile().size, ge=128, le=1024, multiple_of=16)
    fps: int = Field(default=VideoProfile().fps, ge=5, le=30)
    crf: int = Field(default=VideoProfile().crf, ge=0, le=40)
    seed: int = Field(default=0, ge=0, lt=2**31)

    @property
    def profile(self) -> VideoProfile:
        return VideoProfile(size=self.size, fps=self.fps, crf=self.crf)

    @property
    def key(self) -> str:
        """What sets the loop apart from others of its avatar."""
        return f"idle-{self.size}-{self.fps}-{self.crf}-{self.seed}"


class IdleClips:
    """Draws loops and keeps them."""

    def __init__(self, drawing: AdmittedDrawing, settings: AnimationSettings) -> None:
        self._drawing = drawing
        self._storage = settings.storage
        self._blobs: AsyncBlobs

    async def start(self) -> None:
        self._blobs = AsyncBlobs(await to_thread.run_sync(Blobs, self._storage.blobs))

    async def stop(self) -> None:
        """Nothing is open."""

    async def fragments(self, avatar_id: str, asked: IdleRequest) -> AsyncGenerator[bytes, None]:
        """The MP4, piece by piece, as it is drawn. Raises NotFound for an unknown avatar."""
        key = f"{avatar_id}.{asked.key}"
        if await self._blobs.exists(_KIND, key):
            yield await self._blobs.get(_KIND, key)
            return
        pieces: list[bytes] = []
        muxer = AnswerMuxer(asked.profile, RATE)
        for request in _requests(avatar_id, asked):
            chunk = await self._drawing.chunk(request)
            made = await to_thread.run_sync(_muxed, muxer, chunk)
            if piece := b"".join(fragment.data for fragment in made):
                pieces.append(piece)
                yield piece
        pieces.append(b"".join(fragment.data for fragment in await to_thread.run_sync(muxer.finish)))
        yield pieces[-1]
        if not await self._blobs.exists("avatars", avatar_id):
            raise NotFound("there is no such avatar", field="avatar_id")
        await self._blobs.put(b"".join(pieces), _KIND, key)


def _requests(avatar_id: str, asked: IdleRequest) -> list[ChunkRequest]:
    """Chunks of the loop's frames, without a word said."""
    longest = math.floor(MAX_CHUNK_S * asked.fps + 1e-6)
    total = loop_frames(asked.fps)
    profile, seed = asked.profile, asked.seed
    return [
        ChunkRequest(avatar_id=avatar_id, profile=profile, seed=seed, start_frame=start, frames=min(longest, total - start))
        for start in range(0, total, longest)
    ]


def _muxed(muxer: AnswerMuxer, chunk: Chunk) -> list[Fragment]:
    """A chunk, and as much silence."""
    return muxer.add_speech(bytes(2 * (RATE * chunk.frames // chunk.profile.fps))) + muxer.add_chunk(chunk)
