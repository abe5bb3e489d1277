"""Large bodies take turns; how many at once depends on how busy the event loop is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest

from comps.cores.mega.turns import SMALL, Turns, busy_seconds

pytestmark = pytest.mark.anyio

MIB = 1 << 20


class Machine:
    """Of which a share is in use."""

    def __init__(self) -> None:
        self.now = self.busy = 0.0
        self.turns = Turns(review_s=3600, busy=lambda: self.busy, clock=lambda: self.now)

    def passes(self, seconds: float, busy: float) -> None:
        self.now += seconds
        self.busy += busy * seconds
        self.turns.review()


class Bodies:
    """Requests with bodies of ``size`` that are under way until they are told to end."""

    def __init__(self, machine: Machine, tasks: anyio.abc.TaskGroup) -> None:
        self._machine = machine
        self._tasks = tasks
        self.let_in: list[int] = []
        self._ends: dict[int, anyio.Event] = {}
        self._scopes: dict[int, anyio.CancelScope] = {}

    async def come(self, *sizes: int) -> None:
        for size in sizes:
            number = len(self._ends)
            self._ends[number] = anyio.Event()
            self._scopes[number] = anyio.CancelScope()
            self._tasks.start_soon(self._one, number, size)
        await anyio.wait_all_tasks_blocked()

    async def _one(self, number: int, size: int) -> None:
        with self._scopes[number]:
            async with self._machine.turns.turn(size):
                self.let_in.append(number)
                await self._ends[number].wait()

    async def end(self, number: int) -> None:
        self._ends[number].set()
        await anyio.wait_all_tasks_blocked()

    async def leave(self, number: int) -> None:
        self._scopes[number].cancel()
        await anyio.wait_all_tasks_blocked()


@contextmanager
def bodies(machine: Machine, tasks: anyio.abc.TaskGroup) -> Iterator[Bodies]:
    yield Bodies(machine, tasks)
    tasks.cancel_scope.cancel()


async def test_they_are_let_in_in_order_up_to_the_bound_and_small_ones_at_once() -> None:
    machine = Machine()
    async with anyio.create_task_group() as tasks:
        with bodies(machine, tasks) as those:
            await those.come(3 * MIB, 2 * MIB, MIB, SMALL - 1)
            assert those.let_in == [0, 3]
            await those.end(0)
            assert those.let_in == [0, 3, 1, 2]


async def test_one_that_is_larger_than_the_bound_is_let_in_alone() -> None:
    machine = Machine()
    async with anyio.create_task_group() as tasks:
        with bodies(machine, tasks) as those:
            await those.come(MIB, 50 * MIB, MIB)
            assert those.let_in == [0]
            await those.end(0)
            assert those.let_in == [0, 1]
            await those.end(1)
            assert those.let_in == [0, 1, 2]


async def test_a_loop_with_time_to_spare_lets_more_in_and_a_busy_one_does_not() -> None:
    machine = Machine()
    async with anyio.create_task_group() as tasks:
        with bodies(machine, tasks) as those:
            await those.come(*[MIB] * 12)
            assert len(those.let_in) == 3
            machine.passes(0.05, busy=0.9)
            await anyio.wait_all_tasks_blocked()
            assert len(those.let_in) == 3
            machine.passes(0.05, busy=0.3)
            await anyio.wait_all_tasks_blocked()
            assert len(those.let_in) == 4
            machine.passes(0.05, busy=0.9)
            assert machine.turns.bound == 3 * MIB


async def test_requests_that_take_long_by_themselves_keep_nobody_waiting() -> None:
    machine = Machine()
    async with anyio.create_task_group() as tasks:
        with bodies(machine, tasks) as those:
            await those.come(*[MIB] * 6)
            for _ in range(12):
                machine.passes(0.05, busy=0.99)
            await anyio.wait_all_tasks_blocked()
            assert len(those.let_in) == 6


async def test_who_leaves_while_waiting_takes_no_place() -> None:
    machine = Machine()
    async with anyio.create_task_group() as tasks:
        with bodies(machine, tasks) as those:
            await those.come(4 * MIB, 4 * MIB, MIB)
            await those.leave(1)
            await those.leave(0)
            assert those.let_in == [0, 2]


def test_busy_seconds_grow_with_work() -> None:
    before = busy_seconds()
    sum(range(1_000_000))
    assert busy_seconds() > before
