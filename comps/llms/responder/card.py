"""A persona's card as facts: short sentences in the first person, each from one section of the card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comps.llms.responder.grammar import (
    PAST_VERBS,
    Subject,
    base_form,
    find_pronoun,
    first_person,
    is_surely_verb,
    is_third_person_verb,
)

SECTIONS = ("physicalDescription", "personalityTraits", "likes", "dislikes", "background", "goals", "relationships")

_SENTENCE_END = re.compile(
    r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bProf\.)(?<!\b[A-Z]\.)(?<=[.!?])[\"']?\s+(?=[\"'A-Z0-9])"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|can|could|will|would|does|do|did|(?<!, )\w+ed|runs?|knows?|lives?|works?"
    r"|owns?|keeps?|helps?"
    rf"|thinks?|says?|loves?|calls?|believes?|wants?|(?<!, )(?:{'|'.join(sorted(PAST_VERBS))}))\b"
)
#: Sentences after which "they" are the persona and somebody else.
_COUPLE = re.compile(r"I (?!have (?:two|three|four|five|many|several)\b)|.* and I\b")
#: Sections in which sentences speak of other people and things as well.
_OF_OTHERS = frozenset(("background", "relationships", "goals", "physicalDescription"))
_FINITE_LOOK = re.compile(r"\b(?:is|are|was|were|am|has|have|had|wears?|looks?)\b")
_PASSIVE = (
    r"born|raised|trained|educated|orphaned|abandoned|adopted|elected|named|found|brought up|built|made|created|carved|invented"
)
_STATE = (
    r"married|betrothed|sworn|engaged|close|friends|devoted|loyal|related|attached|divorced|widowed|single|in love"
    r"|on good terms"
    r"|respected|loved"
)
_ROLE = (
    r"(?:\w+[- ])*(?:\w+(?:er|or|ist|ian|man|woman|smith|eer|chef|nurse|cook|judge|captain|guard|spy|monk|nun|clerk"
    r"|pilot|guide|poet"
    r"|student|veteran|soldier|agent|champion|native|orphan|widow|parent))"
)
_HAVING = (
    r"(?:sense of humou?r|humou?r|wit|temper|heart|imagination|mind|memory|smile|laugh|voice|streak|tongue|patience|curiosity)"
)


@dataclass(frozen=True)
class Fact:
    """One thing the persona can say about itself."""

    section: str
    text: str


@dataclass(frozen=True)
class Card:
    """Who answers. ``name`` is empty when the card gives none."""

    name: str
    facts: tuple[Fact, ...]


def read_card(persona: Mapping[str, Any]) -> Card:
    """The card of a persona given as plain values. Fields may hold sentences about her, by her, or bare phrases."""
    name = str(persona.get("name") or "").strip()
    entries = [(section, entry) for section in SECTIONS for entry in _entries(persona.get(section))]
    prompt = _described(str(persona.get("system_prompt") or "")) if not entries else []
    name = name or _name_in(prompt)
    entries += [("background", sentence) for sentence in prompt]
    subject = Subject(name, find_pronoun([entry for _, entry in entries]))
    facts: dict[str, Fact] = {}
    for section, entry in entries:
        for text in _sentences(section, entry, subject):
            facts.setdefault(text.lower(), Fact(_section_of(section, text) if prompt else section, text))
    return Card(name, tuple(facts.values()))


def _entries(value: Any) -> list[str]:
    entries = [value] if isinstance(value, str) else list(value or [])
    return [" ".join(str(entry).replace("’", "'").split()) for entry in entries if str(entry).strip()]


def _described(prompt: str) -> list[str]:
    """The sentences of a system prompt that describe a character; orders to the model are left out."""
    sentences = [sentence for line in prompt.replace("’", "'").splitlines() for sentence in split_sentences(line.strip(" -*#\t"))]
    return [
        s
        for s in sentences
        if re.match(
            r"(?:you are|you're|you (?!must|should|will|can|may|have to|always answer)\w+|your (?!answer|task"
            r"|job is to|repl)|i am|i'm|i |my )",
            s,
            re.IGNORECASE,
        )
    ]


def _name_in(sentences: list[str]) -> str:
    for sentence in sentences:
        if match := re.search(
            r"(?:[Yy]ou are|[Yy]ou're|[Yy]our name is|called|named|[Mm]y name is|I am) ((?:[A-Z][\w'.]+ ?)+)", sentence
        ):
            return match[1].strip(" .")
    return ""


def split_sentences(text: str) -> list[str]:
    """Sentences of a text; abbreviations such as "Dr." do not end one. Marks without a word are none."""
    return [part.strip() for part in _SENTENCE_END.split(text) if re.search(r"\w", part)]


def _sentences(section: str, entry: str, subject: Subject) -> list[str]:
    texts: list[str] = []
    other = False
    for sentence in split_sentences(entry):
        text = first_person(sentence, subject, other_speaks=other and section == "relationships")
        if section == "physicalDescription":
            text = re.sub(r"\b([Tt])he (?=(?:head|mouth|face|eyes|hair|lips)\b)", lambda m: "My " if m[1] == "T" else "my ", text)
        if (
            section == "relationships"
            and subject.pronoun != "they"
            and (not texts or _COUPLE.match(texts[-1]) or " they " in text)
        ):
            text = _we(text)
        if not _is_clause(section, text):
            text = _from_phrase(section, text)
        # After "Tom is my brother." a "He" is Tom, where he and the persona share a pronoun.
        other = bool(re.match(r"(?!I\b|My (?:life|dream|goal|home)\b)(?:My )?[A-Z]?\w+(?: \w+){0,3} (?:is|was)\b", text))
        texts.append(text if text.endswith((".", "!", "?")) else text + ".")
    return texts


def _we(text: str) -> str:
    """ "They have two daughters", of the persona and somebody else, in her words."""
    if not text.startswith(("They ", "Their ")):
        # "I have one son, Luca, and they argue": the two of them.
        if not re.match(r"I have (?:an?|one) |My (?!\w+s\b)\w+[, ]|I am (?:married|engaged) ", text):
            return text
        head, joint, rest = text.partition(" and they ")
        return f"{head} and we {_us(rest)}" if joint else text
    return re.sub(r"^They\b", "We", re.sub(r"^Their\b", "Our", _us(text)))


def _us(text: str) -> str:
    return re.sub(r"\bthey\b", "we", re.sub(r"\btheir\b", "our", text))


def _is_clause(section: str, text: str) -> bool:
    """Whether ``text`` is a sentence of its own rather than a phrase such as "old maps"."""
    if _has_subject(section, text):
        return True
    if is_third_person_verb(text.split(maxsplit=1)[0]) or re.match(rf"(?:{_PASSIVE}|{_STATE})\b", text, re.IGNORECASE):
        return False
    words = text.split()
    rest = " ".join(words[1:])
    if re.search(r"\b(?:who|that|which)\b", text):
        rest = re.split(r"\b(?:who|that|which)\b", rest)[0]
    others = re.match(r"my\b|the\b|[A-Z]", text, re.IGNORECASE) and section in _OF_OTHERS
    if others and (any(is_surely_verb(word) for word in rest.split()) or re.search(r"\b\w+s (?:me|him|them)\b", rest)):
        return True
    finite = _FINITE_LOOK if section == "physicalDescription" else _FINITE
    return bool(finite.search(rest)) and not re.match(r"(?:to|being|becoming|\w+ing|\w+ed)\b", text, re.IGNORECASE)


def _has_subject(section: str, text: str) -> bool:
    """Whether ``text`` begins as sentences do: with somebody who does something, or with "My …" and a full stop at the end."""
    if re.search(r"\bI\b(?!['\w])|\bI'", text) and not re.match(r"(?:to|when|where)\b", text, re.IGNORECASE):
        return True
    if re.match(r"(?:he|she|we|they|it|there) \w+|[^,]+, [^,]+, \w+s \w", text, re.IGNORECASE):
        return True
    return section != "physicalDescription" and bool(re.match(r"My (?:\S+ ){3}.*\.$", text))


def _lower(phrase: str) -> str:
    """Without the capital of a list entry; names keep theirs."""
    first, _, rest = phrase.partition(" ")
    proper = (not first[1:].islower() and len(first) > 1) or (rest[:1].isupper())
    return phrase if proper else phrase[:1].lower() + phrase[1:]


def _article(noun: str) -> str:
    if re.match(r"(?:an?|the|my|his|her|one|two|three)\b", noun, re.IGNORECASE):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _from_phrase(section: str, phrase: str) -> str:
    """A bare phrase of a list as a sentence; what it says depends on the section it stands in."""
    phrase = phrase.rstrip(".;,")
    if adverb := re.match(
        r"(now|currently|still|often|always|never|once|later|recently|secretly) (?=\w+(?:s|ed)\b)", phrase, re.IGNORECASE
    ):
        sentence = _from_phrase(section, phrase[adverb.end() :])
        return re.sub(r"^I (?=\w)", f"I {adverb[1].lower()} ", sentence)
    word = phrase.split()[0]
    if word.lower() in ("was", "had"):
        return f"I {_lower(phrase)}"
    if is_third_person_verb(word):
        return f"I {base_form(word.lower())}{phrase[len(word) :]}"
    lower = _lower(phrase)
    if re.match(rf"(?:{_PASSIVE})\b", phrase, re.IGNORECASE):
        return f"I was {lower}"
    if re.match(rf"(?:{_STATE})\b", phrase, re.IGNORECASE):
        return f"I am {lower}"
    return _PHRASES[section](phrase, lower)


def _look(phrase: str, lower: str) -> str:
    if re.match(r"(?:an? |the )?(?:\w+ )?(?:face|head|portrait|picture|figure in)\b", phrase, re.IGNORECASE):
        return f"What can be seen of me is {lower}"
    if re.match(r"(?:an?|the)\b", phrase, re.IGNORECASE):
        return f"I am {lower}"
    return f"This is how I look: {lower}"


def _trait(phrase: str, lower: str) -> str:
    if re.search(rf"\b{_HAVING}$", phrase, re.IGNORECASE):
        return f"I have {_article(lower)}"
    return f"I am {lower}"


def _like(phrase: str, lower: str) -> str:
    return f"I like {lower}"


def _dislike(phrase: str, lower: str) -> str:
    return f"I dislike {lower}"


def _past(phrase: str, lower: str) -> str:
    if re.match(
        r"(?!retired|skilled|experienced|talented|trained|gifted|unmarried)(?:\w+ed|grew|went|became|met|left|made"
        r"|lost|taught|spent|ran|won|built|fought|began)\b",
        phrase,
        re.IGNORECASE,
    ):
        return f"I {lower}"
    if re.match(r"(?:from|in|at)\b", phrase, re.IGNORECASE):
        return f"I am {lower}"
    head = re.split(r"\b(?:in|at|of|from|with|for|who|by|on|and|living)\b|,", phrase)[0].strip()
    if re.fullmatch(_ROLE, head, re.IGNORECASE) or re.match(
        r"(?:former|retired|ex-|professional|self-taught|single|an?\b)", phrase, re.IGNORECASE
    ):
        return f"I am {_article(lower)}"
    return f"This is part of my past: {lower}"


def _goal(phrase: str, lower: str) -> str:
    if re.match(r"to\b", phrase, re.IGNORECASE):
        return f"I want {lower}"
    if re.match(r"\w+ing\b", phrase, re.IGNORECASE):
        return f"I dream of {lower}"
    if re.match(r"(?:an?|the|more|world|peace|happiness|fame|revenge|my)\b", phrase, re.IGNORECASE):
        return f"What I want is {lower}"
    return f"I want to {lower}"


def _relation(phrase: str, lower: str) -> str:
    if match := re.fullmatch(r"([A-Z][^(:]*?)\s*\((.+)\)", phrase):
        return f"{match[1]} is my {_lower(match[2])}"
    if match := re.fullmatch(r"([^:,]{3,40}?)\s*[:\u2013-]\s+(.+)", phrase):
        if re.match(r"(?:an?|the|my)\b", match[2]):
            return f"{match[1]} is {match[2]}"
        return f"My {_lower(match[1]).removeprefix('my ')} is {match[2]}"
    if re.match(
        r"(?:mother|father|parent|daughter|son|sister|brother|wife|husband|friend|member|owner|leader|enemy|rival"
        r"|mentor|guardian|servant|apprentice|student)s? (?:of|to)\b",
        phrase,
        re.IGNORECASE,
    ):
        return f"I am the {lower}"
    if re.match(r"(?:an?|one|two|three|four|five|no|many|few|several)\b", phrase, re.IGNORECASE):
        return f"I have {lower}"
    return f"There is {lower}"


_PHRASES = {
    "physicalDescription": _look,
    "personalityTraits": _trait,
    "likes": _like,
    "dislikes": _dislike,
    "background": _past,
    "goals": _goal,
    "relationships": _relation,
}


def _section_of(section: str, text: str) -> str:
    """The section of a sentence from a system prompt, by its verb."""
    for pattern, found in _SECTION_WORDS:
        if re.search(pattern, text, re.IGNORECASE):
            return found
    return section


_SECTION_WORDS = (
    (r"\b(?:hate|dislike|despise|detest|cannot stand|can't stand|afraid|fear|do not like|don't like)\b", "dislikes"),
    (r"\b(?:love|like|enjoy|adore|fond|fan of|passion)\b", "likes"),
    (r"\b(?:want|hope|dream|goal|wish|plan) ", "goals"),
    (r"\b(?:hair|eyes|tall|short|wear|beard|skin|look like|slim)\b", "physicalDescription"),
    (r"\b(?:wife|husband|brother|sister|friend|mother|father|son|daughter|partner)\b", "relationships"),
)
