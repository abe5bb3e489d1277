"""A stream whose first item is there already, so that what fails before it can still be told as a failure of the whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """The items of a generator, from the first: ``async for item in begun``."""

    def __init__(self, first: list[T], rest: AsyncGenerator[T, Any]) -> None:
        self._first = first
        self._rest = rest

    def __aiter__(self) -> Begun[T]:
        return self

    async def __anext__(self) -> T:
        return self._first.pop() if self._first else await anext(self._rest)

    async def aclose(self) -> None:
        await self._rest.aclose()


async def begun(items: AsyncGenerator[T, Any]) -> Begun[T]:
    """``items`` with its first made. Raises what making it raises; there may be none."""
    try:
        return Begun([await anext(items)], items)
    except StopAsyncIteration:
        return Begun([], items)
