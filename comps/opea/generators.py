"""Hooks may be plain generators that read an answer with ``for``, as OPEA's are; they must not stop the event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import anyio
from anyio import from_thread, to_thread

_END = object()


class EitherIterator:
    """Items of an asynchronous iterator, read by ``async for``, or by ``for`` in a worker thread of the event loop's."""

    def __init__(self, items: AsyncIterator[Any]) -> None:
        self._items = items

    def __aiter__(self) -> EitherIterator:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._items)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        item = from_thread.run(self._next)
        if item is _END:
            raise StopIteration
        return item

    async def _next(self) -> Any:
        return await anext(self._items, _END)


async def either(generator: Any) -> AsyncGenerator[Any, None]:
    """What a generator of either kind yields; a plain one runs in a thread, closed when this is."""
    if hasattr(generator, "__aiter__"):
        async for item in generator:
            yield item
        return
    iterator = iter(generator)
    try:
        while (item := await to_thread.run_sync(next, iterator, _END)) is not _END:
            yield item
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(close)
