"""What the service can draw in real time, by its measured cost: shares of it are reserved, and work it cannot do is refused."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import Field

from comps.animation.cost import USUAL_SIZE, PictureCosts, pixels
from comps.animation.priority import PriorityLimiter
from comps.cores.errors import BadInput, NotFound, Overloaded
from comps.cores.proto.avatar import Chunk, ChunkRequest, EngineName, Restore, VideoProfile
from comps.cores.proto.base_doc import BaseDoc

#: No more work than this is taken on, seconds.
_LONGEST_QUEUE_S = 60.0
#: Chunks that are due later than this wait with those that have no reservation, seconds: an answer is drawn far ahead of its
#: player only where nobody waits for anything else.
_SOON_S = 5.0
#: Turns at the workers: chunks with a reservation go before those without.
_RESERVED, _OTHERS = 0, 1


class ReservationRequest(BaseDoc):
    """A share of the service: ``fps`` frames a second of ``size``², drawn by ``engine`` with ``restore`` (of a VideoProfile), for
    ``ttl_s`` seconds unless renewed.

    Where there is less, ``at_least`` will do: a megaservice with several replicas takes a share of each, under one name of its
    own, ``reservation``. Asked for again under the same name it takes the place of what was granted before.
    """

    fps: float = Field(gt=0, le=1000)
    size: int = Field(default=USUAL_SIZE, ge=128, le=1024)
    engine: EngineName = ""
    restore: Restore = ""
    at_least: float | None = Field(default=None, ge=0)
    ttl_s: float = Field(default=10.0, ge=1, le=60)
    reservation: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{16,64}$")


class Reservation(BaseDoc):
    """``fps``: what was granted. ``cost_ms``: wall time of a worker for a frame as it was asked for; ``capacity_fps``: how many
    of these there could be a second if nobody else had any.
    """

    reservation: str
    fps: float
    ttl_s: float
    cost_ms: float
    capacity_fps: float


class Load(BaseDoc):
    """In frames a second of 512² by ``engine``, which draws where none is named, and milliseconds."""

    engine: str
    workers: int
    cost_ms: float
    capacity_fps: float
    reserved_fps: float
    free_fps: float
    queued_frames: int
    queue_ms: float


@dataclass(frozen=True)
class Picture:
    """What sets apart pictures that cost differently."""

    engine: str
    restore: str
    size: int

    @classmethod
    def of(cls, asked: VideoProfile | ReservationRequest) -> Picture:
        return cls(asked.engine, asked.restore, asked.size)


@dataclass
class _Share:
    fps: float
    picture: Picture
    ttl_s: float
    expires: float


class Admission:
    """``workers`` draw; ``cost_s``: what a frame of 512² is taken to cost while nothing was measured, seconds; ``headroom``: the
    share of the capacity that may be reserved. ``clock``: seconds. ``expected_s``: asked what a frame by an engine, with what is
    restored, of a size is expected to take, seconds; 0: unknown. ``usual``: asked for the profile that the load is
    told in frames of.

    The profiles of requests name engines (``Ensemble.pinned``).
    """

    def __init__(
        self,
        workers: int,
        cost_s: float,
        headroom: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        expected_s: Callable[[str, str, int], float] = lambda *_: 0.0,
        usual: Callable[[], VideoProfile] = VideoProfile,
    ) -> None:
        #: How often work was refused, by reason, and how many pictures were drawn, by engine.
        self.refused: Counter[str] = Counter({"reservation": 0, "queue": 0})
        self.pictures: Counter[str] = Counter()
        self._workers = workers
        self._costs: dict[tuple[str, str], PictureCosts] = {}
        self._assumed_s = cost_s
        self._expected_s = expected_s
        self._usual = usual
        self._headroom = headroom
        self._clock = clock
        self._shares: dict[str, _Share] = {}
        self._queued = {_RESERVED: 0.0, _OTHERS: 0.0}
        self._turns = PriorityLimiter(workers)

    @property
    def load(self) -> Load:
        capacity, reserved = self._capacity(), self._reserved()
        return Load(
            engine=self._usual().engine,
            workers=self._workers,
            cost_ms=1000 * self._seconds(self._reference),
            capacity_fps=capacity,
            reserved_fps=reserved,
            free_fps=max(0.0, capacity - reserved),
            queued_frames=round(sum(self._queued.values())),
            queue_ms=1000 * self._queue_s(_OTHERS),
        )

    def reserve(self, request: ReservationRequest) -> Reservation:
        """Raises Overloaded when less is free than will do, BadInput when more would have to be granted than is asked for."""
        at_least = request.fps if request.at_least is None else request.at_least
        if at_least > request.fps:
            raise BadInput("must be no more than fps", field="at_least")
        key = request.reservation or uuid.uuid4().hex
        free = max(0.0, self._capacity() - self._reserved(but=key))
        picture = Picture.of(request)
        granted = min(request.fps, free / self._weight(picture))
        if granted < at_least or granted <= 0:
            what = {"capacity_fps": self._capacity() / self._weight(picture)}
            raise self._refusal("reservation", "no more can be drawn in real time", self._next_free_s(), **what)
        self._shares[key] = _Share(granted, picture, request.ttl_s, self._clock() + request.ttl_s)
        return self._reservation(key)

    def renew(self, key: str) -> Reservation:
        """Raises NotFound when it has lapsed."""
        self._expire()
        if key not in self._shares:
            raise NotFound("there is no such reservation", field="reservation")
        share = self._shares[key]
        share.expires = self._clock() + share.ttl_s
        return self._reservation(key)

    def release(self, key: str) -> None:
        """Harmless to repeat."""
        self._shares.pop(key, None)

    @asynccontextmanager
    async def drawing(self, request: ChunkRequest, within_s: float) -> AsyncIterator[None]:
        """Wait for a worker's turn: those with a reservation first, of each what is due soonest. Raises Overloaded at once when
        there will be none in time.
        """
        self._expire()
        priority = _RESERVED if request.reservation in self._shares else _OTHERS
        wait_s = self._queue_s(priority)
        if wait_s > min(within_s, _LONGEST_QUEUE_S):
            raise self._refusal("queue", "there is too much to draw already", wait_s)
        frames = request.pictures * self._weight(Picture.of(request.profile))
        self._queued[priority] += frames
        try:
            # What is played only later does not go before what others wait for.
            before = priority if request.due_s <= _SOON_S else _OTHERS
            async with self._turns.turn((before, self._clock() + request.due_s)):
                yield
        finally:
            self._queued[priority] -= frames

    def drawn(self, chunk: Chunk, wall_s: float) -> None:
        """Learn what a frame costs from a chunk that took a worker ``wall_s`` seconds; nothing from one that took none."""
        pictures = len(chunk.access_units)
        self.pictures[chunk.engine] += pictures
        if pictures and wall_s > 0:
            picture = Picture.of(chunk.profile)
            self._costs_of(picture).learn(picture.size, wall_s / pictures)

    def costs_s(self) -> dict[Picture, float]:
        """What was measured of late: seconds of a worker for each kind of picture, of the size that was drawn or one near it."""
        return {
            Picture(*kind, size): costs.seconds(size) for kind, costs in self._costs.items() for size in costs.measured_sizes()
        }

    def _reservation(self, key: str) -> Reservation:
        share = self._shares[key]
        cost_s = self._seconds(share.picture)
        capacity_fps = self._workers / cost_s * self._headroom
        return Reservation(reservation=key, fps=share.fps, ttl_s=share.ttl_s, cost_ms=1000 * cost_s, capacity_fps=capacity_fps)

    @property
    def _reference(self) -> Picture:
        """What costs are counted in."""
        usual = self._usual()
        return Picture(usual.engine, usual.restore, USUAL_SIZE)

    def _costs_of(self, picture: Picture) -> PictureCosts:
        kind = picture.engine, picture.restore
        if kind not in self._costs:
            self._costs[kind] = PictureCosts(lambda size: self._expected(*kind, size), self._clock)
        return self._costs[kind]

    def _expected(self, engine: str, restore: str, size: int) -> float:
        return self._expected_s(engine, restore, size) or self._assumed_s * pixels(size)

    def _seconds(self, picture: Picture) -> float:
        return self._costs_of(picture).seconds(picture.size)

    def _weight(self, picture: Picture) -> float:
        """How many frames of the reference one such costs as much as."""
        return self._seconds(picture) / self._seconds(self._reference)

    def _capacity(self) -> float:
        return self._workers / self._seconds(self._reference) * self._headroom

    def _reserved(self, but: str = "") -> float:
        self._expire()
        return sum(share.fps * self._weight(share.picture) for key, share in self._shares.items() if key != but)

    def _expire(self) -> None:
        now = self._clock()
        for key in [key for key, share in self._shares.items() if share.expires <= now]:
            del self._shares[key]

    def _queue_s(self, priority: int) -> float:
        """How long all that goes before a new chunk of this priority will take."""
        frames = sum(queued for before, queued in self._queued.items() if before <= priority)
        return frames * self._seconds(self._reference) / self._workers

    def _next_free_s(self) -> float:
        """Until the first reservation lapses, if nobody renews it."""
        lapses = (share.expires - self._clock() for share in self._shares.values())
        return min(lapses, default=self._queue_s(_OTHERS))

    def _refusal(self, reason: str, detail: str, retry_after: float, **what: float) -> Overloaded:
        self.refused[reason] += 1
        # Rounded up: who comes a moment too early is refused again.
        return Overloaded(detail, retry_after=math.ceil(retry_after), node="animation", **what)
