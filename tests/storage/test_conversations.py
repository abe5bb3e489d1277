"""Conversations: turns, pages, deletion, time to live, many writers at once, and migrations; on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, text

from comps.cores.errors import BadInput, NodeUnavailable, NotFound
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.records import Base, Records

pytestmark = pytest.mark.anyio


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def conversations(url: str, clock: Clock) -> AsyncIterator[Conversations]:
    records = Records(url)
    yield Conversations(records, clock=clock)
    await records.close()


async def test_a_conversation_keeps_its_turns_in_order(conversations: Conversations, clock: Clock) -> None:
    begun = await conversations.create({"name": "Ada"}, "face")
    for n in range(3):
        clock.now += 1
        turn = await conversations.add_turn(begun.id, f"question {n}")
        clock.now += 1
        await conversations.end_turn(turn.id, TurnStatus.DONE, reply=f"answer {n}", video_id=f"v{n}")
    found = await conversations.get(begun.id)
    assert [(turn.question, turn.reply, turn.video_id, turn.status) for turn in found.turns] == [
        (f"question {n}", f"answer {n}", f"v{n}", TurnStatus.DONE) for n in range(3)
    ]
    assert (found.persona, found.avatar_id, found.created_at, found.updated_at) == ({"name": "Ada"}, "face", 1e6, 1e6 + 6)


async def test_a_listing_says_what_was_asked_first_and_how_often(conversations: Conversations) -> None:
    asked: dict[str, list[str]] = {"none": [], "one": ["x" * 500], "spoken": ["", "heard at once", "and then"], "unheard": [""]}
    ids = {}
    for name, questions in asked.items():
        ids[name] = (await conversations.create()).id
        for question in questions:
            await conversations.add_turn(ids[name], question)
    told = {"none": ("", 0), "one": ("x" * 200, 1), "spoken": ("heard at once", 3), "unheard": ("", 1)}
    listed = {item.id: (item.first_question, item.turn_count) for item in (await conversations.list()).items}
    assert listed == {ids[name]: value for name, value in told.items()}
    for name, conversation_id in ids.items():
        found = await conversations.get(conversation_id)
        assert (found.first_question, found.turn_count) == told[name]


async def test_a_page_of_conversations_costs_as_many_queries_as_one(conversations: Conversations) -> None:
    queries: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            queries.append(statement)

    for _ in range(20):
        await conversations.add_turn((await conversations.create()).id, "?")
    await conversations.list()
    engine = conversations.records._engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    for limit in (1, 20):
        queries.clear()
        assert len((await conversations.list(limit)).items) == limit
        assert len(queries) == 2


async def test_a_failed_turn_keeps_its_error(conversations: Conversations) -> None:
    turn = await conversations.add_turn((await conversations.create()).id, "")
    problem = NodeUnavailable("is down", node="tts").document()
    await conversations.end_turn(turn.id, TurnStatus.FAILED, question="heard later", error=problem)
    found = await conversations.get_turn(turn.id)
    assert (found.status, found.question, found.error) == (TurnStatus.FAILED, "heard later", problem)


async def test_what_is_not_there_is_not_found(conversations: Conversations) -> None:
    with pytest.raises(NotFound):
        await conversations.get("nobody")
    with pytest.raises(NotFound):
        await conversations.add_turn("nobody", "hello")
    with pytest.raises(NotFound):
        await conversations.end_turn("nothing", TurnStatus.DONE)
    with pytest.raises(NotFound):
        await conversations.get_turn("nothing")
    with pytest.raises(NotFound):
        await conversations.delete("nobody")


async def test_deleting_takes_the_turns_and_names_the_videos(conversations: Conversations) -> None:
    begun = await conversations.create()
    turn = await conversations.add_turn(begun.id, "?")
    await conversations.end_turn(turn.id, TurnStatus.DONE, video_id="v")
    await conversations.add_turn(begun.id, "without video")
    assert await conversations.delete(begun.id) == ["v"]
    with pytest.raises(NotFound):
        await conversations.get_turn(turn.id)


@pytest.mark.parametrize("step", [0.0, 1.0])
async def test_pages_show_everything_once_newest_first(conversations: Conversations, clock: Clock, step: float) -> None:
    made = []
    for _ in range(7):
        clock.now += step
        made.append((await conversations.create()).id)
    seen: list[str] = []
    cursor = None
    while True:
        page = await conversations.list(3, cursor)
        seen += [item.id for item in page.items]
        # What is begun while someone turns pages does not shift them.
        clock.now += 1
        await conversations.create()
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    if step:
        assert seen == made[::-1]


@pytest.mark.parametrize(("limit", "cursor"), [(0, None), (201, None), (10, "no cursor"), (10, "ä"), (10, "AAAA")])
async def test_bad_pages_are_refused(conversations: Conversations, limit: int, cursor: str | None) -> None:
    with pytest.raises(BadInput):
        await conversations.list(limit, cursor)


async def test_conversations_expire_after_their_last_turn(conversations: Conversations, clock: Clock) -> None:
    silent, active = await conversations.create(), await conversations.create()
    clock.now += 50
    turn = await conversations.add_turn(active.id, "still here")
    clock.now += 60
    assert await conversations.expire(100) == 1
    with pytest.raises(NotFound):
        await conversations.get(silent.id)
    assert (await conversations.get_turn(turn.id)).question == "still here"


async def test_eight_tasks_write_at_once(url: str) -> None:
    """Each with an engine of its own: eight connections to one file. No write fails, none is lost."""
    stores = [Records(url) for _ in range(8)]
    shared = await Conversations(stores[0]).create()

    async def write(n: int) -> None:
        conversations = Conversations(stores[n])
        for k in range(12):
            turn = await conversations.add_turn(shared.id, f"{n}.{k}")
            await conversations.end_turn(turn.id, TurnStatus.DONE, reply=f"re {n}.{k}")

    async with anyio.create_task_group() as group:
        for n in range(8):
            group.start_soon(write, n)
    found = await Conversations(stores[0]).get(shared.id)
    await asyncio.gather(*(store.close() for store in stores))
    assert sorted(turn.question for turn in found.turns) == sorted(f"{n}.{k}" for n in range(8) for k in range(12))
    assert all(turn.reply == f"re {turn.question}" for turn in found.turns)


_WRITER = """
import asyncio, sys
from comps.storage.conversations import Conversations
from comps.storage.records import Records

