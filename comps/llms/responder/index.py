"""A card made searchable: which of its facts fits a question best."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

import numpy as np

from comps.cores.text.embedding import Floats, SentenceEmbedder
from comps.llms.responder.card import Card, Fact
from comps.llms.responder.pieces import pieces
from comps.llms.responder.question import content_words, sounds_like, stem, stems
from comps.llms.responder.topics import Topic

#: What a question's words, its topic and a topic's section add to the cosine similarity of question and fact.
_WORD = 0.2
_WORDS_MOST = 0.4
_TOPIC = 0.25
#: What a piece of a fact has to be ahead of the whole by.
_PIECE = 0.03
_SECTION = (0.12, 0.06, 0.03, 0.02, 0.02)


class CardIndex:
    """``facts`` with what is needed to compare them to questions."""

    def __init__(self, card: Card, embedder: SentenceEmbedder) -> None:
        self.name = card.name
        self.facts = card.facts
        #: Whether nothing is written but what can be seen, as in a card that was drafted from a picture.
        self.only_looks = {fact.section for fact in card.facts} == {"physicalDescription"}
        texts = [[fact.text, *pieces(fact.text)] for fact in card.facts]
        self._vectors = embedder.encode([text for group in texts for text in group])
        #: Where the vectors of each fact begin: the whole sentence first, then its pieces.
        self._starts = np.cumsum([0, *map(len, texts)])[:-1]
        own = {stem(word) for word in card.name.lower().split()}
        self.stems = [stems(fact.text) - own for fact in card.facts]
        self._frequency = Counter(word for words in self.stems for word in words)
        self._names = sorted({name for fact in card.facts for name in proper_names(fact)})

    def words_of(self, text: str) -> set[str]:
        """The stems of a question's content words; misheard names are put right."""
        words = content_words(text)
        # Recognisers write "jelly fish" for "jellyfish".
        compounds = {stem(a + b) for a, b in pairwise(words)} & self._frequency.keys()
        return compounds or {self._heard(word) for word in words}

    def _heard(self, word: str) -> str:
        stemmed = stem(word)
        if stemmed in self._frequency:
            return stemmed
        return next((stem(name) for name in self._names if sounds_like(word, name)), stemmed)

    def scores(self, question: str, vector: Floats, words: set[str], topics: list[Topic]) -> Floats:
        """How well each fact answers a question, float32[facts]: its cosine similarity and what speaks for it beside."""
        scores = self.similarities(vector)
        for i, fact in enumerate(self.facts):
            scores[i] += (
                self.shared(i, words) + _kind(question, fact) + max((_bonus(fact, topic) for topic in topics), default=0.0)
            )
        return scores

    def similarities(self, vector: Floats) -> Floats:
        """The cosine similarity of a question to each fact or to that piece of it which is closest, float32[facts]."""
        if not self.facts:
            return np.zeros(0, np.float32)
        every = self._vectors @ vector
        return np.asarray(np.maximum(every[self._starts], np.maximum.reduceat(every, self._starts) - _PIECE), np.float32)

    def shared(self, i: int, words: set[str]) -> float:
        """What the words that a fact has in common with a question speak for it; rare ones count more."""
        return min(_WORDS_MOST, sum(_WORD / math.sqrt(self._frequency[word]) for word in self.stems[i] if _any_in(words, word)))

    def naming(self, names: set[str]) -> set[int]:
        """The facts that hold one of these proper names."""
        return {i for i, fact in enumerate(self.facts) if names & proper_names(fact)}

    def said_in(self, reply: str) -> list[int]:
        """The facts that a reply told, by their words."""
        said = stems(reply)
        return [i for i, words in enumerate(self.stems) if words and len(words & said) >= 0.8 * len(words)]


def _any_in(words: set[str], word: str) -> bool:
    """Whether one of ``words`` is ``word`` or a part of it: "arm" is in "forearm", "house" in "housekeeper"."""
    return word in words or any(len(word) - len(part) >= 3 and _is_part(part, word) for part in words)


