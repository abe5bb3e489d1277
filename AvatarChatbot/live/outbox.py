"""Messages on their way to the client: numbered, in order, and kept for a while in case the connection breaks."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import NamedTuple

import anyio

from AvatarChatbot.live.framing import Frame
from AvatarChatbot.live.messages import ServerMessage
from comps.cores.errors import NotFound

#: What a reconnecting client may have missed: all that is played within the server's lead, and as much again on the way.
_KEPT_MESSAGES, _KEPT_BYTES = 512, 8 << 20


class _Kept(NamedTuple):
    number: int
    turn: int  # of media; 0 for what is never dropped
    message: str | bytes


class Outbox:
    """Put messages in with ``put`` (never waits: the stage's lead and the turn's bounds limit them); one reader takes them out.

    ``messages(after)`` gives what came after a number: first what is kept, then what comes. A reader that comes ends the one
    before.
    """

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._last = 0
        self._reader = 0
        self._closed = False
        self._changed = anyio.Event()

    @property
    def last(self) -> int:
        """Number of the last message."""
        return self._last

    def put(self, message: ServerMessage | Frame) -> None:
        self._last += 1
        if isinstance(message, Frame):
            packed: str | bytes = Frame(
                message.kind, message.turn, self._last, message.pts_s, message.duration_s, message.data
            ).pack()
        else:
            packed = message.model_copy(update={"sequence": self._last}).model_dump_json(exclude_none=True)
        turn = message.turn if isinstance(message, Frame) else 0
        self._kept.append(_Kept(self._last, turn, packed))
        self._bytes += len(packed)
        while len(self._kept) > _KEPT_MESSAGES or self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._kept.popleft().message)
        self._notify()

    def drop(self, turn: int) -> None:
        """Media of an answer that is over is neither sent nor sent again."""
        self._kept = deque(kept for kept in self._kept if kept.turn != turn)
        self._bytes = sum(len(kept.message) for kept in self._kept)

    def close(self) -> None:
        """Nothing more comes; the reader ends after what is there."""
        self._closed = True
        self._notify()

    def can_resume(self, after: int) -> bool:
        """Whether all that came after number ``after`` is still there."""
        return after <= self._last and (not self._kept or self._kept[0].number <= after + 1)

    async def messages(self, after: int = 0) -> AsyncIterator[str | bytes]:
        """Raises NotFound when what came after number ``after`` is gone."""
        self._reader += 1
        reader = self._reader
        self._notify()
        if not self.can_resume(after):
            raise NotFound("too much was missed to go on", field="sequence")
        while reader == self._reader:
            following = next((kept for kept in self._kept if kept.number > after), None)
            if following is not None:
                after = following.number
                yield following.message
            elif self._closed:
                return
            else:
                await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
