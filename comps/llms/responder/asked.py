"""What a user said, with everything about it that a reply is made from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from comps.cores.text.embedding import Floats
from comps.llms.responder.cues import REFERENCE
from comps.llms.responder.topics import BY_NAME, Topic

#: Cosine similarity from which the examples of a topic say what a question is about.
_LIKELY = 0.58


@dataclass(frozen=True)
class Asked:
    """The user's last message.

    ``text`` is normalised, ``words`` the stems of its content words, ``topics`` those that its words name. ``labels``: how
    alike it is to the examples of each topic ("topic age") and kind of small talk ("greet"), best first. ``said``: the facts
    that the reply before it told. ``previous``: the normalised message before it, empty when it is the first.
    """

    raw: str
    text: str
    vector: Floats
    words: frozenset[str]
    topics: tuple[Topic, ...]
    labels: Sequence[tuple[float, str]]
    said: tuple[int, ...]
    last_reply: str
    previous: str
    messages: Sequence[tuple[str, str]]

    @property
    def to_persona(self) -> bool:
        """Whether it speaks to the persona."""
        return bool(re.search(r"\b(?:you|your|yours|yourself)\b", self.text))

    @property
    def refers_back(self) -> bool:
        """Whether it speaks of somebody or something that the last reply told of."""
        return bool(self.said) and bool(REFERENCE.search(self.text))

    def meant_topics(self) -> list[Topic]:
        """The topics it names, or else those whose examples mean the same."""
        return list(self.topics) or [
            BY_NAME[label.removeprefix("topic ")]
            for similarity, label in self.labels[:2]
            if label.startswith("topic ") and similarity >= _LIKELY
        ]
