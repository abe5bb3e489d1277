"""Turns of a gateway that was killed are closed as cut; those of one that lives are left alone, wherever it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from AvatarChatbot.store import Store
from comps.cores.common.settings import StorageSettings
from comps.storage.conversations import LEASE_S, Conversations, TurnStatus
from comps.storage.process import is_gone, this_process
from comps.storage.records import Records
from comps.storage.schema import bring_up_to_date
from tests.storage.test_conversations import back_to_the_first_migration

pytestmark = pytest.mark.anyio

_GATEWAY = """
import asyncio, sys
from comps.storage.conversations import Conversations
from comps.storage.records import Records

async def main():
    conversations = Conversations(Records(sys.argv[1]))
    begun = await conversations.create()
    print((await conversations.add_turn(begun.id, "what was asked")).id, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def _gateway(url: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Another process that answers a turn; its id."""
    process = subprocess.Popen([sys.executable, "-c", _GATEWAY, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
async def records(url: str) -> AsyncIterator[Records]:
    records = Records(url)
    yield records
    await records.close()


async def test_a_killed_gateways_turns_are_closed_at_the_next_start(url: str, tmp_path: Path) -> None:
    settings = StorageSettings(database=url, blobs=str(tmp_path / "blobs"))
    with _gateway(url) as (turn, process):
        alive = Store(settings)
        await alive.start()
        assert (await alive.conversations.get_turn(turn)).status is TurnStatus.RUNNING
        await alive.stop()
        process.send_signal(signal.SIGKILL)
        process.wait()
        again = Store(settings)
        await again.start()
        closed = await again.conversations.get_turn(turn)
        await again.stop()
    assert (closed.status, closed.question) == (TurnStatus.CUT, "what was asked")


async def test_one_on_another_machine_is_known_by_its_lease(records: Records) -> None:
    clock = Clock()
    here, there = Conversations(records, clock=clock), Conversations(records, clock=clock)
    turn = await there.add_turn((await there.create()).id, "?")
    async with records.writing() as session:
        await session.execute(text("UPDATE turns SET process = 'elsewhere/boot/1/1/1'"))
    clock.now += LEASE_S - 1
    assert await here.close_abandoned() == 0
    # It goes on for an hour, as a long answer may.
    for _ in range(60):
        await there.renew_running()
        clock.now += LEASE_S - 1
        assert await here.close_abandoned() == 0
    clock.now += 2
    assert await here.close_abandoned() == 1
    assert (await here.get_turn(turn.id)).status is TurnStatus.CUT


async def test_one_that_ends_after_it_was_given_up_says_how(records: Records) -> None:
    clock = Clock()
    conversations = Conversations(records, clock=clock)
    turn = await conversations.add_turn((await conversations.create()).id, "?")
    clock.now += 2 * LEASE_S
    await conversations.close_abandoned()
    await conversations.end_turn(turn.id, TurnStatus.DONE, reply="late")
    assert (await conversations.get_turn(turn.id)).status is TurnStatus.DONE
    clock.now += 2 * LEASE_S
    assert await conversations.close_abandoned() == 0


async def test_turns_of_a_version_without_leases_are_closed_after_an_hour(records: Records) -> None:
    clock = Clock()
    conversations = Conversations(records, clock=clock)
    begun = await conversations.create()
    old = await conversations.add_turn(begun.id, "long ago")
    clock.now += 3000
    young = await conversations.add_turn(begun.id, "just now")
    async with records.writing() as session:
        await (await session.connection()).run_sync(back_to_the_first_migration)
    async with records.writing() as session:
        await (await session.connection()).run_sync(bring_up_to_date)
    clock.now += 1000
    assert await conversations.close_abandoned() == 1
    assert (await conversations.get_turn(old.id)).status is TurnStatus.CUT
    assert (await conversations.get_turn(young.id)).status is TurnStatus.RUNNING


async def test_ended_turns_stay_as_they_ended(records: Records) -> None:
    clock = Clock()
    conversations = Conversations(records, clock=clock)
    begun = await conversations.create()
    for status in (TurnStatus.DONE, TurnStatus.FAILED, TurnStatus.CUT):
        turn = await conversations.add_turn(begun.id, "?")
        await conversations.end_turn(turn.id, status)
    clock.now += 2 * LEASE_S
    assert await conversations.close_abandoned() == 0
    assert [turn.status for turn in (await conversations.get(begun.id)).turns] == ["done", "failed", "cut"]


def test_a_process_is_known_by_more_than_its_number() -> None:
    mine = this_process()
    machine, pid, started = mine.rsplit("/", 2)
    assert not is_gone(mine)
    assert is_gone(f"{machine}/{pid}/{int(started) + 1}"), "its number was given to another"
    assert not is_gone(f"elsewhere/boot/1/{pid}/1"), "of another machine nothing is known"
    tell = "from comps.storage.process import *; print(this_process())"
    ended = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(ended)
    for nonsense in ("", "/", "a/b/c", f"{machine}/x/1", f"{machine}/{os.getpid()}"):
        assert not is_gone(nonsense)
