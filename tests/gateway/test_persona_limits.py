"""Persona cards have a limit in all and for each item, wherever they come in; the answer names the field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text

from AvatarChatbot.avatars import names, persona_path
from AvatarChatbot.gateway import AvatarChatbotGateway
from AvatarChatbot.live.messages import ClientMessage
from comps.cores.common.settings import GatewaySettings, StorageSettings
from comps.cores.proto.avatar import MAX_PERSONA, Persona
from comps.storage.personas import Personas
from comps.storage.records import Records
from tests.serving import serving

_PATH = "/v1/avatarchatbot"
_TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"name": "n" * 201}, "name"),
    ({"id": "i" * 10_000}, "id"),
    ({"likes": ["x" * 2001]}, "likes.0"),
    ({"goals": ["a", "b" * 100_000]}, "goals.1"),
    ({"dislikes": ["x"] * 51}, "dislikes"),
    ({"provenance": {f"field{n}": "given" for n in range(51)}}, "provenance"),
    ({"provenance": {"p" * 101: "given"}}, "provenance"),
    # Each within its own limit, too much together; the field is the one at which it is.
    ({"likes": ["x" * 2000] * 30, "background": ["y" * 2000] * 30}, "background"),
    ({"likes": ["漢" * 2000] * 11}, "likes"),
    ({"likes": ["x" * 2000] * 30, "system_prompt": "s" * 20_000}, "system_prompt"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("gateway")
    storage = StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/records.db")
    gateway = AvatarChatbotGateway(GatewaySettings(port=0, storage=storage))
    with serving(gateway.service):
        base = f"http://127.0.0.1:{gateway.service.port}"
        with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
            yield client


@pytest.mark.parametrize(("card", "field"), _TOO_MUCH)
def test_cards_that_are_too_much_are_refused(client: httpx.Client, card: dict[str, Any], field: str) -> None:
    stored = client.post(f"{_PATH}/personas", json={"name": "Ada"}).json()["id"]
    for answer in (
        client.post(f"{_PATH}/personas", json=card),
        client.put(f"{_PATH}/personas/{stored}", json=card),
        client.post(_PATH, json={"text": "?", "persona": card}),
        client.post(_PATH, data={"text": "?", "persona": json.dumps(card)}),
    ):
        assert answer.status_code == 422, answer.text[:200]
        assert field.split(".", maxsplit=1)[0] in answer.json()["field"]
        assert len(answer.content) < 20_000
    assert client.get(f"{_PATH}/personas/{stored}").json()["persona"]["name"] == "Ada"


@pytest.mark.parametrize(("card", "field"), _TOO_MUCH)
def test_the_socket_refuses_them_too(card: dict[str, Any], field: str) -> None:
    messages: TypeAdapter[Any] = TypeAdapter(ClientMessage)
    for kind in ("start", "avatar"):
        with pytest.raises(ValidationError, match=field.split(".", maxsplit=1)[0]):
            messages.validate_python({"type": kind, "avatar": "aria", "persona": card})


def test_as_much_as_is_allowed(client: httpx.Client) -> None:
    size = len("likesgiven")
    card = {"likes": ["x" * 2000] * 30, "provenance": {"likes": "given"}}
    rest = MAX_PERSONA - 60_000 - size - 200
    answer = client.post(f"{_PATH}/personas", json={**card, "background": ["y" * 1000] * (rest // 1000)})
    assert answer.status_code == 201


@pytest.mark.parametrize("name", names())
def test_our_own_characters_are_within_them(name: str) -> None:
    Persona.model_validate_json(persona_path(name).read_bytes())


@pytest.mark.anyio
async def test_cards_of_before_can_still_be_read(tmp_path: Path) -> None:
    """Stored when there were no limits: what is within them is shown, and nothing fails."""
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    personas = Personas(records)
    saved = await personas.create(Persona(name="Ada", likes=["tea"]))
    before = {
        "id": "i" * 5000,
        "name": "Ada",
        "likes": ["tea", "x" * 9000],
        "background": ["y" * 5000] * 50,
        "goals": ["z" * 2000] * 50,
        "provenance": {str(n): "given" for n in range(100)},
    }
    async with records.writing() as session:
        await session.execute(text("UPDATE personas SET card = :card"), {"card": json.dumps(before)})
    found = (await personas.get(saved.id)).persona
    assert (found.name, found.likes) == ("Ada", ["tea", "x" * 2000])
    assert found.background
    assert [item.persona.name for item in (await personas.list()).items] == ["Ada"]
    await records.close()
