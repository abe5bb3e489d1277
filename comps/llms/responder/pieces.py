"""The things that one sentence says, each on its own, so that a question for one of them is not drowned by the others."""

from __future__ import annotations

import re

#: The beginning of a list: who feels or has what is listed.
_HEAD = re.compile(
    r"(?:I|My [\w' ]+?) (?:also |really |absolutely )?(?:love|like|enjoy|adore|hate|dislike|collect|treasure|fear|am fond of|have"
    r"|wear|can't stand|cannot stand|am afraid of|want|hope|grew|bake|speak)\b"
)
_ITEMS = re.compile(r", and |, or |, | and | or ")
_CLAUSES = re.compile(
    r"[;:] |, (?=who|which|whom|where|because|since|although|but|so|and (?:I|my|we|they|he|she|it|the)\b)"
    r"|, and (?=[a-z]+(?:ed|t)\b)"
    r"| (?:because|but|although|when|after|before|since|and (?=I\b|my\b|\w+ed\b)|who|which) (?=\w)"
)
#: Pieces shorter than this, in words, mean too little by themselves.
_SHORTEST = 3
#: Most pieces that are kept of one sentence.
_MOST = 6


def pieces(text: str) -> list[str]:
    """Clauses and list items of ``text``, items with the beginning of their list; empty when it says one thing only."""
    parts = [part.strip(" ,.;") for part in _CLAUSES.split(text.rstrip("."))]
    found = parts if len(parts) > 1 else []
    for part in parts:
        found += _listed(part)
    return [piece for piece in dict.fromkeys(found) if len(piece.split()) >= _SHORTEST][:_MOST]


def _listed(clause: str) -> list[str]:
    head = _HEAD.match(clause)
    if head is None:
        return []
    items = [item for item in _ITEMS.split(clause[head.end() :].strip()) if item]
    return [f"{head[0]} {item}" for item in items] if len(items) > 1 else []
