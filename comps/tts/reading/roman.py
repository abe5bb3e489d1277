"""Roman numerals."""

from __future__ import annotations

import re

#: One of their signs.
ROMAN = "[IVXLC]"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_WELL_FORMED = re.compile(r"(?=.)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


def roman(text: str) -> int | None:
    """Its value; None when it is no numeral."""
    if _WELL_FORMED.fullmatch(text) is None:
        return None
    values = [_VALUES[sign] for sign in text]
    return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))
