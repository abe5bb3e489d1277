"""What the rules of English are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from comps.tts.reading.english import tables
from comps.tts.reading.traced import Rewrite, Traced

Match = re.Match[str]
_R = TypeVar("_R", bound=Rewrite)


class Rules:
    """Patterns and how they are read, in the order in which they are tried."""

    def __init__(self) -> None:
        self._rules: list[tuple[re.Pattern[str], Rewrite | str]] = []

    def rule(self, pattern: str, flags: int = 0) -> Callable[[_R], _R]:
        """Register the function that reads ``pattern``."""

        def register(rewrite: _R) -> _R:
            self._rules.append((re.compile(pattern, flags), rewrite))
            return rewrite

        return register

    def say(self, pattern: str, words: str, flags: int = 0) -> None:
        """Register the words for ``pattern``."""
        self._rules.append((re.compile(pattern, flags), words))

    def read(self, text: Traced) -> Traced:
        for pattern, rewrite in self._rules:
            text = text.sub(pattern, rewrite)
        return text


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of ``words``, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


#: A number once its groups are joined by "_".
NUM = r"\d{1,40}(?:_\d{3}){0,12}(?:\.\d{1,40})?"
START = r"(?<![\w.])(?<!\d,)(?<![A-Za-z]-)"
MONTH = any_of(tables.MONTHS)
ANY_MONTH = any_of(tables.MONTH_NUMBERS)
DASH = r"[-–—−]"
PER = any_of(tables.PER)


def stop(match: Match) -> str:
    """The full stop of an abbreviation at the end of a sentence is that of the sentence too."""
    if not match[0].endswith("."):
        return ""
    rest = match.string[match.end() : match.end() + 12]
    following = rest.lstrip(" \"'”’)*_")
    ends = (
        not following
        or rest.lstrip(" ").startswith("\n")
        or (
            following[0].isupper()
            and following[:3] not in tables.DAYS
            and not re.match(r"(?:[NS][EW]?|[EW]|[ECMP][SD]?T|GMT|UTC|CES?T|BST|JST|IST)\b", following)
        )
    )
    return "." if ends else ""
