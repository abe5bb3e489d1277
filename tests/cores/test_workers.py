"""Worker processes: results, errors, cancelling, timeouts, crashes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import anyio
import pytest

from comps.cores.errors import NodeTimeout, NodeUnavailable, NoFace
from comps.cores.workers.pool import WorkerPool
from comps.cores.workers.wire import WorkerError

pytestmark = pytest.mark.anyio
_TARGET = "tests.cores.toy_worker:ToyWorker"


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(_TARGET, {"base": 40}, node="toy", size=1, environment={"TOY": "yes"})
    await pool.start()
    yield pool
    await pool.stop()


async def test_result_and_environment(pool: WorkerPool) -> None:
    assert await pool.call("add", 2) == 42
    assert await pool.call("environment", "TOY") == "yes"
    assert await pool.call("environment", "OPENBLAS_NUM_THREADS") == "1"
    assert await pool.call("environment", "ORT_DISABLE_TELEMETRY") == "1"


async def test_printing_does_not_break_the_frames(pool: WorkerPool) -> None:
    assert await pool.call("chatter") == "fine"


async def test_problems_keep_their_type_and_field(pool: WorkerPool) -> None:
    with pytest.raises(NoFace) as caught:
        await pool.call("no_face")
    assert caught.value.document()["field"] == "avatar"
    assert caught.value.status == 422


async def test_other_errors_arrive_as_text(pool: WorkerPool) -> None:
    with pytest.raises(WorkerError, match="ZeroDivisionError"):
        await pool.call("divide_by_zero")


async def test_cancelled_work_that_looks_at_the_flag_keeps_its_process(pool: WorkerPool) -> None:
    pid = await pool.call("pid")
    task = asyncio.create_task(pool.call("work_in_pieces"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await pool.call("pid") == pid


async def test_cancelled_work_that_does_not_look_is_ended(pool: WorkerPool) -> None:
    pid = await pool.call("pid")
    task = asyncio.create_task(pool.call("sleep", 60))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await pool.call("pid") != pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_caller_cancelled_again_and_again_leaves_the_worker_in_order(pool: WorkerPool) -> None:
    """anyio's scopes cancel at every step of the event loop until the task has left them."""
    for _ in range(20):
        with anyio.move_on_after(0.02):
            await pool.call("work_in_pieces")
        assert await pool.call("add", 2) == 42


async def test_timeout(pool: WorkerPool) -> None:
    with pytest.raises(NodeTimeout):
        await pool.call("sleep", 60, timeout=0.2)
    assert await pool.call("add", 1) == 41


async def test_a_worker_that_dies_is_replaced(pool: WorkerPool) -> None:
    pid = await pool.call("pid")
    task = asyncio.create_task(pool.call("sleep", 60))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(NodeUnavailable):
        await task
    assert await pool.call("add", 1) == 41


async def test_a_factory_that_fails_says_why() -> None:
    pool = WorkerPool(_TARGET, {"base": None}, node="toy")
    with pytest.raises(NoFace):
        await pool.start()


async def test_results_are_never_mixed_up() -> None:
    pool = WorkerPool(_TARGET, {"base": 0}, node="toy", size=2)
    try:
        results = await asyncio.gather(*(pool.call("add", number) for number in range(50)))
    finally:
        await pool.stop()
    assert results == list(range(50))


async def test_idle_processes_are_given_back() -> None:
    pool = WorkerPool(_TARGET, {"base": 0}, node="toy", idle_s=0.05)
    pid = await pool.call("pid")
    for _ in range(100):
        await asyncio.sleep(0.02)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
    else:
        pytest.fail("the idle process still runs")
    assert await pool.call("add", 3) == 3
    await pool.stop()
