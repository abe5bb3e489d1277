"""Mouths of several sessions in one call of the network."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from comps.animation.wav2lip.batcher import Batcher, Mouths
from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.network_worker import Drawn
from comps.cores.errors import NodeUnavailable

pytestmark = pytest.mark.anyio


class _Network:
    """Draws a frame's crop and mel as one grey. Each call waits to be let go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.error: Exception | None = None
        self._go = asyncio.Semaphore(0)
        self.called = asyncio.Semaphore(0)

    async def draw(self, jobs: list[MouthJob]) -> Drawn:
        self.calls.append([len(job.which) for job in jobs])
        self.called.release()
        await self._go.acquire()
        if self.error is not None:
            raise self.error
        greys = [job.crops[job.which, 0, 0, 0] + job.mels[:, 0, 0] for job in jobs]
        drawn = [np.broadcast_to(grey.astype(np.uint8)[:, None, None, None], (len(grey), 48, 96, 3)) for grey in greys]
        return Drawn(drawn, 40.0, 20.0)

    def let_go(self, times: int = 1) -> None:
        for _ in range(times):
            self._go.release()


def _job(crop: int, frames: int, first: int = 0) -> MouthJob:
    mels = np.broadcast_to(np.arange(first, first + frames, dtype=np.float32)[:, None, None], (frames, 80, 16))
    return MouthJob(np.full((1, 96, 96, 3), crop, np.uint8), np.zeros(frames, np.int64), mels)


def _greys(mouths: Mouths) -> list[int]:
    return [int(grey) for grey in mouths.mouths[:, 0, 0, 0]]


async def _waiting(batcher: Batcher, *jobs: MouthJob) -> list[asyncio.Task[Mouths]]:
    tasks = [asyncio.create_task(batcher.mouths(job)) for job in jobs]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_joined_and_given_back_to_whom_it_belongs() -> None:
    network = _Network()
    batcher = Batcher(network.draw, most=8)
    (first,) = await _waiting(batcher, _job(10, 3))
    await network.called.acquire()
    second, third = await _waiting(batcher, _job(50, 4), _job(100, 6))
    network.let_go(3)
    assert _greys(await first) == [10, 11, 12]
    assert _greys(await second) == [50, 51, 52, 53]
    assert _greys(await third) == [100, 101, 102, 103, 104, 105]
    assert network.calls == [[3], [4, 4], [2]]


async def test_a_job_pays_for_its_share() -> None:
    network = _Network()
    batcher = Batcher(network.draw, most=8)
    (first,) = await _waiting(batcher, _job(10, 1))
    await network.called.acquire()
    second, third = await _waiting(batcher, _job(50, 2), _job(100, 6))
    network.let_go(2)
    assert ((await first).wall_ms, (await second).wall_ms, (await third).cpu_ms) == (20.0, 5.0, 30.0)


async def test_one_who_leaves_gets_no_further_call() -> None:
    network = _Network()
    batcher = Batcher(network.draw, most=4)
    first, second = await _waiting(batcher, _job(10, 12), _job(50, 2))
    await network.called.acquire()
    first.cancel()
    network.let_go(2)
    assert _greys(await second) == [50, 51]
    assert network.calls == [[4], [2]]


async def test_an_error_is_for_those_whose_call_it_was() -> None:
    network = _Network()
    batcher = Batcher(network.draw, most=4)
    (first,) = await _waiting(batcher, _job(10, 4))
    await network.called.acquire()
    (second,) = await _waiting(batcher, _job(50, 2))
    network.error = NodeUnavailable("a worker process has ended", node="animation")
    network.let_go()
    with pytest.raises(NodeUnavailable):
        await first
    network.error = None
    network.let_go()
    assert _greys(await second) == [50, 51]


async def test_stopping_lets_nobody_wait() -> None:
    network = _Network()
    batcher = Batcher(network.draw, most=4)
    tasks = await _waiting(batcher, _job(10, 4), _job(50, 2))
    await network.called.acquire()
    await batcher.stop()
    done, waiting = await asyncio.wait(tasks, timeout=1)
    assert not waiting
    assert all(task.cancelled() for task in done)
