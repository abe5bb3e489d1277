"""A place among the faces that are drawn in real time: shares of the animation service's replicas, reserved before anything
starts.
"""

from __future__ import annotations

import contextlib
import math
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from AvatarChatbot.avatarchatbot import AvatarChatbot
from comps.cores import retry_after
from comps.cores.errors import NodeError, Overloaded, Problem, RelayedProblem
from comps.cores.mega.first_error import first_error
from comps.cores.proto.avatar import MAX_CHUNK_S, VideoProfile
from comps.media.timeline import LIVE_SHORTEST_S

_PATH = "/v1/animation/reservations"
#: Shares lapse this long after they were last renewed, so that a gateway that dies gives them back.
_TTL_S = 10.0
_RENEWED_EVERY_S = 3.0
_TOO_MANY = 429
#: Cap on the wait that a refused client is told: sessions often end earlier than their deadline. Seconds.
_LONGEST_WAIT_S = 60.0
#: Time that a streamed answer is assumed to hold a place until one was measured, seconds; weight of a new measurement.
_ANSWER_S, _LEARNT = 10.0, 0.2
_SHORT_S = 0.24
#: Frames that a picture stands for where half of them are drawn.
_HALF = 2
#: Rounding among many shares, frames a second.
_ENOUGH_FPS = 0.01


@dataclass(frozen=True)
class Place:
    """``reservation``: what chunks carry. ``frame_s``: what drawing a frame takes, seconds. ``step``: how many frames one picture
    stands for, where all of them could not be drawn in real time by anybody.
    """

    reservation: str | None
    frame_s: float
    step: int = 1


@dataclass
class _Grants:
    """What replicas gave: ``fps`` together, of ``capacity_fps`` that all of them have. ``cost_ms``: the most that a frame takes.
    ``waits_s``: how soon those may give something that gave nothing. Replicas that keep no account are taken as free.
    """

    fps: float = 0.0
    capacity_fps: float = 0.0
    cost_ms: float = 0.0
    waits_s: list[float] = field(default_factory=list)


def chunk_seconds(place: Place, profile: VideoProfile) -> tuple[float, float]:
    """How long the first chunk of an answer that is watched may be, and the others: little enough to be there at once, then
    what costs least. Where drawing is slower than playing, and replicas share the work, all are short: the sooner each is there.
    """
    if place.frame_s < place.step / profile.fps:
        return _SHORT_S, MAX_CHUNK_S
    return LIVE_SHORTEST_S, LIVE_SHORTEST_S


class Capacity:
    """Takes places at the replicas of ``chatbot``'s animation service. ``clock``: seconds."""

    def __init__(self, chatbot: AvatarChatbot, clock: Callable[[], float] = anyio.current_time) -> None:
        self._client = chatbot.megaservice.client
        self._animation = chatbot.animation
        self._clock = clock
        self._frees_in_s: dict[str, Callable[[], float]] = {}  # of each place that is held
        self._answer_s = _ANSWER_S

    @asynccontextmanager
    async def place(self, profile: VideoProfile, frees_in_s: Callable[[], float] | None = None) -> AsyncIterator[Place]:
        """A place for as long as the context lasts. ``frees_in_s``: asked how soon it may end; None: with an answer.

        Raises Overloaded where the replicas are full, with how soon the first of those that hold a place may leave; with
        ``field`` engine where they could not draw it in real time if they were empty.
        """
        key = uuid.uuid4().hex
        taken: list[str] = []
        begun = self._clock()
        try:
            step, frame_s = await self._take(key, profile, taken)
            self._frees_in_s[key] = frees_in_s or (lambda: self._answer_s - (self._clock() - begun))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._renew, key, taken)
                yield Place(key if taken else None, frame_s, step)
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise first_error(group) from None
        finally:
            if self._frees_in_s.pop(key, None) is not None and frees_in_s is None:
                self._answer_s += _LEARNT * (self._clock() - begun - self._answer_s)
            with anyio.CancelScope(shield=True):
                for address in taken:
                    await self._quietly("DELETE", key, address)

    async def _take(self, key: str, profile: VideoProfile, taken: list[str]) -> tuple[int, float]:
        """Shares that make up a place: how many frames one picture stands for, and what one takes, seconds.

        Half of the frames is a place only where the replicas could draw no more if they were empty.
        """
        addresses = await self._client.addresses(self._animation)
        grants = await self._ask(key, profile, profile.fps, addresses, taken)
        if grants.fps >= profile.fps - _ENOUGH_FPS or not (taken or grants.waits_s):
            return 1, grants.cost_ms / 1000
        half = profile.fps / _HALF
        if grants.capacity_fps < profile.fps and grants.fps >= half - _ENOUGH_FPS:
            kept: list[str] = []
            grants = await self._ask(key, profile, half, taken, kept)
            for address in taken:
                if address not in kept:
                    await self._quietly("DELETE", key, address)
            taken[:] = kept
            if grants.fps >= half - _ENOUGH_FPS:
                return _HALF, grants.cost_ms / 1000
        wait_s = self._wait_s(min(grants.waits_s, default=1.0))
        if grants.capacity_fps < half:
            # Waiting does not help: another engine does, or a smaller picture.
            raise Overloaded("this cannot be drawn in real time here", retry_after=wait_s, node="animation", field="engine")
        raise Overloaded("all places are taken", retry_after=wait_s, node="animation")

    async def _ask(self, key: str, profile: VideoProfile, fps: float, addresses: list[str], taken: list[str]) -> _Grants:
        """Ask replicas, one after the other, for ``fps`` frames a second together. ``taken`` gets those that gave some."""
        grants = _Grants()
        drawn = {"size": profile.size, "engine": profile.engine, "restore": profile.restore}
        for address in addresses:
            asked = {**drawn, "reservation": key, "fps": fps - grants.fps, "at_least": 0.0, "ttl_s": _TTL_S}
            try:
                granted = await self._client.call(self._animation, asked, path=_PATH, address=address)
            except RelayedProblem as problem:
                if problem.status != _TOO_MANY:
                    raise
                grants.waits_s.append(retry_after.seconds(problem.headers.get("Retry-After")))
                grants.capacity_fps += float(problem.extra.get("capacity_fps", math.inf))
                continue
            except NodeError:
                continue
            taken.append(address)
            grants.fps += float(granted["fps"])
            grants.capacity_fps += float(granted.get("capacity_fps", math.inf))
            grants.cost_ms = max(grants.cost_ms, float(granted["cost_ms"]))
            if grants.fps >= fps - _ENOUGH_FPS:
                break
        return grants

    def _wait_s(self, told: float) -> float:
        """Seconds until a place may be free. ``told``: the replicas' estimate, which leaves out that shares are renewed."""
        soonest = min((frees_in_s() for frees_in_s in self._frees_in_s.values()), default=told)
        return min(max(soonest, 1.0), _LONGEST_WAIT_S)

    async def _renew(self, key: str, taken: list[str]) -> None:
        while True:
            await anyio.sleep(_RENEWED_EVERY_S)
            for address in taken:
                await self._quietly("PUT", key, address)

    async def _quietly(self, method: str, key: str, address: str) -> None:
        """A replica that is gone keeps no account either."""
        with contextlib.suppress(Problem), anyio.move_on_after(_RENEWED_EVERY_S):
            await self._client.call(self._animation, None, path=f"{_PATH}/{key}", method=method, address=address)
