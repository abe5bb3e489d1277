"""A live session's record: what cannot be written down stops nothing, is said once, and goes on when there is room again."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from AvatarChatbot.live.journal import Journal
from AvatarChatbot.live.messages import Recording
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.records import Records
from tests.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.anyio

_LONG = "q" * 20_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture
async def conversations(disk: SmallDisk) -> AsyncIterator[Conversations]:
    records = Records(f"sqlite+aiosqlite:///{disk.folder}/records.db")
    yield Conversations(records)
    await records.close()


def _journal(conversations: Conversations) -> tuple[Journal, list[Recording]]:
    told: list[Recording] = []
    journal = Journal(conversations, functools.partial(conversations.create, {"name": "Ada"}))
    journal.listen(told.append)
    return journal, told


async def _turns(journal: Journal, count: int, question: str = _LONG) -> None:
    for _ in range(count):
        await journal.end(await journal.add(question), TurnStatus.DONE, question=question, reply="an answer")


async def test_a_session_goes_on_unrecorded_and_records_again(disk: SmallDisk, conversations: Conversations) -> None:
    journal, told = _journal(conversations)
    begun = await journal.begin()
    await _turns(journal, 2, "before")
    assert told == []
    disk.fill()
    await _turns(journal, 200)
    assert [(message.on, message.problem and message.problem["status"]) for message in told] == [(False, 507)]
    disk.free()
    await _turns(journal, 1, "after")
    assert [message.on for message in told] == [False, True]
    kept = (await conversations.get(begun.id)).turns
    assert (kept[0].question, kept[-1].question, kept[-1].status) == ("before", "after", TurnStatus.DONE)


async def test_a_session_that_opens_on_a_full_disk(disk: SmallDisk, conversations: Conversations) -> None:
    disk.fill()
    told: list[Recording] = []
    journal = Journal(conversations, functools.partial(conversations.create, {"name": "Ada"}))
    assert (await journal.begin()).id == ""
    journal.listen(told.append)
    await _turns(journal, 3)
    assert [(message.on, message.conversation_id) for message in told] == [(False, "")]
    disk.free()
    await _turns(journal, 1, "after")
    assert told[-1].on
    found = await conversations.get(told[-1].conversation_id)
    assert [turn.question for turn in found.turns] == ["after"]


async def test_a_turn_that_could_not_be_begun_is_written_at_its_end(disk: SmallDisk, conversations: Conversations) -> None:
    journal, told = _journal(conversations)
    begun = await journal.begin()
    disk.fill()
    turn = "x"
    while turn:
        turn = await journal.add(_LONG)
    disk.free()
    await journal.end("", TurnStatus.DONE, question="what was asked", reply="an answer")
    assert [message.on for message in told] == [False, True]
    assert (await conversations.get(begun.id)).turns[-1].reply == "an answer"


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("closed")])
async def test_any_fault_of_the_database_stops_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    records = Records(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    conversations = Conversations(records)
    journal, told = _journal(conversations)
    await journal.begin()
    monkeypatch.setattr(conversations, "add_turn", fail)
    monkeypatch.setattr(conversations, "end_turn", fail)
    await _turns(journal, 2)
    await journal.end("some-turn", TurnStatus.CUT, question="?", reply="")
    assert [message.on for message in told] == [False]
    assert str(error) not in str(told)
    await records.close()


async def test_a_conversation_deleted_meanwhile_is_not_begun_anew(tmp_path: Path) -> None:
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    conversations = Conversations(records)
    journal, told = _journal(conversations)
    begun = await journal.begin()
    await conversations.delete(begun.id)
    await _turns(journal, 2)
    assert [(message.on, message.problem and message.problem["code"]) for message in told] == [(False, "not_found")]
    assert (await conversations.list()).items == []
    await records.close()
