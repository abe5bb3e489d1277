"""An animation service that is slower than real time, its work being waiting: what several machines with a slow engine would be.

``python -m benchmarks.slow_animation [--port N] [--rtf 3.0] [--workers 1]``; all else is set as for the service (``ANIMATION_…``).
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from collections.abc import Sequence

import anyio

from comps.animation.engine import ENGINES
from comps.animation.engines.warp import WarpEngine
from comps.animation.service import build
from comps.cores.common.settings import AnimationSettings
from comps.cores.proto.avatar import Chunk, ChunkRequest, VideoProfile
from comps.cores.telemetry import logs

#: Pictures of avatars kept.
_KEPT = 16


class SlowSettings(AnimationSettings):
    """``rtf``: seconds of work a second of video, were every frame drawn."""

    rtf: float = 3.0


class SlowEngine(WarpEngine):
    """Draws an avatar's picture once, and for every chunk waits for as long as drawing its pictures would take."""

    name = "slow"

    def __init__(self, settings: SlowSettings) -> None:
        # Nothing is drawn at the same time: one process is enough.
        super().__init__(settings.model_copy(update={"workers": 1}))
        self._rtf = settings.rtf
        self._drawn: OrderedDict[tuple[str, VideoProfile], Chunk] = OrderedDict()

    async def chunk(self, request: ChunkRequest) -> Chunk:
        began = anyio.current_time()
        await self.info(request.avatar_id)
        drawn = await self._pictures(request)
        seconds = self._rtf * request.pictures / request.profile.fps
        await anyio.sleep(began + seconds - anyio.current_time())
        # One after the other, since neighbouring IDR pictures must differ in idr_pic_id (H.264 7.4.3).
        units = [drawn.access_units[(request.start_frame + k) % 2] for k in range(request.pictures)]
        told = {"start_frame": request.start_frame, "frames": request.frames, "step": request.step}
        return drawn.model_copy(update={**told, "access_units": units, "engine": self.name, "wall_ms": 1000 * seconds})

    async def _pictures(self, request: ChunkRequest) -> Chunk:
        """The avatar at rest, coded as an even and as an odd frame."""
        key = request.avatar_id, request.profile
        if key not in self._drawn:
            rest = ChunkRequest(avatar_id=request.avatar_id, profile=request.profile, start_frame=0, frames=2)
            self._drawn[key] = await super().chunk(rest)
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return self._drawn[key]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.slow_animation")
    parser.add_argument("--port", type=int, default=AnimationSettings().port)
    parser.add_argument("--rtf", type=float, default=3.0, help="seconds of work a second of video")
    parser.add_argument("--workers", type=int, default=1, help="how many chunks are worked on at once")
    given = parser.parse_args(arguments)
    logs.configure()
    ENGINES.add("slow", "benchmarks.slow_animation:SlowEngine")
    cost = {"frame_cost_ms": 1000 * given.rtf / VideoProfile().fps, "headroom": 1.0}
    build(SlowSettings(engine="slow", port=given.port, workers=given.workers, rtf=given.rtf, **cost)).start()


if __name__ == "__main__":
    main()
