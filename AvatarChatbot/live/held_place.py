"""A live session's place among the faces that are drawn in real time: given back while nobody talks, and taken again."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from AvatarChatbot.capacity import Capacity, Place
from comps.cores.errors import Problem
from comps.cores.mega.channel import Channel
from comps.cores.proto.avatar import VideoProfile


class _Wish:
    """Somebody waits for a place: ``outcome`` is there once ``done`` is set."""

    def __init__(self, profile: VideoProfile) -> None:
        self.profile = profile
        self.done = anyio.Event()
        self.outcome: Place | Problem


class HeldPlace:
    """``run`` takes places and gives them back, as a task of the session's: what is taken there is given back there.

    ``frees_in_s``: how soon it may be given back, for those who are refused one meanwhile.
    """

    def __init__(self, capacity: Capacity, frees_in_s: Callable[[], float]) -> None:
        self._capacity = capacity
        self._profile: VideoProfile | None = None  # of the place that is held
        self._frees_in_s = frees_in_s
        self._wishes: Channel[_Wish] = Channel(float("inf"))
        self._place: Place | None = None
        self._unwanted = anyio.Event()
        self._taking = anyio.Lock()

    @property
    def is_held(self) -> bool:
        return self._place is not None

    async def take(self, profile: VideoProfile) -> Place:
        """The place that is held, or a new one: in place of another profile's, if one is held. Raises Overloaded, and what asking
        for one raises.
        """
        async with self._taking:
            if self._place is not None and self._profile == profile:
                return self._place
            self.give_back()
            wish = _Wish(profile)
            self._wishes.put(wish)
            await wish.done.wait()
            if isinstance(wish.outcome, Problem):
                raise wish.outcome
            return wish.outcome

    def give_back(self) -> None:
        self._place = None
        self._unwanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        async for wish in self._wishes:
            try:
                async with self._capacity.place(wish.profile, self._frees_in_s) as place:
                    self._place, self._profile, self._unwanted = place, wish.profile, anyio.Event()
                    wish.outcome = place
                    wish.done.set()
                    await self._unwanted.wait()
            except Problem as problem:
                self._place = None
                wish.outcome = problem
                wish.done.set()
