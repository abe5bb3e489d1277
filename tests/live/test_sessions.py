"""Live sessions and the keys that let them in, on the virtual clock."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from AvatarChatbot.keys import Keys, hashed, new_key
from AvatarChatbot.live.caller import Caller
from AvatarChatbot.live.ending import Ending
from AvatarChatbot.live.messages import Resume
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import NotFound
from tests.live import toy
from tests.live.toy import told
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


class _KeysFile:
    """Each time it is written it is newer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._times = itertools.count(1)

    def write(self, *lines: str) -> None:
        self.path.write_text("\n".join(lines))
        time = next(self._times)
        os.utime(self.path, ns=(time, time))

    def keys(self) -> Keys:
        return Keys(GatewaySettings(keys=self.path), anyio.current_time)


@pytest.fixture
def file(tmp_path: Path) -> _KeysFile:
    return _KeysFile(tmp_path / "keys")


def _caller(keys: Keys, key: str) -> Caller:
    owner = keys.admit(key)
    return Caller(owner, hashed(key), owner, lambda: None)


async def test_a_session_ends_within_seconds_when_its_key_is_withdrawn(file: _KeysFile) -> None:
    (ada, ada_line), (eve, eve_line) = new_key("ada"), new_key("eve")
    file.write(ada_line, eve_line)
    keys = file.keys()
    async with toy.sessions(toy.ToyServices(), keys) as sessions:
        adas, eves = [await sessions.open(toy.start(), _caller(keys, key)) for key in (ada, eve)]
        await anyio.sleep(3)
        assert not adas.ended.is_set()
        assert not eves.ended.is_set()
        file.write(ada_line)
        await anyio.sleep(3)
        assert not adas.ended.is_set()
        assert eves.ending is Ending.WITHDRAWN
        assert [failed["problem"]["code"] for failed in told(eves, "error")] == ["unauthorized"]
        with pytest.raises(NotFound):
            sessions.find(Resume(session=eves.id, sequence=1), eves.caller)


async def test_a_session_is_its_owners_and_goes_on_with_an_exchanged_key(file: _KeysFile) -> None:
    (old, old_line), (new, new_line), (eve, eve_line) = new_key("ada"), new_key("ada"), new_key("eve")
    file.write(old_line, new_line, eve_line)
    keys = file.keys()
    async with toy.sessions(toy.ToyServices(), keys) as sessions:
        session = await sessions.open(toy.start(), _caller(keys, old))
        resume = Resume(session=session.id, sequence=0)
        with pytest.raises(NotFound):
            sessions.find(resume, _caller(keys, eve))
        sessions.find(resume, _caller(keys, new)).attach(_caller(keys, new))
        file.write(new_line, eve_line)
        await anyio.sleep(3)
        assert not session.ended.is_set()
