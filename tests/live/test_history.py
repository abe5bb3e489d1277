"""A live conversation of any length asks the language model with its newest turns, and remembers no more."""

from __future__ import annotations

from typing import Any

import pytest

from AvatarChatbot import history
from AvatarChatbot.turn import Turn
from tests.live import toy
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


async def test_a_session_remembers_the_newest_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_TURNS", 20)
    services = toy.ToyServices()
    services.megaservice.clauses = ["Yes."]
    sent: list[list[dict[str, str]]] = []
    stream = services.megaservice.stream

    def noted(inputs: Any, *, turn: Turn) -> Any:
        sent.append(turn.history)
        return stream(inputs, turn=turn)

    monkeypatch.setattr(services.megaservice, "stream", noted)
    async with toy.session(services) as session:
        for n in range(50):
            await session.ask(f"Question {n}?")
            await session._live_gone.wait()
    assert [len(messages) for messages in sent] == [min(2 * n, 40) for n in range(50)]
    assert sent[-1][0] == {"role": "user", "content": "Question 29?"}
    assert sent[-1][-2:] == [{"role": "user", "content": "Question 48?"}, {"role": "assistant", "content": "Yes. "}]
