"""An animation service that is slower than real time, its work being waiting: what several machines with a slow engine would be.

``ANIMATION_PORT=… python -m benchmarks.slow_animation``; three times slower, one worker.
"""

from __future__ import annotations

import anyio

from comps.animation.engine import ENGINES
from comps.animation.engines.warp import WarpEngine
from comps.animation.service import build
from comps.cores.common.settings import AnimationSettings
from comps.cores.proto.avatar import Chunk, ChunkRequest
from comps.cores.telemetry import logs

#: Seconds of work a second of video.
RTF = 3.0


class SlowEngine(WarpEngine):
    """Draws one picture of a chunk, and waits for as long as drawing all of them would take."""

    name = "slow"

    async def chunk(self, request: ChunkRequest) -> Chunk:
        seconds = RTF * request.frames / request.profile.fps
        began = anyio.current_time()
        one = await super().chunk(request.model_copy(update={"frames": 1, "step": 1}))
        await anyio.sleep(began + seconds - anyio.current_time())
        units = one.access_units * len(range(0, request.frames, request.step))
        told = {"frames": request.frames, "step": request.step, "wall_ms": 1000 * seconds, "engine": self.name}
        return one.model_copy(update={"access_units": units, **told})


def main() -> None:
    logs.configure()
    ENGINES.add("slow", "benchmarks.slow_animation:SlowEngine")
    build(AnimationSettings(engine="slow", workers=1, frame_cost_ms=1000 * RTF / 25, headroom=1.0)).start()


if __name__ == "__main__":
    main()
