"""Live sessions and the keys that let them in, on a clock that the test turns."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from AvatarChatbot.keys import Keys, hashed, new_key
from AvatarChatbot.live.messages import Resume, Start
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.session import Client, LiveSession
from AvatarChatbot.live.sessions import Sessions
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import NotFound

pytestmark = pytest.mark.anyio


class _Services:
    """Room for every session."""

    capacity: Any

    def __init__(self) -> None:
        self.capacity = self

    @asynccontextmanager
    async def place(self, _: Any) -> AsyncIterator[None]:
        yield

    async def stop(self) -> None:
        """Nothing is open."""


class _Session:
    """A session that draws nothing."""

    def __init__(self, client: Client) -> None:
        self.id = f"{hash(client) & (2**128 - 1):032x}"
        self.client = client
        self.outbox = Outbox()
        self.ended = anyio.Event()
        self.is_withdrawn = False

    owner = LiveSession.owner
    withdraw = LiveSession.withdraw
    stop = LiveSession.stop

    async def run(self) -> None:
        await self.ended.wait()


class _Gateway:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "keys"
        self.now = 0.0
        self.keys: Keys
        self._turn, self._turned = anyio.create_memory_object_stream[None](0)
        self.sessions: Sessions

        async def opened(_: Any, __: Any, client: Client, ___: Any) -> _Session:
            return _Session(client)

        monkeypatch.setattr(LiveSession, "open", opened)

    def write(self, *lines: str) -> None:
        self.file.write_text("\n".join(lines))
        os.utime(self.file, ns=(int(self.now) + 1, int(self.now) + 1))

    async def start(self) -> None:
        self.keys = Keys(GatewaySettings(keys=self.file), lambda: self.now)
        self.sessions = Sessions(_Services(), self.keys, sleep=self._sleep)  # type: ignore[arg-type]
        await self.sessions.start()

    async def seconds(self, count: int) -> None:
        """Let time pass; what is due in it has been done."""
        for _ in range(count + 1):
            await self._turn.send(None)

    async def _sleep(self, seconds: float) -> None:
        await self._turned.receive()
        self.now += seconds

    async def open(self, key: str) -> Any:
        return await self.sessions.open(Start(type="start"), Client(self.keys.admit(key), hashed(key)))


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Gateway:
    return _Gateway(tmp_path, monkeypatch)


async def test_a_session_ends_within_seconds_when_its_key_is_withdrawn(gateway: _Gateway) -> None:
    (ada, ada_line), (eve, eve_line) = new_key("ada"), new_key("eve")
    gateway.write(ada_line, eve_line)
    await gateway.start()
    adas, eves = await gateway.open(ada), await gateway.open(eve)
    await gateway.seconds(3)
    assert not adas.ended.is_set()
    assert not eves.ended.is_set()
    gateway.write(ada_line)
    await gateway.seconds(3)
    assert not adas.ended.is_set()
    assert eves.ended.is_set()
    (told,) = [message async for message in eves.outbox.messages()]
    assert "unauthorized" in told
    with pytest.raises(NotFound):
        gateway.sessions.find(Resume(session=eves.id, sequence=1), eves.client)
    await gateway.sessions.stop()


async def test_a_session_is_its_owners_and_goes_on_with_an_exchanged_key(gateway: _Gateway) -> None:
    (old, old_line), (new, new_line), (eve, eve_line) = new_key("ada"), new_key("ada"), new_key("eve")
    gateway.write(old_line, new_line, eve_line)
    await gateway.start()
    session = await gateway.open(old)
    resume = Resume(session=session.id, sequence=0)
    with pytest.raises(NotFound):
        gateway.sessions.find(resume, Client(gateway.keys.admit(eve), hashed(eve)))
    assert gateway.sessions.find(resume, Client(gateway.keys.admit(new), hashed(new))) is session
    gateway.write(new_line, eve_line)
    await gateway.seconds(3)
    assert not session.ended.is_set()
    await gateway.sessions.stop()
