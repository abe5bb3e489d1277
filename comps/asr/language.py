"""Names of languages: clients send ISO 639-1 codes, BCP 47 tags, or OPEA's English words ("english")."""

from __future__ import annotations

import re

from comps.cores.errors import BadInput

_NAMES = {
    "arabic": "ar",
    "chinese": "zh",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "mandarin": "zh",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)


def language_code(wanted: str | None) -> str | None:
    """The code of ``wanted``; None for none, "" and "auto". Raises BadInput (field ``language``) for what is no language."""
    if wanted is None or wanted.strip().lower() in ("", "auto"):
        return None
    name = wanted.strip().lower()
    if name in _NAMES:
        return _NAMES[name]
    if tag := _TAG.fullmatch(name):
        return tag[1]
    raise BadInput("language: is neither a language's code nor its English name", field="language")
