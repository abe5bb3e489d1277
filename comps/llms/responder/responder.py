"""The responder: answers questions to a persona from its card. No text is generated; what the card does not say is not said.

Runs in a worker process. A reply is a pure function of the persona and the conversation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from comps.cores.text.embedding import Floats, SentenceEmbedder
from comps.llms.responder import smalltalk
from comps.llms.responder.asked import Asked
from comps.llms.responder.card import read_card
from comps.llms.responder.index import CardIndex
from comps.llms.responder.question import normalise, split_greeting
from comps.llms.responder.reply import Reply, pick
from comps.llms.responder.topics import TOPICS, matching

#: Cards kept ready; an entry takes some 50 kB, and 0.2 s of CPU to make.
_CARDS = 64


class Responder:
    """Holds the embedder and the cards it met last."""

    def __init__(self, known: Sequence[Mapping[str, Any]] = ()) -> None:
        """``known``: personas whose first answer shall be as quick as their others."""
        self._embedder = SentenceEmbedder()
        self._cards: OrderedDict[str, CardIndex] = OrderedDict()
        examples = [(name, text) for name, texts in smalltalk.EXAMPLES.items() for text in texts]
        examples += [(f"topic {topic.name}", text) for topic in TOPICS for text in topic.examples]
        self._labels = [label for label, _ in examples]
        self._examples = self._embedder.encode([text for _, text in examples])
        for persona in known:
            self._index(persona)

    def reply(self, persona: Mapping[str, Any], messages: Sequence[tuple[str, str]]) -> str:
        """The answer to the last message of the user. ``messages``: role ("user" or "assistant") and text of each."""
        index = self._index(persona)
        turns = _user_turns(messages)
        if not turns or not turns[-1][0].strip():
            return pick("unheard", messages, index.name)
        return Reply(self._asked(turns, messages, index), index).text()

    def _index(self, persona: Mapping[str, Any]) -> CardIndex:
        key = repr(sorted(persona.items()))
        if key not in self._cards:
            self._cards[key] = CardIndex(read_card(persona), self._embedder)
            if len(self._cards) > _CARDS:
                self._cards.popitem(last=False)
        self._cards.move_to_end(key)
        return self._cards[key]

    def _asked(self, turns: list[tuple[str, str]], messages: Sequence[tuple[str, str]], index: CardIndex) -> Asked:
        raw, last_reply = turns[-1]
        text = _plain(raw, index)
        vector = self._embedder.encode([text])[0]
        return Asked(
            raw=raw,
            text=text,
            vector=vector,
            words=frozenset(index.words_of(text)),
            topics=tuple(matching(text)),
            labels=self._labelled(vector),
            said=tuple(index.said_in(last_reply)),
            last_reply=last_reply,
            previous=_plain(turns[-2][0], index) if len(turns) > 1 else "",
            messages=messages,
        )

    def _labelled(self, vector: Floats) -> list[tuple[float, str]]:
        """How alike a message is to the examples of each label, best first."""
        best: dict[str, float] = {}
        for label, similarity in zip(self._labels, self._examples @ vector, strict=True):
            best[label] = max(best.get(label, -1.0), float(similarity))
        return sorted(((similarity, label) for label, similarity in best.items()), reverse=True)


def _plain(raw: str, index: CardIndex) -> str:
    """Normalised, and without a greeting that something else follows."""
    rest = split_greeting(normalise(raw, index.name))[1]
    return normalise(rest, index.name) if rest and rest not in index.name.lower().split() else normalise(raw, index.name)


def _user_turns(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the user said, each with the reply that came before it."""
    turns, reply = [], ""
    for role, text in messages:
        if role == "user":
            turns.append((text, reply))
        elif role == "assistant":
            reply = text
    return turns
