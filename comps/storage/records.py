"""The database of conversations, personas and owners: its tables, and sessions on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Float, ForeignKey, Index, Integer, String, Text, TypeDecorator, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from comps.storage.schema import bring_up_to_date

#: How long a writer waits for the others before SQLite gives up.
_BUSY_TIMEOUT_S = 15.0


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
    """

    def __init__(self, url: str) -> None:
        self._url = _expand(make_url(url))
        self._engine = _create_engine(self._url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._ready = False
        self._preparing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads."""
        await self.prepare()
        async with self._sessions() as session:
            await session.connection(execution_options={"reads_only": True})
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error."""
        await self.prepare()
        async with self._sessions.begin() as session:
            yield session

    async def prepare(self) -> None:
        """Make the tables, or bring them up to date. Raises NodeUnavailable when a newer version of the program wrote them."""
        if self._ready:
            return
        async with self._preparing:
            if not self._ready:
                if self._url.database and self._engine.dialect.name == "sqlite" and self._url.database != ":memory:":
                    await asyncio.to_thread(Path(self._url.database).parent.mkdir, parents=True, exist_ok=True)
                async with self._engine.begin() as connection:
                    await connection.run_sync(bring_up_to_date)
                self._ready = True

    async def close(self) -> None:
        await self._engine.dispose()


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
    for pragma in (f"busy_timeout={int(_BUSY_TIMEOUT_S * 1000)}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once ("database is locked") when another wrote in between, however
    # long the busy timeout (sqlite.org/isolation.html): writers take the lock at the beginning.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
