"""Dynamic batching: requests that wait in a buffer are answered together (OPEA comps 1.5, ``MicroService.dynamic_batching``)."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from comps.cores.mega.constants import ServiceType

Infer = Callable[[ServiceType, list[dict[str, Any]]], Awaitable[list[Any]]]


class Batching:
    """Every ``timeout`` seconds what waits of each type, at most ``most``, goes to ``infer()``; its results, or its failure, to
    the futures that wait. A resource of the service.

    ``buffer``: of each type ``{"request": …, "response": Future}``, under ``lock``.
    """

    def __init__(self, timeout: float, most: int, infer: Callable[[], Infer]) -> None:
        self.lock = asyncio.Lock()
        self.buffer: defaultdict[ServiceType, deque[dict[str, Any]]] = defaultdict(deque)
        self._timeout = timeout
        self._most = most
        self._infer = infer
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for waiting in self.buffer.values():
            while waiting:
                waiting.popleft()["response"].cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._timeout)
            async with self.lock:
                batches = {kind: _taken(waiting, self._most) for kind, waiting in self.buffer.items() if waiting}
            for kind, batch in batches.items():
                await self._answer(kind, batch)

    async def _answer(self, kind: ServiceType, batch: list[dict[str, Any]]) -> None:
        futures = [item["response"] for item in batch]
        try:
            results = await self._infer()(kind, batch)
            if len(results) != len(batch):
                raise ValueError(f"{len(batch)} requests were answered with {len(results)} results")
        except Exception as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)


def _taken(waiting: deque[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return [waiting.popleft() for _ in range(min(most, len(waiting)))]
