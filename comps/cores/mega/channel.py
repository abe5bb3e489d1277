"""A queue between the nodes of a graph, bounded by what its items weigh: media is bounded in its milliseconds."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


class Signal:
    """Wakes all who wait for it. They look again at what they wait for; what was told before they waited is not kept."""

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    async def wait(self) -> None:
        self._event = self._event or anyio.Event()
        await self._event.wait()

    def notify(self) -> None:
        if self._event is not None:
            self._event.set()
            self._event = None


class Channel(Generic[T]):
    """First in, first out, from any number of senders to one receiver: ``async for item in channel``.

    A sender waits while the items inside weigh ``bound`` or more; a single item may weigh more than that. Waiting on either side
    can be cancelled, and nothing is lost by it.
    """

    def __init__(self, bound: float) -> None:
        self._bound = bound
        self._items: deque[tuple[T, float]] = deque()
        self._weight = 0.0
        self._closed = False
        self._released = False
        self._error: BaseException | None = None
        self._changed = Signal()

    async def send(self, item: T, weight: float = 1.0) -> None:
        """Put ``item`` in, once there is room. What nobody will receive is dropped."""
        while self._weight >= self._bound and not self._released:
            await self._changed.wait()
        self.put(item, weight)

    def put(self, item: T, weight: float = 1.0) -> None:
        """Put ``item`` in at once, whether there is room or not."""
        if not self._released:
            self._items.append((item, weight))
            self._weight += weight
            self._changed.notify()

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more is sent. The receiver gets what is inside; then ``error`` is raised there, if there is one."""
        self._closed, self._error = True, error
        self._changed.notify()

    def take_waiting(self) -> list[T]:
        """All that can be received without waiting."""
        items = [item for item, _ in self._items]
        self._items.clear()
        self._weight = 0.0
        self._changed.notify()
        return items

    def release(self) -> None:
        """Nothing more is received: senders need not wait any longer."""
        self._released = True
        self._items.clear()
        self._changed.notify()

    def __aiter__(self) -> Channel[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._closed:
                raise self._error or StopAsyncIteration
            await self._changed.wait()
        item, weight = self._items.popleft()
        self._weight -= weight
        self._changed.notify()
        return item
