"""The embedded talking head: the picture itself, bent. Nothing downloaded, no accelerator."""

from __future__ import annotations

from typing import cast

from comps.animation.engines.rig_engine import RigEngine
from comps.cores.proto.avatar import Chunk, ChunkRequest


class WarpEngine(RigEngine):
    name = "warp"
    hears = False
    restores = ()
    worker = "comps.animation.warp.worker:WarpWorker"

    def picture_s(self, restore: str, size: int) -> float:
        return 0.0

    async def chunk(self, request: ChunkRequest) -> Chunk:
        return cast(Chunk, await self._pool.call("chunk", request))
