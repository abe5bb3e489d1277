"""A second animation engine for tests: it draws as warp does, and like Wav2Lip it needs the sound of what it draws."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import ClassVar

from comps.animation.engine import ENGINES
from comps.animation.engines.warp import WarpEngine
from comps.cores.common.settings import AnimationSettings
from comps.cores.errors import BadInput, NodeUnavailable
from comps.cores.proto.avatar import HEARING_S, Chunk, ChunkRequest

NAME = "hearing"


class HearingEngine(WarpEngine):
    """Refuses what is spoken without its sound."""

    name = NAME
    hears = True
    restores = ("mouth",)
    #: Of all of them: profiles of chunks that were drawn, how often one was started, whether it can be.
    drawn: ClassVar[list[ChunkRequest]] = []
    starts = 0
    can_start = True
    reason: str | None = None

    @classmethod
    def unavailable(cls, settings: AnimationSettings) -> str | None:
        return cls.reason or super().unavailable(settings)

    def picture_s(self, restore: str, size: int) -> float:
        if not type(self).starts:
            return 0.0
        return 0.08 if restore == "mouth" else 0.04

    async def start(self) -> None:
        if not type(self).can_start:
            raise NodeUnavailable("no memory", node="animation")
        type(self).starts += 1
        await super().start()

    async def chunk(self, request: ChunkRequest) -> Chunk:
        if _speaks(request) and not _is_heard(request):
            raise BadInput("an engine that hears needs the sound", field="pcm")
        self.drawn.append(request)
        return (await super().chunk(request)).model_copy(update={"engine": NAME})


def _speaks(request: ChunkRequest) -> bool:
    begin, end = (frame / request.profile.fps for frame in (request.start_frame, request.start_frame + request.frames))
    return any(start < end and stop > begin for start, stop, name in request.phonemes if not name.startswith("_"))


def _is_heard(request: ChunkRequest) -> bool:
    """Whether the sound reaches from before the chunk, or the answer's beginning, to its end at least."""
    begin, end = (frame / request.profile.fps for frame in (request.start_frame, request.start_frame + request.frames))
    heard_until = request.pcm_start_s + len(request.pcm) / 2 / request.sample_rate
    heard_from = max(request.phonemes[0][0], begin - HEARING_S)
    return request.pcm_start_s <= heard_from + 1e-3 and heard_until > end - 1 / request.profile.fps


@contextlib.contextmanager
def registered(*, first: bool = False) -> Iterator[type[HearingEngine]]:
    """The engine is one of the service's inside; ``first``: the best of them."""
    known = dict(ENGINES._targets)
    hearing = {NAME: f"{__name__}:HearingEngine"}
    ENGINES._targets = {**hearing, **known} if first else {**known, **hearing}
    HearingEngine.drawn, HearingEngine.starts, HearingEngine.can_start, HearingEngine.reason = [], 0, True, None
    try:
        yield HearingEngine
    finally:
        ENGINES._targets = known


def main() -> None:
    """The animation service, with one engine more."""
    from comps.animation.service import main as serve

    with registered():
        serve()


if __name__ == "__main__":
    from tests.animation.hearing import main as imported_once

    imported_once()