def _is_part(part: str, word: str) -> bool:
    return (len(part) >= 3 and word.endswith(part)) or (len(part) >= 4 and word.startswith(part))


def _bonus(fact: Fact, topic: Topic) -> float:
    if fact.section not in topic.sections:
        return 0.0
    section = _SECTION[topic.sections.index(fact.section)]
    return section + (_TOPIC if topic.fact and re.search(topic.fact, fact.text, re.IGNORECASE) else 0.0)


#: What the answer to such a question holds: a reason, a number or a time, a place, a person.
_KINDS = (
    (r"^why\b|\bhow come\b", r"\b(?:because|since|after|so that|in order to|inspired|thanks to|to help|when)\b", 0.15),
    (
        r"^(?:when|how (?:long|many|much|old|often))\b",
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|years?|months?|age|once|every)\b",
        0.1,
    ),
    (
        r"\b(?:is|are) your (?:\w+ )?(?:job|work|profession|occupation)\b|\bdo you (?:do|work)\b|\bfor a living\b",
        r"\b(?:[Nn]ow|[Nn]owadays|[Tt]hese days|[Cc]urrently|I (?:also )?work|I run|I have (?:worked|taught|been|served|run))\b",
        0.15,
    ),
    (
        r"\b(?:is|are) your (?:\w+ )?(?:job|work|profession|occupation)\b|\bdo you do\b",
        r"\b(?:[Bb]efore (?:I|that)|used to|trained as)\b",
        -0.2,
    ),
    (r"\bdid you .*\bbefore\b", r"\b(?:[Bb]efore|used to|former)\b", 0.15),
    (r"\b(?:won|win|awards?|prizes?|medals?)\b", r"\b(?:won|named|award\w*|prize|medal|champion|star)\b", 0.15),
    (
        r"^how long",
        r"\bfor (?:[\w-]+ ){1,3}(?:years|months|weeks|decades|centuries)\b|\bsince (?!I\b)|\b(?:years|months) ago\b",
        0.2,
    ),
    (
        r"\bwhat (?:does|did) (?:\w+ ){1,2}do\b",
        r"\b(?:who is|is|was) an? \w+|, an? [a-z]+|\bwho \w+s\b|\b(?:works?|runs|teaches) ",
        0.15,
    ),
    (r"\bwhat happened\b", r"\b(?:\w+ed|was|were|lost|broke|left|died|fell|stole|hurt|became)\b", 0.1),
    (r"^how did you", r"\bI (?:\w+ed|was|lost|broke|left|fell|became|got|won|met)\b", 0.06),
    (r"^(?:can|could|do you know how) ", r"\b(?:learn|can|cannot|can't|able|never|licen[cs]e|taught|fluent)\b", 0.1),
    (r"^where\b", r"\b(?:in|at|on|to|from|near) (?:the |an? )?[A-Z]", 0.08),
    (
        r"\b(?:now|nowadays|these days|currently|at the moment)\b|^where do you",
        r"\b(?:[Nn]ow|[Nn]owadays|[Tt]hese days|[Cc]urrently|today)\b",
        0.15,
    ),
    (r"^who\b", r"\b(?:by|my|with|is|are) [A-Za-z]+|[a-z] [A-Z]", 0.08),
    (r"\bname (?:of|is)\b|\bcalled\b|\bname\b", r"[a-z,] (?!I\b)[A-Z]", 0.12),
)


def _kind(question: str, fact: Fact) -> float:
    return sum(bonus for asks, holds, bonus in _KINDS if re.search(asks, question) and re.search(holds, fact.text))


def proper_names(fact: Fact) -> set[str]:
    """Words with a capital that do not begin the sentence, or begin it and name somebody ("Tom is …")."""
    names = set(re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+\b", fact.text))
    first = re.match(r"([A-Z][a-z]{2,})(?= (?:[A-Z]|is\b|was\b|and I\b|has\b))", fact.text)
    if first and first[1] not in ("My", "The", "This", "These", "What", "There", "She", "They", "After", "When"):
        names.add(first[1])
    return names
