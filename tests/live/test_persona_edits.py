"""A persona that is edited while a conversation is going on answers as edited from the next turn on."""

from __future__ import annotations

from typing import Any

import pytest

from AvatarChatbot.live.messages import ChangeAvatar
from comps.cores.proto.avatar import Persona
from tests.live import toy
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


async def _answerer(session: Any, services: toy.ToyServices) -> str:
    await session.ask("Who are you?")
    await session._live_gone.wait()
    persona = services.megaservice.personas[-1]
    assert persona is not None
    return persona.name


async def test_an_edit_answers_from_the_next_turn_on() -> None:
    services = toy.ToyServices()
    services.cards["p"] = Persona(name="Ann")
    async with toy.session(services, persona="p") as session:
        assert await _answerer(session, services) == "Ann"
        services.cards["p"] = Persona(name="Ann the Second")
        assert await _answerer(session, services) == "Ann the Second"
        del services.cards["p"]
        assert await _answerer(session, services) == "Ann the Second"


async def test_what_was_not_stored_is_nobodys_to_edit() -> None:
    services = toy.ToyServices()
    services.cards["p"] = Persona(name="Ann")
    async with toy.session(services, persona=Persona(name="Sent")) as session:
        assert await _answerer(session, services) == "Toy"
        await session.receive(ChangeAvatar(type="avatar", avatar="face", persona="p"))
        assert await _answerer(session, services) == "Ann"
        await session.receive(ChangeAvatar(type="avatar", avatar="face"))
        assert await _answerer(session, services) == "Toy"
