"""Captions of a live answer, in the session's media time."""

from __future__ import annotations

import itertools
import json
from typing import Any

import anyio
import pytest

from tests.live import toy
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


async def test_a_clause_that_is_split_is_captioned_when_it_is_said() -> None:
    services = toy.ToyServices()
    words = [f"word{number:02}" for number in range(40)]
    services.megaservice.clauses = ["Well.", " ".join(words) + "."]
    events: list[dict[str, Any]] = []
    async with toy.session(services) as session:
        await anyio.sleep(5)  # the answer begins well after the session does
        await session.ask("Who are you?")
        async for message in session.outbox.messages():
            if isinstance(message, str):
                events.append(json.loads(message))
                if events[-1]["type"] == "done":
                    session.stop()
    (begins,) = [event["media_s"] for event in events if event["type"] == "speaking"]
    captions = [event for event in events if event["type"] == "caption"]
    assert begins > 4
    assert len(captions) > 4
    assert captions[0]["start_s"] == pytest.approx(begins)
    assert all(a["end_s"] == pytest.approx(b["start_s"]) for a, b in itertools.pairwise(captions))
    for caption in captions[1:]:
        first = int(caption["text"][4:6])
        # "Well." is a word, too.
        assert caption["start_s"] == pytest.approx(begins + toy.WORD_S * (1 + first), abs=0.001)
        assert caption["webvtt"].startswith("00:00:")
