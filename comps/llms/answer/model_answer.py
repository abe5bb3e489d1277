"""One answer of a language model: what is said of what it sends, and why it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comps.cores.proto.api_protocol import ModelFinishReason
from comps.cores.text.from_model import PIECE, ModelText
from comps.llms.answer.cleaner import Cleaner
from comps.llms.answer.parts import parts_of

#: A server says "length" where its own or the request's limit cut the answer (``max_tokens`` is Cohere's and Anthropic's name).
_CUT = frozenset(["length", "max_tokens", "model_length"])
_FILTERED = frozenset(["content_filter", "safety", "recitation", "blocklist", "prohibited_content", "sensitive"])
_CALLED = frozenset(["tool_calls", "function_call", "tool_use"])


class ModelAnswer:
    """``take`` each choice that the server sends, then ``end`` it: both give the pieces of text that are said.

    ``most``: characters of the longest answer. ``opens_thoughts``: see Cleaner.
    """

    def __init__(self, most: int, *, opens_thoughts: bool | None = None) -> None:
        self._cleaner = Cleaner(opens_thoughts=opens_thoughts)
        self._text = ModelText(most)
        self._given = ""
        self._has_thoughts = self._has_calls = False
        self._said = False

    @property
    def is_cut(self) -> bool:
        """Whether it has reached its longest."""
        return self._text.is_cut

    @property
    def is_over(self) -> bool:
        """Whether nothing that the server sends any more is said."""
        return self.is_cut or self._cleaner.is_over

    @property
    def has_thoughts(self) -> bool:
        return self._has_thoughts or self._cleaner.has_thoughts

    @property
    def has_calls(self) -> bool:
        return self._has_calls or self._cleaner.has_calls

    @property
    def has_separate_thoughts(self) -> bool:
        """The server tells thoughts from the answer by itself."""
        return self._has_thoughts

    @property
    def has_unopened_thoughts(self) -> bool:
        return self._cleaner.has_unopened_thoughts

    @property
    def has_said(self) -> bool:
        return self._said

    @property
    def has_ended(self) -> bool:
        """Whether the server has given a reason why it ended."""
        return bool(self._given)

    @property
    def finish_reason(self) -> ModelFinishReason:
        if self.is_cut:
            return "length"
        if self._given in _FILTERED:
            return "content_filter"
        if (self._given in _CALLED or self.has_calls) and not self._said:
            return "tool_calls"
        return "length" if self._given in _CUT else "stop"

    def take_back(self) -> bool:
        """Whether all that was said until now were thoughts, as only their end told. Asked before the pieces are used."""
        is_taken_back, self._cleaner.is_taken_back = self._cleaner.is_taken_back, False
        self._said = self._said and not is_taken_back
        return is_taken_back

    def take(self, choice: dict[str, Any]) -> Iterator[str]:
        """Pieces of at most PIECE characters. Long text is looked at a part at a time, and an empty piece is given after each, so
        that others may have their turn.
        """
        parts = parts_of(choice)
        self._has_thoughts = self._has_thoughts or parts.has_thoughts
        self._has_calls = self._has_calls or parts.has_calls
        self._given = str(choice.get("finish_reason") or self._given).lower()
        text = parts.text + parts.refusal
        for at in range(0, len(text), PIECE):
            if self.is_over:
                return
            yield from self._said_of(self._text.take(self._cleaner.feed(text[at : at + PIECE])))
            if at:
                yield ""

    def take_whole(self, choice: dict[str, Any]) -> list[str]:
        """An answer that comes at once: thoughts are told by their end alone, however late it comes. Nothing comes after it.

        Takes up to some seconds where it is very long and of nothing but marks.
        """
        parts = parts_of(choice)
        self._has_thoughts, self._has_calls = parts.has_thoughts, parts.has_calls
        self._given = str(choice.get("finish_reason") or "stop").lower()
        text = self._cleaner.feed(parts.text + parts.refusal) + self._cleaner.end(is_whole=self._given not in _CUT)
        self._cleaner.is_taken_back = False
        return [*self._said_of([*self._text.take(text), *self._text.rest()])]

    def end(self) -> list[str]:
        text = self._cleaner.end(is_whole=self._given not in _CUT)
        return [*self._said_of([*self._text.take(text), *self._text.rest()])]

    def _said_of(self, pieces: list[str]) -> Iterator[str]:
        for piece in pieces:
            self._said = self._said or not (piece.isspace() or not piece)
            yield piece
