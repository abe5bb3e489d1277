"""What characters are to somebody who speaks or reads them."""

from __future__ import annotations

import re
import unicodedata

#: What ``str.isalnum`` says of a character, looked for without a call for each.
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def has_words(text: str) -> bool:
    """Whether anything in it can be spoken: a letter or a digit of any script."""
    return _LETTER_OR_DIGIT.search(text) is not None


#: Characters that are shown as nothing, though Unicode calls them letters or symbols.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_blank(text: str) -> bool:
    """Whether nothing in it can be seen: spaces, control and format characters, marks that stand on nothing."""
    return all(character in _INVISIBLE or unicodedata.category(character)[0] in "ZCM" for character in text)


def is_wide(character: str) -> bool:
    """Chinese characters, kana and their like, each a syllable or more (UAX #11)."""
    return unicodedata.east_asian_width(character) in "WF"
