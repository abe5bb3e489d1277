"""Conversations and their turns."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from comps.cores.errors import NotFound
from comps.storage.ownership import ANONYMOUS, Kind, delete_some, find, is_id, pages, release
from comps.storage.page import Page, encode_cursor
from comps.storage.process import is_gone, this_process
from comps.storage.records import ConversationRow, OwnedRow, Records, TurnRow

#: Characters of a first question that listings show.
MAX_TITLE = 200
#: How long a turn is taken for running after its gateway was last heard of, and how often that tells it, seconds.
LEASE_S, RENEW_S = 60.0, 20.0


class TurnStatus(StrEnum):
    """How far a turn came. ``CUT``: the client left or spoke over it."""

    RUNNING = "running"
    DONE = "done"
    CUT = "cut"
    FAILED = "failed"


_SAID = (TurnStatus.DONE, TurnStatus.CUT)


class Turn(BaseModel):
    """One question and its answer. ``error`` is the problem document (RFC 9457) of a failed turn. Times in Unix seconds."""

    id: str
    conversation_id: str
    created_at: float
    question: str
    reply: str = ""
    video_id: str = ""
    status: TurnStatus = TurnStatus.RUNNING
    error: dict[str, Any] | None = None

    @property
    def is_said(self) -> bool:
        """Whether somebody heard an answer, or the beginning of one."""
        return bool(self.reply) and self.status in _SAID


class ConversationSummary(BaseModel):
    """A conversation without its turns, as listings show it. ``persona`` is the card it was begun with.

    ``first_question``: its first ``MAX_TITLE`` characters; empty before anything was asked. ``turn_count``: of how many turns.
    """

    id: str
    created_at: float
    updated_at: float
    persona: dict[str, Any] = Field(default_factory=dict)
    avatar_id: str = ""
    first_question: str = ""
    turn_count: int = 0


class Conversation(ConversationSummary):
    turns: list[Turn] = Field(default_factory=list)


class Conversations:
    """The conversations of a database; what an owner does not have is not found. ``clock`` gives Unix seconds."""

    def __init__(self, records: Records, *, clock: Callable[[], float] = time.time) -> None:
        self._records = records
        self._clock = clock
        self._running: set[str] = set()

    @property
    def records(self) -> Records:
        """The database they are in."""
        return self._records

    async def create(self, persona: dict[str, Any] | None = None, avatar_id: str = "", *, owner: str = ANONYMOUS) -> Conversation:
        now = self._clock()
        row = ConversationRow(id=uuid.uuid4().hex, created_at=now, updated_at=now, persona=persona or {}, avatar_id=avatar_id)
        async with self._records.adding() as session:
            session.add(row)
            session.add(OwnedRow(owner=owner, kind=Kind.CONVERSATION, content_id=row.id, created_at=now))
        return Conversation(**_summary(row).model_dump())

    async def get(self, conversation_id: str, *, owner: str = ANONYMOUS) -> Conversation:
        """The conversation with its turns in order. Raises NotFound."""
        async with self._records.reading() as session:
            row = await _conversation(session, conversation_id, owner)
            query = select(TurnRow).where(TurnRow.conversation_id == conversation_id).order_by(TurnRow.number)
            turns = [_turn(turn) for turn in await session.scalars(query)]
        first = next((turn.question for turn in turns if turn.question), "")
        return Conversation(**_summary(row, first[:MAX_TITLE], len(turns)).model_dump(), turns=turns)

    async def recent(self, conversation_id: str, turns: int, *, owner: str = ANONYMOUS) -> Conversation:
        """The conversation with the last ``turns`` in which something was said, in order. Raises NotFound."""
        said = (TurnRow.conversation_id == conversation_id, TurnRow.status.in_(_SAID), TurnRow.reply != "")
        query = select(TurnRow).where(*said).order_by(TurnRow.number.desc()).limit(turns)
        async with self._records.reading() as session:
            row = await _conversation(session, conversation_id, owner)
            found = [_turn(turn) for turn in await session.scalars(query)]
        return Conversation(**_summary(row).model_dump(), turns=found[::-1])

    async def list(self, limit: int = 50, cursor: str | None = None, *, owner: str = ANONYMOUS) -> Page[ConversationSummary]:
        """Newest first. Raises BadInput for a limit outside 1 … 200 or a cursor that is none."""
        mine = select(ConversationRow).join(OwnedRow, OwnedRow.content_id == ConversationRow.id)
        query = pages(mine, owner, Kind.CONVERSATION, limit, cursor)
        async with self._records.reading() as session:
            rows = [*await session.scalars(query)]
            asked = await _asked(session, [row.id for row in rows[:limit]])
        last = encode_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
        return Page(items=[_summary(row, *asked.get(row.id, ("", 0))) for row in rows[:limit]], next_cursor=last)

    async def delete(self, conversation_id: str, *, owner: str = ANONYMOUS) -> Sequence[str]:
        """Delete it with its turns; returns the ids of its videos, which are the caller's to delete. Raises NotFound."""
        async with self._records.erasing() as session:
            row = await _conversation(session, conversation_id, owner)
            query = select(TurnRow.video_id).where(TurnRow.conversation_id == conversation_id, TurnRow.video_id != "")
            videos = [*await session.scalars(query)]
            await session.delete(row)
            await release(session, owner, Kind.CONVERSATION, conversation_id)
        return videos

    async def delete_some(self, owner: str, most: int) -> int:
        """Delete up to ``most`` of ``owner``'s conversations with their turns, not their videos; returns how many."""
        async with self._records.erasing() as session:
            return await delete_some(session, ConversationRow, owner, Kind.CONVERSATION, most)

    async def add_turn(self, conversation_id: str, question: str) -> Turn:
        """Begin a turn of a conversation that its owner was seen to have. Raises NotFound."""
        now = self._clock()
        row = TurnRow(
            id=uuid.uuid4().hex,
            conversation_id=conversation_id,
            created_at=now,
            question=question,
            reply="",
            video_id="",
            status=TurnStatus.RUNNING,
            error=None,
            process=this_process(),
            running_until=now + LEASE_S,
        )
        async with self._records.adding() as session:
            (await _conversation(session, conversation_id)).updated_at = now
            session.add(row)
        self._running.add(row.id)
        return _turn(row)

    async def end_turn(
        self,
        turn_id: str,
        status: TurnStatus,
        *,
        question: str | None = None,
        reply: str = "",
        video_id: str = "",
        error: dict[str, Any] | None = None,
    ) -> Turn:
        """Write down how a turn ended; ``question`` when it was only known later (speech). Raises NotFound."""
        # Where that cannot be written, its lease runs out and it is closed as cut.
        self._running.discard(turn_id)
        async with self._records.writing() as session:
            row = await _find_turn(session, turn_id)
            row.status, row.reply, row.error = status, reply, error
            row.video_id = video_id or row.video_id
            row.running_until = None
            row.question = row.question if question is None else question
            touched = update(ConversationRow).where(ConversationRow.id == row.conversation_id)
            await session.execute(touched.values(updated_at=self._clock()))
        return _turn(row)

    async def get_turn(self, turn_id: str, *, owner: str = ANONYMOUS) -> Turn:
        """Raises NotFound."""
        async with self._records.reading() as session:
            turn = await _find_turn(session, turn_id)
            if await find(session, owner, Kind.CONVERSATION, turn.conversation_id) is None:
                raise _no_such_turn()
            return _turn(turn)

    async def expire(self, ttl_s: float) -> int:
        """Delete the conversations whose last turn is older than ``ttl_s`` seconds; returns how many."""
        query = delete(ConversationRow).where(ConversationRow.updated_at < self._clock() - ttl_s).returning(ConversationRow.id)
        async with self._records.erasing() as session:
            expired = [*await session.scalars(query)]
            gone = OwnedRow.content_id.not_in(select(ConversationRow.id))
            await session.execute(delete(OwnedRow).where(OwnedRow.kind == Kind.CONVERSATION, gone))
        return len(expired)

    async def renew_running(self) -> None:
        """Tell the other gateways that the turns that were begun here, and have not ended, are still being answered."""
        if self._running:
            lease = update(TurnRow).where(TurnRow.id.in_(self._running), TurnRow.status == TurnStatus.RUNNING)
            async with self._records.writing() as session:
                await session.execute(lease.values(running_until=self._clock() + LEASE_S))

    async def close_abandoned(self) -> int:
        """Close as cut the turns whose gateway was killed; returns how many. Known at once of a process of this machine, else
        when its lease has run out.
        """
        query = select(TurnRow.id, TurnRow.process, TurnRow.running_until).where(TurnRow.running_until.is_not(None))
        async with self._records.reading() as session:
            running = [*await session.execute(query)]
        now = self._clock()
        abandoned = [turn for turn, process, until in running if until < now or is_gone(process)]
        if abandoned:
            closing = update(TurnRow).where(TurnRow.id.in_(abandoned), TurnRow.status == TurnStatus.RUNNING)
            async with self._records.writing() as session:
                await session.execute(closing.values(status=TurnStatus.CUT, running_until=None))
        return len(abandoned)


