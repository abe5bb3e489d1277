"""The database of conversations, personas and owners: its tables, and sessions on it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Float, ForeignKey, Index, Integer, String, Text, TypeDecorator, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from comps.cores import disk
from comps.cores.errors import InsufficientStorage
from comps.storage import sqlite_file
from comps.storage.quota import Quota
from comps.storage.schema import bring_up_to_date

_log = logging.getLogger(__name__)

#: How long a writer waits for the others before SQLite gives up.
_BUSY_TIMEOUT_S = 15.0
#: Deleted content is overwritten with zeros, and nothing goes through temporary files.
_PRAGMAS = (
    f"busy_timeout={int(_BUSY_TIMEOUT_S * 1000)}",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
)


class Base(DeclarativeBase):
    """Whoever changes a table adds the step to ``migrations/versions``."""


class AnyText(TypeDecorator[str]):
    """Text of any characters. PostgreSQL has no NUL in its text; there it becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\0", "\ufffd") if value and dialect.name == "postgresql" else value


class ConversationRow(Base):
    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_page", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float, index=True)
    persona: Mapped[dict[str, Any]] = mapped_column(JSON)
    avatar_id: Mapped[str] = mapped_column(String(128), index=True)


class TurnRow(Base):
    __tablename__ = "turns"

    #: Turns of a conversation are in the order in which they were asked.
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[float] = mapped_column(Float)
    question: Mapped[str] = mapped_column(AnyText)
    reply: Mapped[str] = mapped_column(AnyText, default="")
    video_id: Mapped[str] = mapped_column(String(128), default="")
    status: Mapped[str] = mapped_column(String(16))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    #: Who answers it (``process.py``), and until when that holds unless it is renewed; None once it has ended.
    process: Mapped[str] = mapped_column(String(200), default="", server_default="")
    running_until: Mapped[float | None] = mapped_column(Float, index=True, default=None)


class PersonaRow(Base):
    __tablename__ = "personas"
    __table_args__ = (Index("ix_personas_page", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[float] = mapped_column(Float)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    avatar_id: Mapped[str] = mapped_column(String(128), index=True)


class OwnedRow(Base):
    """What somebody has: a row for each owner of a conversation, a persona, an avatar or a video (``ownership.Kind``).

    ``expires_at``: None for what stays until it is deleted. ``avatar_id``: of a video, the avatar that it shows. ``about``: of a
    blob, what listings say of it.
    """

    __tablename__ = "owned"
    __table_args__ = (
        Index("ix_owned_page", "owner", "kind", "created_at", "content_id"),
        Index("ix_owned_content", "kind", "content_id"),
    )

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    content_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float | None] = mapped_column(Float, index=True, default=None)
    avatar_id: Mapped[str] = mapped_column(String(128), index=True, default="")
    about: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)


