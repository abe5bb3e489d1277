"""What characters are to somebody who speaks or reads them."""

from __future__ import annotations

import re
import unicodedata

#: What ``str.isalnum`` says of a character, looked for without a call for each.
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def has_words(text: str) -> bool:
    """Whether anything in it can be spoken: a letter or a digit of any script."""
    return _LETTER_OR_DIGIT.search(text) is not None


def is_wide(character: str) -> bool:
    """Chinese characters, kana and their like, each a syllable or more (UAX #11)."""
    return unicodedata.east_asian_width(character) in "WF"
