"""Which language, or accent of English, a description of a speaker asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache

from comps.cores.text.languages import code_of, folded, languages, tag_named
from comps.tts import vocabulary

#: Names of languages that are other words too: they count where a language's name stands ("speaks Latin"), or before a person.
_OTHER_WORDS = {"english", "ido", "irish", "latin", "polish", "scots", "scottish gaelic", "shan", "welsh", "gaelic"}
_SPEAKS = r"\b(?:speaks?|speaking|talks?|talking|spoken|reads?|reading|sings?|singing|voices?|fluent|native)\b"
_FILLER = r"(?:[ ,]+(?:only|just|fluent|fluently|in|perfect|native|pure|good|well|the))*"
_SPEAKER = r"(?:[- ](?:language|tongue)\b|[- ]speak(?:ing|ers?)\b)"
_VOICE = r"[- ](?:voices?|accents?|accented|narrators?)\b"
#: What stands where a language's name would, with a capital, is one, though it may be unheard of.
_UNHEARD = (
    re.compile(r"\b(?:speak(?:s|ing)?|spoken in|voices? in)(?: (?:only|fluent|perfect|native|in))* (?P<name>[A-Z]\w+)"),
    re.compile(r"\b(?P<name>[A-Z]\w+)-speaking\b"),
)


def language_in(description: str, spoken: Collection[str]) -> str | None:
    """The tag of the language that ``description`` asks for, or an accent's ("en-gb-scotland"); None where it asks for none.

    ``spoken``: codes of the languages there are. The tag may be of another language; of one that nobody has heard of, it is the
    name as written.
    """
    written = _plain(description)
    text = written.lower()
    return (
        _with_accent(text)
        or _where_a_language_stands(text, spoken)
        or _unheard(written)
        or _earliest([*_accents(text), *_peoples(written, text, spoken)])
    )


def _plain(description: str) -> str:
    """Without accents on letters, as long as its lower case."""
    parts = unicodedata.normalize("NFKD", " ".join(description.split()).replace("’", "'"))
    plain = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
    return unicodedata.normalize("NFC", plain)


@cache
def _names(languages_spoken: frozenset[str] | None) -> str:
    """A pattern of names, longest first; of all languages in English, or of these in English and themselves."""
    names: set[str] = set()
    for language in languages():
        if languages_spoken is None:
            names.update(language.names)
        elif code_of(language.tag) in languages_spoken:
            names.update((*language.names, *language.own_names))
    ordered = sorted({folded(name) for name in names}, key=len, reverse=True)
    return "|".join(map(re.escape, ordered))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _with_accent(text: str) -> str | None:
    """ "A German man with an English accent": the accent is what is heard."""
    match = re.search(r"\b((?:[^\W\d_]+[ -]){1,2})accent(?:ed|s)?\b", text)
    if match is None:
        return None
    said = match[1]
    accent = _accent(said)
    name = _compiled(rf"\b({_names(None)})\b").search(said)
    nation = next((tag for tag, pattern in vocabulary.NATIONS.items() if pattern.search(said)), None)
    return accent or nation or (tag_named(name[1]) if name else None)


def _where_a_language_stands(text: str, spoken: Collection[str]) -> str | None:
    """ "Who speaks German", "German-speaking", "German voice": any name counts there."""
    names = f"{_names(None)}|{_names(frozenset(spoken))}"
    for pattern in (rf"{_SPEAKS}{_FILLER}[ :,]+({names})\b", rf"\b({names}){_SPEAKER}"):
        if match := _compiled(pattern).search(text):
            return tag_named(match[1])
    match = _compiled(rf"\b({names}){_VOICE}").search(text)
    # An Irish voice speaks English; so does a Scots one.
    if match is None or (match[1] != "english" and _accent(match[1])):
        return None
    return tag_named(match[1])


def _unheard(written: str) -> str | None:
    for pattern in _UNHEARD:
        match = pattern.search(written)
        if match and not _is_known(match["name"].lower()):
            return match["name"]
    return None


def _is_known(name: str) -> bool:
    """A people, an accent, or no name at all: "speaking Softly"."""
    tables = (vocabulary.ACCENTS, vocabulary.NATIONS, vocabulary.LANDS)
    return name.endswith("ly") or any(pattern.search(name) for table in tables for pattern in table.values())


def _accent(text: str) -> str | None:
    return next((tag for tag, pattern in vocabulary.ACCENTS.items() if pattern.search(text)), None)


def _earliest(found: list[tuple[int, str]]) -> str | None:
    return min(found)[1] if found else None


def _accents(text: str) -> Iterator[tuple[int, str]]:
    """The accent of English, where any of its words is first."""
    if (accent := _accent(text)) is not None:
        matches = (pattern.search(text) for pattern in vocabulary.ACCENTS.values())
        yield min(match.start() for match in matches if match), accent


def _peoples(written: str, text: str, spoken: Collection[str]) -> Iterator[tuple[int, str]]:
    """ "A German woman", "a Brazilian", "from Spain". A language that nobody speaks counts before a person only."""
    for match in _compiled(rf"(?<!\w)({_names(frozenset(spoken))})(?!\w)|({_non_latin_names()})").finditer(text):
        name = match[0]
        if name not in _OTHER_WORDS or (name == "polish" and _is_before_person(text, match.end())):
            yield match.start(), tag_named(name) or ""
    for match in _compiled(rf"\b({_names(None)})\b").finditer(text):
        tag = tag_named(match[1]) or ""
        is_name = written[match.start()].isupper() and match[1] not in _OTHER_WORDS
        if code_of(tag) not in spoken and is_name and _is_before_person(text, match.end()):
            yield match.start(), tag
    for tag, pattern in vocabulary.NATIONS.items():
        if people := pattern.search(text):
            yield people.start(), tag
    for tag, pattern in vocabulary.LANDS.items():
        if land := re.search(rf"\bfrom (?:\w+ )?{pattern.pattern}", text):
            yield land.start(), tag


@cache
def _non_latin_names() -> str:
    """Own names in scripts that put no spaces between words."""
    names = {folded(name) for language in languages() for name in language.own_names}
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name[0] >= "\u0e00")


def _is_before_person(text: str, end: int) -> bool:
    """Whether a person is named one or two words after ``end``."""
    following = re.match(r"[- ]+(\S+)(?: (\S+))?", text[end:])
    return following is not None and any(vocabulary.PERSON.fullmatch(word) for word in following.groups() if word)
