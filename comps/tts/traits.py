"""What a description says outright of a speaker: gender, age, and whether it is a person at all.

These are hard facts: a sentence embedding alone gives an old man's voice to "a kindly grandmother" now and then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from comps.tts import vocabulary


@dataclass(frozen=True)
class Traits:
    """None: not said."""

    gender: str | None = None
    age: str | None = None
    kinds: frozenset[str] = frozenset()


def traits_of(description: str) -> Traits:
    text = " ".join(description.casefold().replace("’", "'").split())
    kinds = frozenset(kind for kind, pattern in vocabulary.KINDS.items() if pattern.search(text))
    return Traits(_gender(text), _age(text), kinds)


_WORD = re.compile(r"[^\W\d_]+")


def is_description(text: str) -> bool:
    """Whether ``text`` describes a speaker, rather than being the name of a voice that there is not."""
    words = _WORD.findall(text)
    if len(words) >= 2 and " " in text.strip():
        return True
    return words == [text.strip()] and traits_of(text) != Traits()


def _gender(text: str) -> str | None:
    """Who is named first; where nobody is, the pronoun; a trade is taken for a man's unless the pronoun is a woman's."""
    female, male = _first(vocabulary.FEMALE, text), _first(vocabulary.MALE, text)
    if female is not None or male is not None:
        return "female" if male is None or (female is not None and female < male) else "male"
    she, he = len(vocabulary.SHE.findall(text)), len(vocabulary.HE.findall(text))
    if she != he:
        return "female" if she > he else "male"
    return "male" if vocabulary.MALE_TRADE.search(text) else None


def _first(people: re.Pattern[str], text: str) -> int | None:
    """Where one of ``people`` is first named, other than as an owner ("the king's daughter")."""
    for match in people.finditer(text):
        if match.group() not in vocabulary.NO_MAN and not text.startswith("'", match.end()):
            return match.start()
    return None


_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}
_TEENS |= {"seventeen": 17, "eighteen": 18, "nineteen": 19}
_NUMBERS: Mapping[str, int] = _TENS | _TEENS | _UNITS
_NUMBER = rf"(?P<number>\d{{1,3}}|(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_UNITS)})|(?:{'|'.join(_NUMBERS)}))\b"
_YEARS = (
    re.compile(rf"\b{_NUMBER}[- ]years?[- ](?:old|of age)\b"),
    re.compile(rf"\b(?:aged?|age of|turning|turned|almost|nearly|about|over|past) {_NUMBER}(?! \w)"),
)
_DECADE = re.compile(r"\b(?:(?P<word>twen|thir|for|fif|six|seven|eigh|nine)ties|(?P<digit>[2-9])0'?s)\b")
#: Up to how many years.
_AGES = ((12, "child"), (25, "young"), (44, "adult"), (59, "middle"), (999, "old"))


def _age(text: str) -> str | None:
    years = _years(text)
    if years is not None:
        return next(age for limit, age in _AGES if years <= limit)
    of_age = vocabulary.NOT_OF_AGE.sub(" ", text)
    return next((age for age, pattern in vocabulary.AGES.items() if pattern.search(of_age)), None)


def _years(text: str) -> int | None:
    for pattern in _YEARS:
        if match := pattern.search(text):
            return _number(match["number"])
    if match := _DECADE.search(text):
        return 5 + (int(match["digit"]) * 10 if match["digit"] else _TENS[match["word"] + "ty"])
    return None


def _number(written: str) -> int:
    return int(written) if written.isdigit() else sum(_NUMBERS[part] for part in re.split("[- ]", written))
