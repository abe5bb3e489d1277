"""What the service can draw in real time, by its measured cost: shares of it are reserved, and work it cannot do is refused."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from docarray import BaseDoc
from pydantic import Field

from comps.animation.priority import PriorityLimiter
from comps.cores.errors import NotFound, Overloaded
from comps.cores.proto.avatar import Chunk, ChunkRequest

#: Frames of this many pixels a side are what cost is counted in.
_USUAL_SIZE = 512
#: Share of the newest chunk in the running mean of the cost.
_NEWEST = 0.1
#: No more work than this is taken on, seconds.
_LONGEST_QUEUE_S = 60.0


class ReservationRequest(BaseDoc):
    """A share of the service: ``fps`` frames a second of ``size``², for ``ttl_s`` seconds unless renewed.

    Where there is less, ``at_least`` will do: a megaservice with several replicas takes a share of each, under one name of its
    own, ``reservation``.
    """

    fps: float = Field(gt=0, le=1000)
    size: int = Field(default=_USUAL_SIZE, ge=128, le=1024)
    at_least: float | None = Field(default=None, ge=0)
    ttl_s: float = Field(default=10.0, ge=1, le=60)
    reservation: str | None = Field(default=None, min_length=16, max_length=64)


class Reservation(BaseDoc):
    """``fps``: what was granted. ``cost_ms``: wall time of a worker for a frame of the size that was asked for."""

    reservation: str
    fps: float
    ttl_s: float
    cost_ms: float


class Load(BaseDoc):
    """In frames a second of 512², and milliseconds."""

    workers: int
    cost_ms: float
    capacity_fps: float
    reserved_fps: float
    free_fps: float
    queued_frames: int
    queue_ms: float


@dataclass
class _Share:
    fps: float  # of the usual size
    ttl_s: float
    expires: float


def _weight(size: int) -> float:
    """How many frames of the usual size one of ``size`` is worth."""
    return (size / _USUAL_SIZE) ** 2


class Admission:
    """``workers`` draw; ``cost_s``: what a frame of 512² is taken to cost before one was drawn, seconds; ``headroom``: the
    share of the capacity that may be reserved. ``clock``: seconds.
    """

    def __init__(self, workers: int, cost_s: float, headroom: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused: dict[str, int] = {"reservation": 0, "queue": 0}
        self._workers = workers
        self._cost_s = cost_s
        self._headroom = headroom
        self._clock = clock
        self._shares: dict[str, _Share] = {}
        self._queued = 0.0
        self._turns = PriorityLimiter(workers)

    @property
    def load(self) -> Load:
        capacity, reserved = self._capacity(), self._reserved()
        return Load(
            workers=self._workers,
            cost_ms=1000 * self._cost_s,
            capacity_fps=capacity,
            reserved_fps=reserved,
            free_fps=max(0.0, capacity - reserved),
            queued_frames=round(self._queued),
            queue_ms=1000 * self._queue_s(),
        )

    def reserve(self, request: ReservationRequest) -> Reservation:
        """Raises Overloaded when less is free than will do."""
        weight = _weight(request.size)
        free = max(0.0, self._capacity() - self._reserved()) / weight
        granted = min(request.fps, free)
        if granted < (request.fps if request.at_least is None else request.at_least) or granted <= 0:
            raise self._refusal("reservation", "no more can be drawn in real time", self._next_free_s())
        key = request.reservation or uuid.uuid4().hex
        self._shares[key] = _Share(granted * weight, request.ttl_s, self._clock() + request.ttl_s)
        return self._reservation(key, weight)

    def renew(self, key: str) -> Reservation:
        """Raises NotFound when it has lapsed."""
        self._expire()
        if key not in self._shares:
            raise NotFound("there is no such reservation", field="reservation")
        share = self._shares[key]
        share.expires = self._clock() + share.ttl_s
        return self._reservation(key, 1.0)

    def release(self, key: str) -> None:
        """Harmless to repeat."""
        self._shares.pop(key, None)

    @asynccontextmanager
    async def drawing(self, request: ChunkRequest, within_s: float) -> AsyncIterator[None]:
        """Wait for a worker's turn: those with a reservation first. Raises Overloaded at once when there will be none in time."""
        self._expire()
        is_reserved = request.reservation in self._shares
        frames = request.frames / request.step * _weight(request.profile.size)
        if not is_reserved and self._queue_s() > min(within_s, _LONGEST_QUEUE_S):
            raise self._refusal("queue", "there is too much to draw already", self._queue_s())
        self._queued += frames
        try:
            async with self._turns.turn(0 if is_reserved else 1):
                yield
        finally:
            self._queued -= frames

    def drawn(self, chunk: Chunk) -> None:
        """Learn from a chunk what a frame costs."""
        if not chunk.access_units or not chunk.wall_ms:
            return
        cost = chunk.wall_ms / 1000 / len(chunk.access_units) / _weight(chunk.profile.size)
        self._cost_s += _NEWEST * (cost - self._cost_s)

    def _reservation(self, key: str, weight: float) -> Reservation:
        share = self._shares[key]
        return Reservation(reservation=key, fps=share.fps / weight, ttl_s=share.ttl_s, cost_ms=1000 * self._cost_s * weight)

    def _capacity(self) -> float:
        return self._workers / self._cost_s * self._headroom

    def _reserved(self) -> float:
        self._expire()
        return sum(share.fps for share in self._shares.values())

    def _expire(self) -> None:
        now = self._clock()
        for key in [key for key, share in self._shares.items() if share.expires <= now]:
            del self._shares[key]

    def _queue_s(self) -> float:
        return self._queued * self._cost_s / self._workers

    def _next_free_s(self) -> float:
        """Until the first reservation lapses, if nobody renews it."""
        return min((share.expires - self._clock() for share in self._shares.values()), default=self._queue_s())

    def _refusal(self, reason: str, detail: str, retry_after: float) -> Overloaded:
        self.refused[reason] += 1
        return Overloaded(detail, retry_after=retry_after, node="animation")
