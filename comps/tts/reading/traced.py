"""Text under rewriting, each character of which knows what it stands for in the original."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: Half-open range of characters of the original.
Span = tuple[int, int]
#: What to say for a match; None leaves it as it is.
Rewrite = Callable[[re.Match[str]], str | None]


@dataclass(frozen=True)
class Traced:
    """``spans`` has one range of the original for each character of ``text``, in order."""

    text: str
    spans: list[Span]

    @classmethod
    def of(cls, original: str) -> Traced:
        return cls(original, [(index, index + 1) for index in range(len(original))])

    def sub(self, pattern: re.Pattern[str], rewrite: Rewrite | str) -> Traced:
        """Every match replaced. A group named ``it`` limits the replacement to that part; the rest of the match is context."""
        group = "it" if "it" in pattern.groupindex else 0
        pieces: list[str] = []
        spans: list[Span] = []
        at = 0
        for match in pattern.finditer(self.text):
            new = rewrite if isinstance(rewrite, str) else rewrite(match)
            begin, end = match.span(group) if match[group] is not None else match.span()
            if new is None or new == self.text[begin:end]:
                continue
            # A mark at the end of both, as the full stop after an address, is still itself.
            while new and begin < end and new[-1] == self.text[end - 1] and not new[-1].isalnum():
                new, end = new[:-1], end - 1
            pieces += [self.text[at:begin], new]
            spans += self.spans[at:begin]
            spans += [self._origin(begin, end)] * len(new)
            at = end
        if not at and not pieces:
            return self
        return Traced("".join(pieces) + self.text[at:], spans + self.spans[at:])

    def without(self, silent: list[bool]) -> Traced:
        """Only the characters that are not ``silent``."""
        kept = [index for index, skip in enumerate(silent) if not skip]
        return Traced("".join(self.text[index] for index in kept), [self.spans[index] for index in kept])

    def stripped(self) -> Traced:
        """Without white space at its ends."""
        begin = len(self.text) - len(self.text.lstrip())
        end = max(begin, len(self.text.rstrip()))
        return Traced(self.text[begin:end], self.spans[begin:end])

    def _origin(self, begin: int, end: int) -> Span:
        # White space at the edges of what is replaced belongs to no word.
        while begin < end and self.text[begin].isspace():
            begin += 1
        while begin < end and self.text[end - 1].isspace():
            end -= 1
        if begin < end:
            return self.spans[begin][0], self.spans[end - 1][1]
        before = self.spans[begin - 1][1] if begin else 0
        return before, before
