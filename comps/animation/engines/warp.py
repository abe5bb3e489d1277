"""The embedded talking head: the picture itself, bent. Nothing downloaded, no accelerator."""

from __future__ import annotations

from typing import cast

from comps.animation.engines.rig_engine import RigEngine
from comps.cores.proto.avatar import Chunk, ChunkRequest


class WarpEngine(RigEngine):
    name = "warp"
    worker = "comps.animation.warp.worker:WarpWorker"

    async def chunk(self, request: ChunkRequest) -> Chunk:
        return cast(Chunk, await self._pool.call("chunk", request))
