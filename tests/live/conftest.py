"""What the tests of live sessions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from AvatarChatbot.live import microphone, stage
from tests.live.toy import Recogniser


class _NoThreads:
    @staticmethod
    async def run_sync(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mux on the event loop: a virtual clock does not wait for threads."""
    monkeypatch.setattr(stage, "to_thread", _NoThreads)


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Recogniser:
    made = Recogniser()
    monkeypatch.setattr(microphone, "utterance", made.utterance)
    return made
