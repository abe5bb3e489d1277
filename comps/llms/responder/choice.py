"""Which facts of a card answer a question, if any."""

from __future__ import annotations

import re

from comps.cores.text.embedding import Floats
from comps.llms.responder.asked import Asked
from comps.llms.responder.index import CardIndex, proper_names
from comps.llms.responder.question import stem, stems
from comps.llms.responder.topics import Topic, answers

#: Score from which a fact is an answer; lower when the question speaks to the persona, since little else can be meant.
_FITS = 0.32
_FITS_OTHER = 0.6
#: Cosine similarity from which a fact answers where few facts can: that of other words for the same thing.
_SAME = 0.45
_YES_OR_NO = 0.34
_TRAIT = 0.3
_OFF_TOPIC = 0.38
#: Questions for one thing.
_ONE = re.compile(r"\b(?:most|best|closest|biggest|greatest|favou?rite|oldest|youngest|first|last|worst|who is your|which)\b")
_NARROW = re.compile(r"^(?:and |but |so )?(?:do|did|are|were|have|had|can|could|would|will|is|was) |\bfavou?rite\b")
#: What a fact gains when the question speaks back of it ("what is his name").
_BACK = 0.2
#: A second fact is told when its score is within the first of these of the best, or above the second in the same section.
_NEAR = 0.12
_RELATED = 0.2
#: Topics whose facts are a list: several are told.
_LISTS = frozenset(
    (
        "look",
        "traits",
        "dislikes",
        "hobbies",
        "goals",
        "family",
        "ties",
        "past",
        "friends",
        "fear",
        "childhood",
        "weakness",
        "parents",
        "siblings",
        "partner",
        "children",
        "pets",
        "grandparents",
        "colleagues",
    )
)


def scores(asked: Asked, index: CardIndex, topics: list[Topic]) -> Floats:
    """How well each fact answers, float32[facts]."""
    values = index.scores(asked.text, asked.vector, set(asked.words), topics)
    if asked.refers_back:
        for i in about_the_same(index, asked.said):
            values[i] += _BACK
    return values


def about_the_same(index: CardIndex, said: tuple[int, ...]) -> set[int]:
    """The facts ``said`` and those that name the same people and places."""
    names: set[str] = set().union(*(proper_names(index.facts[i]) for i in said))
    return {*said, *index.naming(names)}


def names_somebody(asked: Asked, index: CardIndex) -> bool:
    """Whether the question names somebody or something of the card."""
    return bool({stem(name) for fact in index.facts for name in proper_names(fact)} & asked.words)


def is_unknown(asked: Asked, index: CardIndex, topics: list[Topic]) -> bool:
    """Whether the question is about a topic on which only certain facts are an answer, and the card has none."""
    strict = [topic for topic in topics if topic.strict]
    if not strict or _allowed(index, strict) or names_somebody(asked, index):
        return False
    return not _near(asked, index, topics)


def _near(asked: Asked, index: CardIndex, topics: list[Topic]) -> bool:
    """Whether some fact says it in words that its topic's pattern lacks: a "chicken" for "animals"."""
    loose = [topic for topic in topics if topic.strict and topic.loosely]
    alike = index.similarities(asked.vector)
    return any(fact.section in topic.sections and alike[i] >= _SAME for topic in loose for i, fact in enumerate(index.facts)) or (
        not asked.topics and any(index.shared(i, set(asked.words)) for i in range(len(index.facts)))
    )


def _supported(asked: Asked, index: CardIndex, i: int) -> bool:
    """Whether fact ``i`` is near enough to a question that any other fact would not answer either.

    "Do you smoke?" and "what is your favourite colour?" have answers that are wrong; "tell me about yourself" has not.
    """
    if not _NARROW.search(asked.text) or asked.refers_back:
        return True
    named = [topic for topic in asked.topics if topic.fact]
    if named and not any(answers(index.facts[i], topic) for topic in named):
        return bool(index.similarities(asked.vector)[i] >= _OFF_TOPIC or index.shared(i, set(asked.words)))
    enough = _YES_OR_NO if index.facts[i].section != "personalityTraits" else _TRAIT
    return (
        bool(index.shared(i, set(asked.words)))
        or any(answers(index.facts[i], topic) for topic in named)
        or bool(index.similarities(asked.vector)[i] >= enough)
    )


def choose(asked: Asked, index: CardIndex, topics: list[Topic], *, loose: bool = False) -> list[int]:
    """The facts that answer, best first; none when no fact fits. ``loose``: a follow-up, in which few words say much."""
    values = scores(asked, index, topics)
    order = sorted(_candidates(index, topics), key=lambda i: -values[i])
    particular = _particular(asked, topics)
    # With another topic named beside it ("favourite teacher") the question is no longer for the whole section.
    sections = [topic.sections[0] for topic in asked.topics] if not any(topic.fact for topic in asked.topics) else []
    if not particular and (told := [i for i in order if index.facts[i].section in sections]):
        # "What do you like?": whatever stands there is an answer.
        return _several(index, told, values)
    known = asked.to_persona or asked.refers_back or bool(topics) or loose or names_somebody(asked, index)
    if not order or values[order[0]] < (_FITS if known else _FITS_OTHER) or not _supported(asked, index, order[0]):
        return []
    if particular or _ONE.search(asked.text) or not any(topic.name in _LISTS for topic in topics):
        return order[:1]
    return _several(index, [order[0], *_on_topic(index, order, topics)], values)


def _candidates(index: CardIndex, topics: list[Topic]) -> list[int]:
    return _allowed(index, [topic for topic in topics if topic.strict]) or list(range(len(index.facts)))


def _allowed(index: CardIndex, strict: list[Topic]) -> list[int]:
    return [i for i, fact in enumerate(index.facts) if any(answers(fact, topic) for topic in strict)]


def _particular(asked: Asked, topics: list[Topic]) -> set[str]:
    """The question's content words beside those that name its topics: with them it asks for one thing, not for a list."""
    found = (re.search(topic.question, asked.text) for topic in topics)
    return set(asked.words) - set().union(*(stems(match[0]) for match in found if match))


def _on_topic(index: CardIndex, order: list[int], topics: list[Topic]) -> list[int]:
    """The facts after the best that say something on the same topics."""
    named = [topic for topic in topics if topic.fact]
    return [i for i in order[1:] if not named or any(answers(index.facts[i], topic) for topic in named)]


def _several(index: CardIndex, order: list[int], values: Floats) -> list[int]:
    """Two facts that belong together, three when they are short."""
    short = all(len(index.facts[i].text.split()) <= 6 for i in order[:3])
    best = order[0]
    told = {index.facts[best].section, "background", "relationships"}
    order = [best, *(i for i in order[1:] if index.facts[i].section in told)]
    chosen = [i for i in order[: 3 if short else 2] if values[i] >= values[best] - _NEAR]
    if len(chosen) == 1:
        same = [i for i in order[1:] if index.facts[i].section == index.facts[best].section and values[i] > _RELATED]
        chosen += same[:1]
    return chosen
