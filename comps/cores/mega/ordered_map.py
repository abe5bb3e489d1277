"""Many requests at once, their answers in order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import anyio

from comps.cores.mega.channel import Channel


class _Slot:
    """The place of one answer in the order."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.filled = anyio.Event()


async def ordered_map(
    requests: AsyncGenerator[Any, None],
    ask: Callable[[Any], Awaitable[Any]],
    pass_on: Callable[[Any], Awaitable[None]],
    max_parallel: int,
) -> None:
    """``ask`` each of ``requests``, at most ``max_parallel`` at a time, and ``pass_on`` the answers in the requests' order.

    As many answers again may wait for an earlier one. ``requests`` is read no further ahead than that, and closed at the end. The
    first error of any of the three ends it all.
    """
    running = anyio.Semaphore(max_parallel)
    ahead = anyio.Semaphore(2 * max_parallel)
    order: Channel[_Slot] = Channel(2 * max_parallel + 1)

    async with anyio.create_task_group() as tasks:

        async def fill(slot: _Slot, request: Any) -> None:
            try:
                slot.answer = await ask(request)
            finally:
                running.release()
            slot.filled.set()

        async def read() -> None:
            async with aclosing(requests):
                async for request in requests:
                    await ahead.acquire()
                    await running.acquire()
                    slot = _Slot()
                    tasks.start_soon(fill, slot, request)
                    await order.send(slot)
            order.close()

        tasks.start_soon(read)
        async for slot in order:
            await slot.filled.wait()
            await pass_on(slot.answer)
            ahead.release()
