"""What a live session writes down. Where that fails, as on a full disk, the session goes on unrecorded."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from AvatarChatbot.live.messages import Recording
from comps.cores.errors import Problem
from comps.cores.telemetry.logs import unexpected
from comps.storage.conversations import Conversation, Conversations, TurnStatus

log = logging.getLogger(__name__)


class Journal:
    """The conversation of a session and its turns. ``create`` begins the conversation. No method raises.

    The client is told, by ``tell``, when recording stops and when it goes on; it is tried again with every turn.
    """

    def __init__(self, conversations: Conversations, create: Callable[[], Awaitable[Conversation]]) -> None:
        self.conversation_id = ""
        self.tell: Callable[[Recording], None] | None = None
        self._conversations = conversations
        self._create = create
        self._is_recording = True
        self._untold: Recording | None = None

    async def begin(self) -> Conversation:
        """A new conversation; without an id where it cannot be written down."""
        try:
            conversation = await self._create()
        except Exception as error:
            self._failed(error)
            return Conversation(id="", created_at=0.0, updated_at=0.0)
        self.conversation_id = conversation.id
        return conversation

    def listen(self, tell: Callable[[Recording], None]) -> None:
        """Tell the client from now on, and what it has missed."""
        self.tell = tell
        if self._untold is not None:
            tell(self._untold)
            self._untold = None

    async def add(self, question: str) -> str:
        """Begin a turn; returns its id, empty where it is not recorded."""
        try:
            if not self.conversation_id:
                self.conversation_id = (await self._create()).id
            turn = await self._conversations.add_turn(self.conversation_id, question)
        except Exception as error:
            self._failed(error)
            return ""
        if not self._is_recording:
            self._changed(Recording(on=True, conversation_id=self.conversation_id))
        return turn.id

    async def end(
        self, turn_id: str, status: TurnStatus, *, question: str, reply: str, error: dict[str, Any] | None = None
    ) -> None:
        """Write down how a turn ended; one that could not be begun is begun now, if it can."""
        turn_id = turn_id or await self.add(question)
        if turn_id:
            try:
                await self._conversations.end_turn(turn_id, status, question=question, reply=reply, error=error)
            except Exception as failure:
                self._failed(failure)

    def _failed(self, error: Exception) -> None:
        problem = error if isinstance(error, Problem) else unexpected(log, "recording a live conversation", error)
        if self._is_recording:
            log.warning("a live session goes on unrecorded: %s", problem.code)
            self._changed(Recording(on=False, conversation_id=self.conversation_id, problem=problem.document()))

    def _changed(self, state: Recording) -> None:
        self._is_recording = state.on
        if self.tell is None:
            self._untold = state
        else:
            self.tell(state)
