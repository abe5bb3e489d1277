"""The worker process of the warp engine. Synchronous."""

from __future__ import annotations

import time

from comps.animation.warp.rig_worker import RigWorker
from comps.cores.proto.avatar import Chunk, ChunkRequest


class WarpWorker(RigWorker):
    engine = "warp"

    def chunk(self, request: ChunkRequest) -> Chunk:
        """Draw and encode. Raises NotFound for an avatar that is not in the store."""
        started = time.process_time()
        renderer = self._renderer(request.avatar_id, request.profile.size)
        return self._chunk(request, renderer.frame, started)
