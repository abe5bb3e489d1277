"""What an animation engine does: it learns a face once, then draws chunks of it speaking."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest, Chunk, ChunkRequest


class AnimationEngine(Engine, Protocol):
    """Stateless between calls: avatars lie in the blob store that all replicas share, and every engine draws every one of them.

    ``hears``: whether it draws from the sound itself: ``pcm`` of its chunks then holds what lies within ``HEARING_S`` of them,
    whether or not phonemes do. ``restores``: what ``VideoProfile.restore`` may be, beside ``none``; known before ``start``.
    """

    hears: bool
    restores: Collection[str]

    def picture_s(self, restore: str, size: int) -> float:
        """What a picture of ``size``² with the mouth drawn takes a worker by what was seen when the engine warmed up, wall time,
        seconds; 0: unknown. It is what admission counts with while nothing else was measured, and compares sizes by.
        """

    async def prepare(self, restore: str) -> None:
        """Load what restoring (``VideoProfile.restore``) needs, so that ``picture_s`` knows what it takes. Returns at once where
        that is done, or there is nothing to load.
        """

    async def register(self, request: AvatarRequest) -> AvatarInfo:
        """Learn a face. The same media and points again return at once.

        Raises UnsupportedMedia (415), TooLarge (413), NoFace (422), BadInput (422) for points that make no sense.
        """

    async def info(self, avatar_id: str) -> AvatarInfo:
        """A registered avatar. Raises NotFound."""

    async def forget(self, avatar_id: str) -> None:
        """Delete an avatar and all that was computed for it. Raises NotFound."""

    async def chunk(self, request: ChunkRequest) -> Chunk:
        """Draw and encode a chunk: a pure function of the request, the same bytes on every replica.

        The request's profile names the engine, and what is restored (``Ensemble.pinned``). The request has been checked
        (``motion.frames.check``) and has waited for its turn: as many are drawn at once as there are workers. ``wall_ms`` of the
        chunk, where the engine knows it, is what admission counts with. Raises NotFound for an unknown avatar.
        """


#: Best first. All that can run do (``Ensemble``): requests choose among them.
ENGINES: EngineRegistry[AnimationEngine] = EngineRegistry(
    "animation",
    {"wav2lip": "comps.animation.engines.wav2lip:Wav2LipEngine", "warp": "comps.animation.engines.warp:WarpEngine"},
    together=True,
)
