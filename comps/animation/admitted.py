"""Any engine behind admission: what it draws waits for its turn, and is measured."""

from __future__ import annotations

import anyio

from comps.animation.admission import Admission
from comps.animation.engine import AnimationEngine
from comps.animation.motion.frames import check
from comps.cores.proto.avatar import Chunk, ChunkRequest

#: Wall time of a chunk that is believed, as a multiple of its CPU time.
_MOST_WAITING = 2.0


class AdmittedDrawing:
    """``chunk`` as the engine's. Everything that a service draws goes through here, or the account would not be true."""

    def __init__(self, engine: AnimationEngine, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission

    async def chunk(self, request: ChunkRequest, deadline: float | None = None) -> Chunk:
        """Raises Overloaded before any work where it could not be begun in time, BadInput for a chunk that is too long or whose
        times or sound make no sense; else what the engine raises.

        ``deadline``: when nobody waits for it any more, on the event loop's clock; by default that of the caller's scope.
        """
        check(request)
        deadline = anyio.current_effective_deadline() if deadline is None else deadline
        async with self._admission.drawing(request, deadline - anyio.current_time()):
            began = anyio.current_time()
            chunk = await self._engine.chunk(request)
            # With an engine that keeps no time, the way to its workers and back is counted too.
            wall_s = chunk.wall_ms / 1000 or anyio.current_time() - began
        self._admission.drawn(chunk, _cost_s(chunk, wall_s))
        return chunk


def _cost_s(chunk: Chunk, wall_s: float) -> float:
    """What a chunk cost: wall time, but no more of it waiting for the processor than working, where the engine tells the two
    apart. Workers are the least of all processes: a backup that runs beside them would look like an engine ten times slower.
    """
    return min(wall_s, _MOST_WAITING * chunk.cpu_ms / 1000) if chunk.cpu_ms else wall_s
