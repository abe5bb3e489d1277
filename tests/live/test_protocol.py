"""docs/protocol.md and the AsyncAPI document say what the socket does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from AvatarChatbot.live import asyncapi, messages
from AvatarChatbot.live.ending import Ending

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"
KINDS: list[type[BaseModel]] = [*get_args(get_args(messages.ClientMessage)[0]), *get_args(messages.ServerMessage), messages.Pong]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_message_is_described(kind: type[BaseModel]) -> None:
    name = get_args(kind.model_fields["type"].annotation)[0]
    text = PROTOCOL.read_text()
    assert f"`{name}`" in text or f'"type": "{name}"' in text
    described: dict[str, Any] = asyncapi.document("/live")["components"]
    assert described["schemas"][kind.__name__] == {
        key: value for key, value in kind.model_json_schema(ref_template="#/components/schemas/{model}").items() if key != "$defs"
    }
    assert described["messages"][kind.__name__]["summary"]


@pytest.mark.parametrize("ending", Ending)
def test_each_close_code_is_described(ending: Ending) -> None:
    assert f"| {ending.value} | server |" in PROTOCOL.read_text()
