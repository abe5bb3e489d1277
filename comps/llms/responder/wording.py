"""Facts put together as one spoken answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from comps.llms.responder.card import Fact

_JOINABLE = re.compile(r"(I (?:like|dislike|love|enjoy|hate|am|want to|want|dream of)) ((?!not\b)[^.,;]{1,60})\.")


def join_facts(facts: Sequence[Fact]) -> str:
    """Facts as sentences; neighbours that begin alike become one: "I like jazz. I like maps." → "I like jazz and maps."."""
    texts = [fact.text for fact in facts]
    if texts:
        # Out of its place in the card, "also" has nothing to follow.
        texts[0] = re.sub(r"\balso (?=\w)", "", texts[0], count=1)
    groups: list[tuple[str, list[str]]] = []
    for text in texts:
        match = _JOINABLE.fullmatch(text)
        head, rest = (match[1], match[2]) if match else ("", text)
        if head and groups and groups[-1][0] == head and " and " not in rest:
            groups[-1][1].append(rest)
        else:
            groups.append((head, [rest]))
    return " ".join(f"{head} {listed(rests)}." if head else rests[0] for head, rests in groups)


def listed(items: list[str]) -> str:
    """ "a, b and c"; empty for nothing."""
    if not items:
        return ""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def lower_start(text: str) -> str:
    """``text`` to stand after "Yes, "."""
    return (
        text[0].lower() + text[1:]
        if re.match(r"(?:My|The|After|When|At|This|These|What|There|In|As|On|Since|Before|Once|For)\b", text)
        else text
    )
