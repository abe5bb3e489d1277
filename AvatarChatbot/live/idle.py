"""The face at rest: a loop of coded pictures for each avatar, asked for once and shared by all sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import anyio

from comps.cores.proto.avatar import IDLE_LOOP_S, MAX_CHUNK_S, Chunk, ChunkRequest, VideoProfile

#: Asks an animation service for a chunk.
Draw = Callable[[ChunkRequest], Awaitable[Chunk]]


class IdleLoop:
    """The loop of one avatar: coded pictures (H.264 access units) by frame, drawn when they are first needed.

    The loop is periodic, and speech is drawn on the same grid: frame k of an answer follows frame k - 1 of the loop.
    """

    def __init__(self, draw: Draw, avatar_id: str, profile: VideoProfile, seed: int) -> None:
        self._draw = draw
        self._request = ChunkRequest(avatar_id=avatar_id, profile=profile, seed=seed, start_frame=0, frames=1)
        self.frames = IDLE_LOOP_S * profile.fps
        self._longest = int(MAX_CHUNK_S * profile.fps)
        self._chunks: dict[int, Chunk] = {}
        self._locks: dict[int, anyio.Lock] = {}

    def picture(self, frame: int) -> bytes | None:
        """The coded picture of a frame (of any turn of the loop); None when it has not been drawn yet."""
        start, offset = divmod(frame % self.frames, self._longest)
        chunk = self._chunks.get(start)
        return chunk.access_units[offset] if chunk else None

    async def load(self, frame: int) -> Chunk:
        """The chunk that ``frame`` is in, drawn if need be. Raises what drawing raises."""
        index = frame % self.frames // self._longest
        lock = self._locks.setdefault(index, anyio.Lock())
        async with lock:
            if index not in self._chunks:
                start = index * self._longest
                wanted = {"start_frame": start, "frames": min(self._longest, self.frames - start)}
                self._chunks[index] = await self._draw(self._request.model_copy(update=wanted))
        return self._chunks[index]

    async def load_all(self) -> None:
        """Draw what has not been drawn yet, before it is needed. Raises what drawing raises."""
        for frame in range(0, self.frames, self._longest):
            await self.load(frame)


class IdleLoops:
    """The loops that were used last; a loop at 512² holds 2 to 4 MB."""

    def __init__(self, draw: Draw, kept: int = 16) -> None:
        self._draw = draw
        self._kept = kept
        self._loops: OrderedDict[tuple[str, VideoProfile, int], IdleLoop] = OrderedDict()

    def loop(self, avatar_id: str, profile: VideoProfile, seed: int) -> IdleLoop:
        key = (avatar_id, profile, seed)
        if key not in self._loops:
            self._loops[key] = IdleLoop(self._draw, avatar_id, profile, seed)
            while len(self._loops) > self._kept:
                self._loops.popitem(last=False)
        self._loops.move_to_end(key)
        return self._loops[key]