async def _conversation(session: AsyncSession, conversation_id: str, owner: str | None = None) -> ConversationRow:
    """That of ``owner``; None: whoever's it is."""
    is_theirs = owner is None or await find(session, owner, Kind.CONVERSATION, conversation_id) is not None
    row = await session.get(ConversationRow, conversation_id) if is_theirs else None
    if row is None:
        raise NotFound("there is no such conversation", field="conversation_id")
    return row


async def _find_turn(session: AsyncSession, turn_id: str) -> TurnRow:
    row = await session.scalar(select(TurnRow).where(TurnRow.id == turn_id)) if is_id(turn_id) else None
    if row is None:
        raise _no_such_turn()
    return row


def _no_such_turn() -> NotFound:
    return NotFound("there is no such turn", field="turn_id")


async def _asked(session: AsyncSession, conversation_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Of each conversation that has turns: its first question, cut to MAX_TITLE characters, and how many turns it has."""
    # A spoken question is empty until it was recognised.
    first = func.min(case((TurnRow.question != "", TurnRow.number)))
    counted = select(TurnRow.conversation_id, func.count().label("turns"), first.label("first"))
    of_each = counted.where(TurnRow.conversation_id.in_(conversation_ids)).group_by(TurnRow.conversation_id).subquery()
    title = func.substr(TurnRow.question, 1, MAX_TITLE)
    query = select(of_each.c.conversation_id, title, of_each.c.turns).outerjoin(TurnRow, TurnRow.number == of_each.c.first)
    return {conversation_id: (question or "", turns) for conversation_id, question, turns in await session.execute(query)}


def _summary(row: ConversationRow, first_question: str = "", turn_count: int = 0) -> ConversationSummary:
    summary = ConversationSummary.model_validate(row, from_attributes=True)
    return summary.model_copy(update={"first_question": first_question, "turn_count": turn_count})


def _turn(row: TurnRow) -> Turn:
    return Turn.model_validate(row, from_attributes=True)