async def main():
    records = Records(sys.argv[1])
    conversations = Conversations(records)
    begun = await conversations.create()
    for n in range(10):
        await conversations.add_turn(begun.id, str(n))
    await records.close()
    print(begun.id)

asyncio.run(main())
"""


async def test_eight_processes_open_and_write_a_new_file_at_once(url: str) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", _WRITER, url], capture_output=True, text=True, timeout=60, check=False)

    done = await asyncio.gather(*(asyncio.to_thread(run) for _ in range(8)))
    assert [process.returncode for process in done] == [0] * 8, "\n".join(process.stderr[-400:] for process in done)
    records = Records(url)
    for process in done:
        found = await Conversations(records).get(process.stdout.strip())
        assert [turn.question for turn in found.turns] == [str(n) for n in range(10)]
    await records.close()


async def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str, tmp_path: Path) -> None:
    records = Records(sqlite_url)
    begun = await Conversations(records).create()
    writer = sqlite3.connect(tmp_path / "data" / "db.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with anyio.fail_after(5):
        assert (await Conversations(records).get(begun.id)).id == begun.id
    writer.close()
    await records.close()


async def test_a_newer_schema_is_refused(url: str) -> None:
    records = Records(url)
    async with records.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await records.close()
    newer = Records(url)
    with pytest.raises(NodeUnavailable, match="9999"):
        await newer.prepare()
    await newer.close()


async def test_the_migrations_make_the_tables_that_the_program_uses(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [*compare_metadata(context, Base.metadata)]

    records = Records(url)
    async with records.writing() as session:
        assert await (await session.connection()).run_sync(differences) == []
    await records.close()


def back_to_the_first_migration(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "comps/storage/migrations")
    config.attributes["connection"] = connection
    command.downgrade(config, "0001")


async def test_a_database_from_before_there_were_migrations_is_taken_over(url: str) -> None:
    records = Records(url)
    begun = await Conversations(records).create({"name": "Ada"})
    async with records.writing() as session:
        await (await session.connection()).run_sync(back_to_the_first_migration)
        await session.execute(text("DROP TABLE alembic_version"))
        await session.execute(text("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)"))
    await records.close()
    again = Records(url)
    assert (await Conversations(again).get(begun.id)).persona == {"name": "Ada"}
    await again.close()


async def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    records = Records("sqlite+aiosqlite:///~/deep/er/db.sqlite")
    await Conversations(records).create()
    await records.close()
    assert (tmp_path / "deep" / "er" / "db.sqlite").exists()


async def test_any_text_survives(conversations: Conversations, url: str) -> None:
    begun = await conversations.create({"name": "Ωmega", "likes": ["\u2028", "'; DROP TABLE turns; --"]})
    turn = await conversations.add_turn(begun.id, "多言語 🙂 \u0000 '\"")
    nul = "\u0000" if url.startswith("sqlite") else "\ufffd"
    assert (await conversations.get_turn(turn.id)).question == f"多言語 🙂 {nul} '\""
    assert json.dumps((await conversations.get(begun.id)).persona) == json.dumps(begun.persona)
