"""Which turn of which conversation is being worked on: it goes along with requests between services, and into their logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_HEADERS = {"turn": "x-turn-id", "conversation": "x-conversation-id"}
#: Ids of ours; whatever else comes in a header does not get into logs.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_ids: ContextVar[Mapping[str, str]] = ContextVar("turn", default={})  # noqa: B039 - it is never changed


def ids() -> Mapping[str, str]:
    """``turn`` and ``conversation``, where they are known."""
    return _ids.get()


@contextmanager
def working_on(*, turn: str, conversation: str) -> Iterator[None]:
    """Inside, by this task and those that it starts."""
    before = _ids.get()
    _ids.set({"turn": turn, "conversation": conversation})
    try:
        yield
    finally:
        # Not by the token: a generator may be left in another context than it was entered in.
        _ids.set(before)


def headers() -> dict[str, str]:
    """What tells another service."""
    return {_HEADERS[kind]: found for kind, found in _ids.get().items()}


def take(given: Mapping[bytes, bytes]) -> None:
    """Take over what a request's headers tell, for the task that handles it."""
    found = {kind: given.get(name.encode(), b"").decode("latin-1") for kind, name in _HEADERS.items()}
    known = {kind: value for kind, value in found.items() if _ID.fullmatch(value)}
    if known:
        _ids.set(known)
