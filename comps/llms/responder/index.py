"""A card made searchable: which of its facts fits a question best."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np

from comps.cores.text.embedding import Floats, SentenceEmbedder
from comps.llms.responder.card import Card, Fact
from comps.llms.responder.question import content_words, sounds_like, stem, stems
from comps.llms.responder.topics import Topic

#: What a question's words, its topic and a topic's section add to the cosine similarity of question and fact.
_WORD = 0.2
_WORDS_MOST = 0.4
_TOPIC = 0.25
_SECTION = (0.12, 0.06, 0.03)


class CardIndex:
    """``facts`` with what is needed to compare them to questions."""

    def __init__(self, card: Card, embedder: SentenceEmbedder) -> None:
        self.name = card.name
        self.facts = card.facts
        self._vectors = embedder.encode([fact.text for fact in card.facts])
        own = {stem(word) for word in card.name.lower().split()}
        self.stems = [stems(fact.text) - own for fact in card.facts]
        self._frequency = Counter(word for words in self.stems for word in words)
        self._names = sorted({name for fact in card.facts for name in proper_names(fact)})

    def words_of(self, text: str) -> set[str]:
        """The stems of a question's content words; misheard names are put right."""
        return {self._heard(word) for word in content_words(text)}

    def _heard(self, word: str) -> str:
        stemmed = stem(word)
        if stemmed in self._frequency:
            return stemmed
        return next((stem(name) for name in self._names if sounds_like(word, name)), stemmed)

    def scores(self, vector: Floats, words: set[str], topics: list[Topic]) -> Floats:
        """How well each fact answers a question, float32[facts]: its cosine similarity and what speaks for it beside."""
        scores = np.array(self._vectors @ vector, np.float32) if self.facts else np.zeros(0, np.float32)
        for i, fact in enumerate(self.facts):
            scores[i] += self._shared(i, words) + max((_bonus(fact, topic) for topic in topics), default=0.0)
        return scores

    def _shared(self, i: int, words: set[str]) -> float:
        return min(_WORDS_MOST, sum(_WORD / math.sqrt(self._frequency[word]) for word in words & self.stems[i]))

    def naming(self, names: set[str]) -> set[int]:
        """The facts that hold one of these proper names."""
        return {i for i, fact in enumerate(self.facts) if names & proper_names(fact)}

    def said_in(self, reply: str) -> list[int]:
        """The facts that a reply told, by their words."""
        said = stems(reply)
        return [i for i, words in enumerate(self.stems) if words and len(words & said) >= 0.8 * len(words)]


def _bonus(fact: Fact, topic: Topic) -> float:
    place = topic.sections.index(fact.section) if fact.section in topic.sections else None
    section = 0.0 if place is None else _SECTION[place]
    return section + (_TOPIC if topic.fact and re.search(topic.fact, fact.text, re.IGNORECASE) else 0.0)


def proper_names(fact: Fact) -> set[str]:
    """Words with a capital that do not begin the sentence, or begin it and name somebody ("Tom is …")."""
    names = set(re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+\b", fact.text))
    first = re.match(r"([A-Z][a-z]{2,})(?= (?:[A-Z]|is\b|was\b|and I\b|has\b))", fact.text)
    if first and first[1] not in ("My", "The", "This", "These", "What", "There", "She", "They", "After", "When"):
        names.add(first[1])
    return names
