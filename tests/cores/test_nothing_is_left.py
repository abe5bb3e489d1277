"""However a turn ends, tasks, sockets and gauges are what they were: 200 randomised runs, on a clock that jumps."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from comps import MicroService, ServiceOrchestrator, ServiceType
from comps.cores.errors import NodeUnavailable, Problem
from comps.cores.proto import sse
from tests.virtual_time import backend

pytestmark = pytest.mark.anyio

HOW = ["whole", "deadline", "cancel", "reader leaves", "reader fails", "slow reader", "fails", "cut", "hangs"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return backend()


class Services:
    """A stream of words and a map over them, each taking its time; told which request is to fail, hang or be cut."""

    def __init__(self) -> None:
        self.rng = random.Random(0)
        self.fails = self.hangs = self.cut = -1
        self.asked = 0
        self.words = MicroService("words", host="127.0.0.1", port=0, timeout=30)
        self.words.add_route("/words", self._words)
        self.echo = MicroService("echo", host="127.0.0.1", port=0, timeout=30)
        self.echo.add_route("/echo", self._echo)

    async def _words(self, request: Request) -> Response:
        async def said() -> AsyncIterator[bytes]:
            for n in range(30):
                await anyio.sleep(0.05)
                if n == self.cut:
                    return
                yield sse.format_event(json.dumps({"n": n}))
            yield sse.format_event("[DONE]")

        return StreamingResponse(said(), media_type=sse.MEDIA_TYPE)

    async def _echo(self, request: Request) -> dict[str, Any]:
        self.asked += 1
        if self.asked == self.hangs:
            await anyio.sleep(1000)
        await anyio.sleep(self.rng.uniform(0.01, 0.4))
        if self.asked == self.fails:
            raise NodeUnavailable("is broken", node="echo")
        return dict(await request.json())

    def in_progress(self) -> float:
        names = ("http_requests_in_progress",)
        return sum(s.metrics.registry.get_sample_value(name) or 0 for s in (self.words, self.echo) for name in names)


def _mega(services: Services) -> ServiceOrchestrator:
    mega = ServiceOrchestrator()
    kind = ServiceType.UNDEFINED
    words = MicroService.remote("words", services.words.base_url, "/words", service_type=kind, streams=True)
    echo = MicroService.remote("echo", services.echo.base_url, "/echo", service_type=kind, map_over=True, max_parallel=3)
    mega.add(words).add(echo)
    mega.flow_to(words, echo)
    mega.media_ms = lambda item: 400.0  # type: ignore[method-assign]
    return mega


async def _run(mega: ServiceOrchestrator, how: str, rng: random.Random) -> None:
    """One turn that ends as ``how`` says."""
    stop_at = rng.randrange(60)
    with anyio.move_on_after(rng.uniform(0, 3) if how in ("deadline", "cancel") else None):
        async with mega.stream({}) as run:
            seen = 0
            async for _ in run:
                seen += 1
                if how == "slow reader":
                    await anyio.sleep(rng.uniform(0, 0.3))
                if how == "reader leaves" and seen > stop_at:
                    return
                if how == "reader fails" and seen > stop_at:
                    raise ZeroDivisionError


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("runs", [40, pytest.param(200, marks=pytest.mark.slow)])
async def test_nothing_is_left_of_a_turn_however_it_ends(runs: int) -> None:
    rng = random.Random(7)
    services = Services()
    ended: dict[str, int] = {}
    async with anyio.create_task_group() as tasks:
        for service in (services.words, services.echo):
            tasks.start_soon(service.server.serve, [service._socket])
        while not (services.words.server.started and services.echo.server.started):
            await anyio.sleep(0.1)
        await anyio.sleep(1)
        before_tasks, before_files = len(asyncio.all_tasks()), _open_files()
        for number in range(runs):
            how = rng.choice(
                ["whole", "deadline", "cancel", "reader leaves", "reader fails", "slow reader", "fails", "cut", "hangs"]
            )
            services.rng, services.asked = random.Random(number), 0
            services.fails = rng.randrange(1, 31) if how == "fails" else -1
            services.hangs = rng.randrange(1, 31) if how == "hangs" else -1
            services.cut = rng.randrange(30) if how == "cut" else -1
            mega = _mega(services)
            try:
                with anyio.fail_after(20 if how == "hangs" else None):
                    await _run(mega, how, rng)
                result = "ended"
            except (Problem, ZeroDivisionError, TimeoutError) as error:
                result = type(error).__name__
            ended[f"{how}: {result}"] = ended.get(f"{how}: {result}", 0) + 1
            assert all(counts.in_flight == 0 for counts in mega.client.counts.values())
            await mega.stop()
            # What the services hear of a closed connection they hear in their own tasks.
            await anyio.sleep(1)
            assert services.in_progress() == 0, how
            assert len(asyncio.all_tasks()) == before_tasks, how
            assert _open_files() == before_files, how
        for service in (services.words, services.echo):
            service.server.should_exit = True
    assert {"whole: ended", "fails: NodeUnavailable", "cut: NodeError"} <= ended.keys()
    # The caller's deadline and the service's are at the same moment of this clock: whichever is first in the heap of timers.
    assert {"hangs: TimeoutError", "hangs: NodeTimeout"} & ended.keys()
