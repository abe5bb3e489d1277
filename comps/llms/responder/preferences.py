"""Questions for yes or no: "do you like dogs" against what the card likes and dislikes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from comps.cores.text.embedding import Floats
from comps.llms.responder.card import Fact
from comps.llms.responder.index import CardIndex
from comps.llms.responder.question import content_words
from comps.llms.responder.wording import lower_start

_QUESTION = re.compile(
    r"^(?:and |but |so )?(?:do|did|would|are|could|will|can|have)(?: not)? you (?:not )?(?:(?:really|also|ever|still"
    r"|actually|always|even|at all|be|feel|get|a|big|very|much|too|rather|ever been) )*"
    r"(?P<verb>like|love|enjoy|hate|dislike|fancy|adore|fond of|into|fan of|interested in|afraid of|scared of"
    r"|frightened (?:of|by)|fear|can not stand|detest|mind|keen on|passionate about|care for|appreciate|prefer)\b"
    r" ?(?P<thing>.*)$"
)
_NEGATIVE_VERB = re.compile(r"hate|dislike|afraid|scared|frightened|fear|stand|detest|mind")
_NEGATIVE_FACT = re.compile(
    r"\b(?:hate|dislike|detest|despise|can't stand|cannot stand|can not stand|afraid|scared|fear|terrified|not (?:like"
    r"|love|enjoy|a fan|fond|care)|don't (?:like|love|enjoy)|never liked|avoid|loathe|annoys?)\b"
)
_POSITIVE_FACT = re.compile(
    r"\b(?:love|like|enjoy|adore|fond of|fan of|passion|favou?rite|prefer|treasure|collect|delight|want|hope|dream|wish)\b"
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|nobody|nothing|don't|can't|haven't|won't|didn't|wasn't|isn't|without)\b", re.IGNORECASE
)
_HEDGED = re.compile(
    r"\b(?:terribl[ey]|bad(?:ly)?|poor(?:ly)?|hardly|rarely|seldom|barely|lost|lack|but|although"
    r"|used to|almost|nearly|stopped|left|broke|broken|separated|divorced|died|late|former|ex|once|gave up|quit"
    r"|dropped|failed|forgot\w*)\b"
)
#: Similarity from which a fact is about the thing asked for even when it uses other words.
_ALIKE = 0.5


@dataclass(frozen=True)
class Preference:
    """Whether the persona likes (or, when ``negative``, dislikes) a thing."""

    thing: str
    negative: bool

    def about(self, thing: str) -> Preference:
        return Preference(thing, self.negative)


def parse(text: str) -> Preference | None:
    """The preference that a normalised question asks for, if it does."""
    match = _QUESTION.match(text)
    if match is None or not match["thing"].strip():
        return None
    return Preference(match["thing"], bool(_NEGATIVE_VERB.search(match["verb"])))


def likes(fact: Fact) -> bool | None:
    """Whether a fact tells of something liked (True) or disliked (False); None when of neither."""
    if fact.section == "dislikes" or _NEGATIVE_FACT.search(fact.text):
        return False
    return True if fact.section == "likes" or _POSITIVE_FACT.search(fact.text) else None


def answer(preference: Preference, index: CardIndex, scores: Floats) -> str:
    """Yes or no with the fact that says so; the nearest fact alone when it is of something alike; else that it is not known."""
    words = index.words_of(preference.thing)
    last = index.words_of(" ".join(content_words(preference.thing)[-1:]))
    named = [i for i in range(len(index.facts)) if words & index.stems[i]]
    felt = [i for i in named if likes(index.facts[i]) is not None]
    # "Old people" are no "old maps": at least the last word, which says what kind of thing it is, has to be there.
    told = [i for i in felt if words <= index.stems[i]] or [i for i in felt if last <= index.stems[i]]
    if told:
        best = max(told, key=lambda i: scores[i])
        verdict = "No, " if likes(index.facts[best]) is preference.negative else "Yes, "
        return verdict + lower_start(_without_also(index.facts[best].text))
    near = [i for i in range(len(index.facts)) if i in named or (scores[i] >= _ALIKE and likes(index.facts[i]) is not None)]
    if near:
        return _without_also(index.facts[max(near, key=lambda i: scores[i])].text)
    return f"I can't tell you whether I {'mind' if preference.negative else 'like'} {_spoken(preference.thing)}."


def yes_or_no(text: str, index: CardIndex, i: int) -> str:
    """The "Yes, " or "No, " before a fact that answers such a question in full; empty when it does not."""
    if not re.match(r"(?:do|did|are|were|have) ", text):
        return ""
    words = index.words_of(text)
    if not words or not words <= index.stems[i] or " or " in text:
        return ""
    fact = index.facts[i]
    # Only what the persona says of itself and without a "but" is a plain yes.
    if not re.match(r"I\b|[^.]*, I\b", fact.text) or likes(fact) is False or _HEDGED.search(fact.text):
        return ""
    clauses = [clause for clause in re.split(r", | (?:and|because|when|if) |; ", fact.text) if index.words_of(clause) & words]
    if _NEGATION.search(text) or (fact.section == "goals" and not re.search(r"\b(?:want|like to|hope|wish|dream|plan)", text)):
        return ""
    return "No, " if any(_NEGATION.search(clause) for clause in clauses) else "Yes, "


def _without_also(text: str) -> str:
    return re.sub(r"\balso (?=\w)", "", text, count=1)


def _spoken(thing: str) -> str:
    """The thing as it can be said back, or "that" when it is long or speaks of you and me."""
    words = thing.split()
    if len(words) > 4 or {"i", "me", "my", "you", "your", "it", "them", "him", "her"} & set(words):
        return "that"
    return thing
