"""What the tests of live sessions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from AvatarChatbot.live import stage


class _NoThreads:
    @staticmethod
    async def run_sync(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mux on the event loop: a virtual clock does not wait for threads."""
    monkeypatch.setattr(stage, "to_thread", _NoThreads)
