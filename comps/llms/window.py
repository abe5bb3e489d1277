"""How much of a conversation a language model is sent: system prompt, question, and the newest whole turns that fit."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from comps.cores.errors import ConversationTooLong
from comps.cores.proto.api_protocol import ChatCompletionRequest, ChatMessage
from comps.llms.context_length import UNKNOWN, ContextLength
from comps.llms.engine import NODE
from comps.llms.token_count import TokenCount, characters

#: Tokens that are sent at most where nobody says how many the model reads. Servers that read fewer mostly say so, or refuse more.
_UNTOLD = 8192
#: Room that is kept for an answer whose length nobody has limited, tokens; and of a small context no more than this share.
_ROOM, _LARGEST_ROOM = 1024, 1 / 4
#: How often a conversation that is too long is asked again with half of the tokens, before the question goes alone.
_HALVINGS = 5
#: An answer is not asked to be shorter than this for the question's sake, tokens.
_SHORTEST_ANSWER = 256
#: Where turns have to go, the rest begins with one of about so many, as long as this share of the room stays in use: then many
#: questions in a row begin with the same messages, which servers keep in memory.
_MARKED, _KEPT = 8, 0.6
#: Tokens of a question and a system message of which neither is too long; the server that refuses them means something else.
_SURELY_SHORT = 1000


class Window:
    """Of one model at one server. What is known of both grows with every answer."""

    def __init__(self, context: ContextLength = UNKNOWN) -> None:
        self.context = context
        self.count = TokenCount()
        #: Tokens of question and answer that the server refused together, halved; infinite before it did.
        self.refused = float("inf")

    @property
    def limit(self) -> float:
        """Tokens of question and answer together; infinite where nobody knows."""
        return min(self.context.tokens or float("inf"), self.refused)

    def learn(self, context: ContextLength) -> None:
        """A server that is set up anew is taken at its word."""
        if context.tokens and context != self.context:
            self.context, self.refused = context, float("inf")


class Fitting:
    """The messages of ``request`` as they are sent: ``messages``, with ``is_cut`` where turns were left out. ``conversation`` has
    the system message first, where it has one.
    """

    def __init__(self, window: Window, request: ChatCompletionRequest, conversation: Sequence[ChatMessage]) -> None:
        self._window = window
        self._request = request
        self._system = [message for message in conversation[:1] if message.role == "system"]
        self._turns = _turns(conversation[len(self._system) :])
        self._question = self._turns.pop() if self._turns else []
        # Looked at once: a conversation is weighed several times, and may be long.
        self._characters = {id(message): characters(message.content) for message in conversation}
        self._refusals = 0
        self._refused = window.refused

    @property
    def texts(self) -> list[str]:
        """Of all messages, newest last."""
        return [message.content for turn in (self._system, *self._turns, self._question) for message in turn]

    @property
    def tokens(self) -> float:
        """Of the whole conversation, about."""
        return self._size([message for turn in (self._system, *self._turns, self._question) for message in turn])

    @property
    def messages(self) -> list[ChatMessage]:
        turns = [] if self._refusals > _HALVINGS else self._turns[self._first_turn() :]
        return [message for turn in (self._system, *turns, self._question) for message in turn]

    @property
    def is_cut(self) -> bool:
        return self._refusals > _HALVINGS or self._first_turn() > 0

    @property
    def answer_tokens(self) -> int | None:
        """The longest answer as it is asked for: what the client gave, or the part of it that the context leaves."""
        asked, limit = self._request.token_limit, self._window.limit
        if asked is None or limit == float("inf"):
            return asked
        return max(1, min(asked, round(max(limit - self._size(self.messages), self._room(limit)))))

    @property
    def sent(self) -> tuple[int, int]:
        """How much is sent: messages, and tokens that are asked for."""
        return len(self.messages), self.answer_tokens or 0

    def shorten(self) -> None:
        """The server refused ``messages``, or so long an answer to them: next, half as much is sent. Raises ConversationTooLong
        where that was the question alone, with a short answer.
        """
        messages, answer = self.messages, self.answer_tokens or 0
        is_alone = len(messages) <= len(self._system) + len(self._question)
        if is_alone and answer <= _SHORTEST_ANSWER:
            # What is learnt of one question that is too long holds for no other.
            self._window.refused = self._refused
            raise self._too_long()
        self._refusals += 1
        self._window.refused = min(self._window.limit, self._size(messages) + (answer or self._room(self._window.limit))) / 2

    def counted(self, sent: Sequence[ChatMessage], tokens: int) -> None:
        """The server counts ``tokens`` in ``sent``."""
        if tokens:
            self._window.count.learn([message.content for message in sent], tokens)

    def _first_turn(self) -> int:
        """The oldest turn that is sent."""
        left = self._space()
        first, used = len(self._turns), 0.0
        sizes = [self._size(turn) for turn in self._turns]
        while first and used + sizes[first - 1] <= left:
            first -= 1
            used += sizes[first]
        if not first:
            return 0
        for number in range(first, len(self._turns)):
            if used < _KEPT * left:
                break
            if _is_marked(self._turns[number]):
                return number
            used -= sizes[number]
        return first

    def _space(self) -> float:
        """Tokens that there are for turns."""
        fixed = self._size(self._system) + self._size(self._question)
        limit = self._window.limit
        if limit == float("inf"):
            # A long system prompt does not take the place of the conversation where nobody says that it must.
            return max(_UNTOLD - self._room(_UNTOLD) - fixed, _UNTOLD / 2)
        most = limit - self._room(limit)
        return (min(most, self._window.context.prompt) if self._window.context.prompt else most) - fixed

    def _room(self, limit: float) -> float:
        """Tokens that are kept for the answer."""
        return min(self._request.token_limit or _ROOM, limit * _LARGEST_ROOM)

    def _size(self, messages: Sequence[ChatMessage]) -> float:
        return sum(self._window.count.of_characters(self._characters[id(message)]) for message in messages)

    def _too_long(self) -> ConversationTooLong:
        if self._size(self._system) + self._size(self._question) < _SURELY_SHORT:
            return ConversationTooLong("the conversation is too long for the language model", field="messages", node=NODE)
        if self._size(self._system) > self._size(self._question):
            is_ours = self._request.persona is not None
            what, field = ("persona", "persona") if is_ours else ("system message", "messages")
            return ConversationTooLong(f"the {what} alone is too long for the language model", field=field, node=NODE)
        return ConversationTooLong("the question alone is too long for the language model", field="messages", node=NODE)


def _turns(messages: Sequence[ChatMessage]) -> list[list[ChatMessage]]:
    """Each question with what was answered."""
    turns: list[list[ChatMessage]] = []
    for message in messages:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _is_marked(turn: Sequence[ChatMessage]) -> bool:
    """Whether this is one of the turns that a cut conversation begins with: always the same ones."""
    return zlib.crc32("\n".join(message.content for message in turn).encode(errors="surrogatepass")) % _MARKED == 0
