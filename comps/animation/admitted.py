"""Any engine behind admission: what it draws is waited for in turn, and measured."""

from __future__ import annotations

import anyio

from comps.animation.admission import Admission
from comps.animation.engine import AnimationEngine
from comps.cores.proto.avatar import Chunk, ChunkRequest
from comps.cores.telemetry.metrics import ServiceMetrics


class AdmittedDrawing:
    """``chunk`` as the engine's; the deadline is the caller's (anyio's)."""

    def __init__(self, engine: AnimationEngine, admission: Admission, metrics: ServiceMetrics) -> None:
        self._engine = engine
        self._admission = admission
        self._frames = metrics.counter("animation_frames", "Pictures drawn", ["engine"])
        metrics.gauge("animation_frame_cost_seconds", "Wall time of a frame of 512²", lambda: admission.load.cost_ms / 1000)
        metrics.gauge("animation_capacity_fps", "Frames a second that can be drawn", lambda: admission.load.capacity_fps)
        metrics.gauge("animation_reserved_fps", "Frames a second that are reserved", lambda: admission.load.reserved_fps)
        metrics.gauge("animation_queue_seconds", "Work that waits or is being done", lambda: admission.load.queue_ms / 1000)
        metrics.gauge("animation_refused", "Work that was refused", lambda: sum(admission.refused.values()))

    async def chunk(self, request: ChunkRequest) -> Chunk:
        """Raises Overloaded before any work where it could not be begun in time; else what the engine raises."""
        within_s = anyio.current_effective_deadline() - anyio.current_time()
        async with self._admission.drawing(request, within_s):
            chunk = await self._engine.chunk(request)
        self._admission.drawn(chunk)
        self._frames.labels(chunk.engine).inc(len(chunk.access_units))
        return chunk
