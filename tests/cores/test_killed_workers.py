"""Workers that are killed, at every moment of their life, under both event loops: the next job always runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from comps.cores.errors import NodeTimeout, NodeUnavailable
from comps.cores.workers.pool import WorkerPool
from tests.cores.toy_worker import Riddle

_TOY = "tests.cores.toy_worker:ToyWorker"
_SLOW = "tests.cores.toy_worker:SlowToyWorker"
pytestmark = pytest.mark.anyio
#: A lost slot shows as a call that never returns.
_SOON_S = 20.0


@pytest.fixture(scope="module", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Services run under uvloop, whose closed pipes raise other errors than asyncio's."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(_TOY, {"base": 40}, node="toy")
    await pool.start()
    yield pool
    await pool.stop()


async def _next_job_runs(pool: WorkerPool) -> None:
    async with asyncio.timeout(_SOON_S):
        assert await pool.call("add", 2) == 42
        await pool.ready()


def _kill(pool: WorkerPool) -> None:
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)


async def _gone(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            await asyncio.sleep(0.005)


async def _working(pool: WorkerPool, method: str = "sleep", *args: object) -> asyncio.Task[object]:
    job = asyncio.create_task(pool.call(method, *(args or (60,))))
    await asyncio.sleep(0.1)
    return job


async def _while_idle_and_asked_at_once(pool: WorkerPool) -> None:
    _kill(pool)


async def _while_idle_and_asked_later(pool: WorkerPool) -> None:
    (pid,) = pool.pids
    _kill(pool)
    await _gone(pid)


async def _before_the_job_is_sent(pool: WorkerPool) -> None:
    job = asyncio.create_task(pool.call("add", 1))
    _kill(pool)
    assert await job == 41, "what has not begun runs in the next worker"


async def _during_the_job(pool: WorkerPool) -> None:
    job = await _working(pool)
    _kill(pool)
    with pytest.raises(NodeUnavailable):
        await job


async def _in_the_middle_of_a_reply(pool: WorkerPool) -> None:
    with pytest.raises(NodeUnavailable):
        await pool.call("cut_reply")


async def _during_the_grace(pool: WorkerPool) -> None:
    job = await _working(pool)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    _kill(pool)


async def _just_before_the_caller_leaves(pool: WorkerPool) -> None:
    """What ``dead_worker.py`` saw: the job is given up when the pipe to its process is closed already."""
    job = await _working(pool)
    _kill(pool)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


async def _just_before_a_timeout(pool: WorkerPool) -> None:
    job = asyncio.create_task(pool.call("sleep", 60, timeout=0.1))
    await asyncio.sleep(0.098)
    _kill(pool)
    with pytest.raises((NodeTimeout, NodeUnavailable)):
        await job


async def _by_itself(pool: WorkerPool) -> None:
    with pytest.raises(NodeUnavailable):
        await pool.call("end")


async def _because_its_reply_cannot_be_read(pool: WorkerPool) -> None:
    with pytest.raises(NodeUnavailable):
        await pool.call("riddle")


async def _because_it_cannot_read_the_job(pool: WorkerPool) -> None:
    with pytest.raises(NodeUnavailable):
        await pool.call("take", Riddle(os.getpid()))


_MOMENTS = (
    _while_idle_and_asked_at_once,
    _while_idle_and_asked_later,
    _before_the_job_is_sent,
    _during_the_job,
    _in_the_middle_of_a_reply,
    _during_the_grace,
    _just_before_the_caller_leaves,
    _just_before_a_timeout,
    _by_itself,
    _because_its_reply_cannot_be_read,
    _because_it_cannot_read_the_job,
)


@pytest.mark.parametrize("dies", _MOMENTS, ids=lambda moment: moment.__name__.strip("_"))
async def test_the_next_job_runs_whenever_a_worker_dies(pool: WorkerPool, dies: Callable[[WorkerPool], Awaitable[None]]) -> None:
    for _ in range(3):
        async with asyncio.timeout(_SOON_S):
            await dies(pool)
        await _next_job_runs(pool)
    assert len(pool.pids) == 1


async def test_thirty_workers_killed_in_the_middle_of_a_job(pool: WorkerPool) -> None:
    for number in range(30):
        job = asyncio.create_task(pool.call("sleep", 0.15))
        await asyncio.sleep(0.005 * number)
        _kill(pool)
        if number % 3 == 0:
            job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await _next_job_runs(pool)


async def test_a_job_whose_arguments_cannot_be_pickled_costs_no_worker(pool: WorkerPool) -> None:
    before = pool.pids
    with pytest.raises((AttributeError, TypeError)):
        await pool.call("take", lambda: None)
    await _next_job_runs(pool)
    assert pool.pids == before


async def test_a_reply_that_cannot_be_pickled_costs_no_worker(pool: WorkerPool) -> None:
    before = pool.pids
    for method in ("unpicklable", "unpicklable_problem"):
        with pytest.raises(Exception, match="pickle"):
            await pool.call(method)
    await _next_job_runs(pool)
    assert pool.pids == before


async def test_a_process_that_cannot_be_killed_costs_no_slot(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(asyncio.subprocess.Process, "kill", refuse)
    with pytest.raises(NodeTimeout):
        await pool.call("sleep", 60, timeout=0.05)
    await _next_job_runs(pool)


async def test_a_lease_never_goes_on_in_another_worker(pool: WorkerPool) -> None:
    async with pool.lease() as lease:
        _kill(pool)
        await lease.call("note", 7)
        assert await lease.call("noted") == 7
        _kill(pool)
        with pytest.raises(NodeUnavailable):
            await lease.call("noted")
        with pytest.raises(NodeUnavailable):
            await lease.call("noted")
    await _next_job_runs(pool)


def _started(folder: Path) -> list[int]:
    """The pids of the workers that have begun to start, in order."""
    return [int(path.name) for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)]


async def _begun_to_start(folder: Path, count: int) -> int:
    """The pid of the ``count``-th worker, as soon as it begins to start."""
    async with asyncio.timeout(_SOON_S):
        while len(pids := _started(folder)) < count:
            await asyncio.sleep(0.01)
    return pids[-1]


async def test_killed_as_it_starts_another_starts(tmp_path: Path) -> None:
    pool = WorkerPool(_SLOW, {"folder": str(tmp_path), "seconds": 0.3}, node="toy")
    for number in range(3):
        job = asyncio.create_task(pool.call("add", 1))
        pid = await _begun_to_start(tmp_path, 2 * number + 1)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(_SOON_S):
            assert await job == 1
        _kill(pool)
    await pool.stop()


async def test_a_caller_who_leaves_while_a_worker_starts_takes_nothing_along(tmp_path: Path) -> None:
    pool = WorkerPool(_SLOW, {"folder": str(tmp_path), "seconds": 0.3}, node="toy")
    for wait in (0.0, 0.001, 0.01, 0.1, 0.2):
        with anyio.move_on_after(wait):
            await pool.call("add", 1)
    async with asyncio.timeout(_SOON_S):
        assert await pool.call("add", 1) == 1
    assert len(_started(tmp_path)) == 1, "the one that was on its way is used"
    await pool.stop()


async def test_stop_ends_a_worker_that_starts_and_one_that_settles(tmp_path: Path) -> None:
    starting = WorkerPool(_SLOW, {"folder": str(tmp_path), "seconds": 30}, node="toy")
    waits = asyncio.create_task(starting.call("add", 1))
    pid = await _begun_to_start(tmp_path, 1)
    settling = WorkerPool(_TOY, {"base": 40}, node="toy")
    await settling.start()
    left, works = await _working(settling), asyncio.create_task(settling.call("add", 1))
    (other,) = settling.pids
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    async with asyncio.timeout(5):
        await asyncio.gather(starting.stop(), settling.stop())
        for job in (waits, works):
            with pytest.raises(NodeUnavailable):
                await job
        await asyncio.gather(_gone(pid), _gone(other))


async def test_stop_ends_a_worker_in_the_middle_of_a_job_and_refuses_the_next(pool: WorkerPool) -> None:
    job = await _working(pool)
    async with asyncio.timeout(5):
        await pool.stop()
        for work in (job, pool.call("add", 1), pool.ready()):
            with pytest.raises(NodeUnavailable):
                await work


async def test_busy_workers_are_ready_and_their_jobs_are_not_waited_for(pool: WorkerPool) -> None:
    job = await _working(pool)
    async with asyncio.timeout(1):
        await pool.ready()
    assert not job.done()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


async def test_no_worker_that_can_start_is_not_ready(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/nonexistent/python")
        job = await _working(pool)
        _kill(pool)
        await asyncio.gather(job, return_exceptions=True)
        for _ in range(2):
            with pytest.raises(NodeUnavailable):
                await pool.ready()
    await pool.ready()
    assert len(pool.pids) == 1, "the probe's job ran"


async def test_a_worker_that_does_not_answer_is_not_ready_and_is_replaced(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comps.cores.workers.pool._PROOF_S", 0.0)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NodeUnavailable):
        await pool.ready()
    await _next_job_runs(pool)
    assert pool.pids != [pid]


async def test_many_probes_are_one_job(pool: WorkerPool) -> None:
    await pool.call("add", 1)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(0.5):
        await asyncio.gather(*(pool.ready() for _ in range(1000)))
    os.kill(pid, signal.SIGCONT)


async def test_probes_start_no_idle_worker_and_keep_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comps.cores.workers.pool._PROOF_S", 0.0)
    pool = WorkerPool(_SLOW, {"folder": str(tmp_path), "seconds": 0}, node="toy", idle_s=0.3)
    await pool.ready()
    assert not pool.pids
    await pool.call("add", 1)
    async with asyncio.timeout(_SOON_S):
        while pool.pids:
            await pool.ready()
            await asyncio.sleep(0.02)
        await pool.call("add", 1)
        _kill(pool)
        while pool.pids:
            await asyncio.sleep(0.01)
        await pool.ready()
    assert len(pool.pids) == 1, "one that failed must show that it can start"
    await pool.stop()


async def test_callers_who_leave_at_any_step_cost_no_slot(pool: WorkerPool) -> None:
    """Each is cancelled after another number of steps of the event loop, some when the process has just been killed."""
    for steps in range(60):
        callers = [asyncio.create_task(work) for work in (pool.call("add", 2), pool.ready(), pool.call("add", 2))]
        if steps % 5 == 0:
            _kill(pool)
        for caller in callers:
            for _ in range(steps):
                await asyncio.sleep(0)
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        assert len(pool.pids) <= pool.size
    await _next_job_runs(pool)
