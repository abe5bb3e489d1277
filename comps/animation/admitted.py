"""All engines behind admission: what it draws waits for its turn, and is measured."""

from __future__ import annotations

import anyio

from comps.animation.admission import Admission
from comps.animation.ensemble import Ensemble
from comps.animation.motion.frames import check
from comps.animation.motion.phonemes import is_silence
from comps.cores.proto.avatar import Chunk, ChunkRequest

#: Wall time of a chunk that is believed, as a multiple of its CPU time.
_MOST_WAITING = 2.0


class AdmittedDrawing:
    """``chunk`` as the engine's. Everything that a service draws goes through here, or the account would not be true."""

    def __init__(self, engine: Ensemble, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission

    async def chunk(self, request: ChunkRequest, deadline: float | None = None) -> Chunk:
        """Raises Overloaded before any work where it could not be begun in time, BadInput for a chunk that is too long or whose
        times or sound make no sense, UnknownEngine; else what the engine raises.

        ``deadline``: when nobody waits for it any more, on the event loop's clock; by default that of the caller's scope.
        """
        check(request)
        asked = request.profile
        request = request.model_copy(update={"profile": self._engine.pinned(asked)})
        deadline = anyio.current_effective_deadline() if deadline is None else deadline
        async with self._admission.drawing(request, deadline - anyio.current_time()):
            began = anyio.current_time()
            chunk = await self._engine.chunk(request)
            # With an engine that keeps no time, the way to its workers and back is counted too.
            wall_s = chunk.wall_ms / 1000 or anyio.current_time() - began
        # A face at rest says nothing of what it costs an engine that hears to draw its mouth.
        is_telling = _speaks(request) or not self._engine.hears(request.profile)
        self._admission.drawn(chunk, _cost_s(chunk, wall_s) if is_telling else 0.0)
        return chunk.model_copy(update={"profile": asked})


def _cost_s(chunk: Chunk, wall_s: float) -> float:
    """What a chunk cost: wall time, but no more of it waiting for the processor than working, where the engine tells the two
    apart. Workers are the least of all processes: a backup that runs beside them would look like an engine ten times slower.
    """
    return min(wall_s, _MOST_WAITING * chunk.cpu_ms / 1000) if chunk.cpu_ms else wall_s


def _speaks(request: ChunkRequest) -> bool:
    """Whether somebody speaks in most of the chunk."""
    if not request.phonemes:
        return bool(request.pcm.strip(b"\0"))
    begin, end = (frame / request.profile.fps for frame in (request.start_frame, request.start_frame + request.frames))
    sounding = [(start, stop) for start, stop, name in request.phonemes if not is_silence(name)]
    spoken = sum(max(0.0, min(end, stop) - max(begin, start)) for start, stop in sounding)
    return spoken >= (end - begin) / 2
