"""What in a text is read as a whole or not at all: code, what HTML does not show, LaTeX."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Blocks are taken for such up to these lengths: what never ends must not hold up the rest.
LONGEST = 4000
_LONGEST_FORMULA = 1000


class _Kind(NamedTuple):
    """``sign``: in every text that such a block is in, quickly looked for."""

    sign: str
    begin: re.Pattern[str]
    end: re.Pattern[str]
    longest: int


_KINDS = [
    _Kind(sign, re.compile(begin, re.MULTILINE | re.IGNORECASE), re.compile(end, re.MULTILINE | re.IGNORECASE), longest)
    for sign, begin, end, longest in (
        ("```", "```", "```", LONGEST),
        ("~~~", "^~~~", "^~~~", LONGEST),
        ("<!--", "<!--", "-->", LONGEST),
        ("<", "<script", "</script>?", LONGEST),
        ("<", "<style", "</style>?", LONGEST),
        ("<", "<pre", "</pre>?", LONGEST),
        ("$$", r"\$\$", r"\$\$", _LONGEST_FORMULA),
        (r"\[", r"\\\[", r"\\\]", _LONGEST_FORMULA),
        (r"\(", r"\\\(", r"\\\)", _LONGEST_FORMULA),
        (r"\begin", r"\\begin\{", r"\\end\{[a-z*]*\}?", _LONGEST_FORMULA),
    )
]


def blocks(text: str) -> list[range]:
    """The places of all blocks, in order. A block that has not ended yet goes on to behind the text."""
    found: list[range] = []
    begun = {kind: begin for kind in _KINDS if kind.sign in text and (begin := kind.begin.search(text))}
    while begun:
        kind = min(begun, key=lambda kind: begun[kind].start())
        begin = begun.pop(kind)
        if end := kind.end.search(text, begin.end()):
            found.append(range(begin.start(), end.end()))
            # What began inside it is of it.
            inside = [kind, *(other for other, match in begun.items() if match.start() < end.end())]
            begun |= {other: match for other in inside if (match := other.begin.search(text, end.end()))}
            begun = {other: match for other, match in begun.items() if match.start() >= end.end()}
        elif len(text) - begin.start() <= kind.longest:
            return [*found, range(begin.start(), len(text) + 1)]
    return found


def in_block(text: str) -> bool:
    """Whether a block has begun and not ended."""
    places = blocks(text)
    return bool(places) and places[-1].stop > len(text)