class Records:
    """A database by its SQLAlchemy URL (an async driver; ``~`` allowed in a SQLite path). Tables are made at the first use.

    Several processes may use one SQLite file: readers do not wait (WAL), writers queue up. ``close`` when done.
    ``quota``, where there is one, is asked before anything is added. Sessions raise InsufficientStorage where the database cannot
    be written.
    """

    def __init__(self, url: str) -> None:
        self.quota: Quota | None = None
        self._url = _expand(make_url(url))
        self._file = sqlite_file.of(self._url)
        self.is_scrubbed = True
        self._was_full = False
        self._engine = _create_engine(self._url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._ready = False
        self._preparing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads."""
        with disk.storing():
            await self.prepare()
            async with self._sessions() as session:
                await session.connection(execution_options={"reads_only": True})
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error."""
        try:
            with disk.storing():
                await self.prepare()
                async with self._sessions.begin() as session:
                    yield session
        except InsufficientStorage:
            self._was_full = True
            raise
        self._was_full = False

    @asynccontextmanager
    async def adding(self) -> AsyncIterator[AsyncSession]:
        """A transaction that makes the database larger. Raises InsufficientStorage where the quota is used up."""
        if self.quota is not None:
            await self.quota.admit()
        async with self.writing() as session:
            yield session

    @asynccontextmanager
    async def erasing(self) -> AsyncIterator[AsyncSession]:
        """A transaction after which nothing of what it deletes or overwrites is left in SQLite's files."""
        await self.prepare()
        if self._file is not None:
            await asyncio.to_thread(sqlite_file.lend_reserve, self._file)
        async with self.writing() as session:
            yield session
            self.is_scrubbed = False
        await self.scrub()

    async def prepare(self) -> None:
        """Make the tables, or bring them up to date. Raises NodeUnavailable when a newer version of the program wrote them."""
        if self._ready:
            return
        async with self._preparing:
            if not self._ready:
                with disk.storing():
                    if self._file is not None:
                        await asyncio.to_thread(sqlite_file.make_private, self._file)
                    async with self._engine.begin() as connection:
                        await connection.run_sync(bring_up_to_date)
                self._ready = True
                # A process that was killed may have left erased text in the log.
                self.is_scrubbed = False
                await self.scrub()

    async def scrub(self) -> None:
        """Take erased text out of SQLite's write-ahead log: copy the log into the database and cut it to nothing. Where others
        read or write for longer than a second it is left for the next call: ``is_scrubbed`` says whether there is need of one.
        """
        if self._file is None:
            self.is_scrubbed = True
            return
        try:
            # In a thread of its own: a connection of the pool that is cancelled meanwhile would be of no more use.
            self.is_scrubbed = await asyncio.to_thread(sqlite_file.empty_log, self._file)
            await asyncio.to_thread(sqlite_file.keep_reserve, self._file)
        except sqlite3.Error as error:
            _log.warning("erased text stays in the write-ahead log for now: %s", type(error).__name__)

    async def size(self) -> int:
        """Bytes of what is kept: of SQLite the pages in use and the log, of PostgreSQL the rows."""
        async with self.reading() as session:
            if self._engine.dialect.name != "sqlite":
                return int(await session.scalar(text(_POSTGRES_BYTES)) or 0)
            pages, unused, page = [
                int(await session.scalar(text(f"PRAGMA {name}")) or 0) for name in ("page_count", "freelist_count", "page_size")
            ]
        return (pages - unused) * page + await asyncio.to_thread(sqlite_file.log_size, self._file)

    async def check_room(self) -> None:
        """Raise InsufficientStorage when nothing can be written: found out by writing; of a server, after a write has failed."""
        with disk.storing():
            if self._file is not None:
                await asyncio.to_thread(sqlite_file.write_beside, self._file)
        if self._was_full or not self._ready:
            async with self.writing() as session:
                await session.execute(text(_HARMLESS_WRITE[self._engine.dialect.name]))

    async def close(self) -> None:
        await self._engine.dispose()


#: Rows without their copies that wait for a vacuum, and what a row takes beside its columns, bytes.
_POSTGRES_BYTES = """
SELECT (SELECT coalesce(sum(100 + pg_column_size(question) + pg_column_size(reply) + coalesce(pg_column_size(error), 0)), 0)
        FROM turns)
     + (SELECT coalesce(sum(100 + pg_column_size(persona)), 0) FROM conversations)
     + (SELECT coalesce(sum(100 + pg_column_size(card)), 0) FROM personas)
"""
_HARMLESS_WRITE = {
    "sqlite": "PRAGMA user_version = 1",
    "postgresql": "UPDATE alembic_version SET version_num = version_num",
}


def _expand(url: URL) -> URL:
    if url.database and url.get_backend_name() == "sqlite" and url.database.startswith("~"):
        return url.set(database=str(Path(url.database).expanduser()))
    return url


def _create_engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S})
    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late to queue writers up; _begin_sqlite does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once ("database is locked") when another wrote in between, however
    # long the busy timeout (sqlite.org/isolation.html): writers take the lock at the beginning.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
