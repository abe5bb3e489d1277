"""The language that a client says is spoken: ISO 639 codes, BCP 47 tags, or names as OPEA's clients send them ("english")."""

from __future__ import annotations

import re
from collections.abc import Iterable

from comps.cores.errors import BadInput
from comps.cores.proto.recognition import RecognisedLanguages, SpokenLanguage
from comps.cores.text.languages import code_of, english_name, language_named

#: A tag of a language that the table lacks: a server may know it.
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*")


def language_code(wanted: str | None) -> str | None:
    """The code of ``wanted``; None for none, "" and "auto". Raises BadInput (field ``language``) for what is no language."""
    name = (wanted or "").strip().casefold()
    if name in ("", "auto"):
        return None
    if known := language_named(name):
        return code_of(known)
    if tag := _TAG.fullmatch(name):
        return tag[1]
    raise BadInput("language: is neither a language's code nor its name", field="language")


def recognised(codes: Iterable[str], *, detects: bool) -> RecognisedLanguages:
    """The languages with these codes, by their English names."""
    named = [SpokenLanguage(language=code, name=english_name(code)) for code in codes]
    return RecognisedLanguages(languages=sorted(named, key=lambda spoken: spoken.name), detects=detects)
