"""Which English questions rise at their end: those for a yes or a no. "Where …?" and "tea or coffee?" fall."""

from __future__ import annotations

import re

_ASKING = frozenset({"what", "where", "when", "who", "whom", "whose", "which", "why", "how"})
#: What may stand before the word that says what kind of question it is: "and where", "at what", "well, why".
_BEFORE = frozenset(
    {"and", "but", "so", "then", "well", "now", "okay", "ok", "oh", "please"}
    | {"at", "in", "on", "to", "for", "from", "with", "by", "about", "of", "since", "until"}
)
_PART = re.compile(r"[,;:—–]")
_WORD = re.compile(r"[\w']+")
_CLOSING = "\"'”’»)]}*_ \n\t"


def rises(sentence: str) -> bool:
    """Whether the end of ``sentence`` rises."""
    body = sentence.replace("’", "'").rstrip(_CLOSING)
    if not body.endswith("?"):
        return False
    words = [_WORD.findall(part.lower()) for part in _PART.split(body)]
    words = [part for part in words if part]
    if not words or any("or" in part for part in words):
        return False
    last = words[-1]
    while len(last) > 1 and last[0] in _BEFORE:
        last = last[1:]
    return last[0].split("'")[0] not in _ASKING
