"""What of an answer was heard by a certain moment: a conversation remembers no more."""

from __future__ import annotations

from collections.abc import Sequence

from comps.cores.proto.avatar import Word

#: A word counts as heard when this share of it was.
_ENOUGH = 0.5


def heard(reply: str, words: Sequence[Word], seconds: float) -> str:
    """The beginning of ``reply`` that was heard in its first ``seconds``; ``words`` are its spoken words at their times.

    What stands between two heard words belongs to them; punctuation after the last one too.
    """
    at = end = 0
    for start, stop, word in words:
        found = reply.find(word, at)
        if found < 0:
            continue
        if seconds < start + _ENOUGH * (stop - start):
            return reply[:end].rstrip()
        at = end = found + len(word)
        while end < len(reply) and not reply[end].isspace() and not reply[end].isalnum():
            end += 1
    return reply.rstrip() if at else ""
