"""Languages by BCP-47 tag and by name, in English and in the language itself.

The table is made from Unicode's CLDR (``benchmarks/language_table.py``). Tags here are in lower case with hyphens; a language's
code is its shortest: "de" rather than "deu", "zh" rather than "cmn".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: A BCP-47 tag, or a POSIX locale: "zh-Hant-TW", "pt_BR", "de_DE.UTF-8".
_TAG = re.compile(r"([a-z]{2,3})((?:[-_][a-z0-9]{1,8})*)(?:[.@].*)?")
#: Chinese languages written as extensions of "zh" (RFC 5646, section 4.5).
_EXTENDED = {"yue", "hak", "nan", "wuu", "gan", "hsn"}


@dataclass(frozen=True)
class Language:
    """``tag``: a language's code, or a code with a region or script that has a name of its own ("pt-br"); ``names``: in English;
    ``own_names``: in the language itself."""

    tag: str
    names: tuple[str, ...]
    own_names: tuple[str, ...]


def tag_of(wanted: str) -> str | None:
    """A tag in the form used here: "zh_Hant_TW" → "zh-hant-tw", "DEU" → "de". None for what is no tag of a known language."""
    written = _TAG.fullmatch(wanted.strip().casefold())
    if written is None:
        return None
    code = _table().codes.get(written[1])
    rest = written[2].replace("_", "-").strip("-").split("-")
    if code == "zh" and rest[0] in _EXTENDED:
        code, rest = rest[0], rest[1:]
    elif code == "zh" and rest[0] == "cmn":
        rest = rest[1:]
    return None if code is None else "-".join([code, *(part for part in rest if part)])


def tag_named(name: str) -> str | None:
    """The tag of a language by its name: "German", "deutsch", "日本語", "Brazilian Portuguese". None for what is no name."""
    return _table().names.get(folded(name))


def language_named(wanted: str) -> str | None:
    """The tag that ``wanted`` is, or is the name of; a name goes before a tag."""
    return tag_named(wanted) or tag_of(wanted)


def code_of(tag: str) -> str:
    """The language of a tag, without region and script."""
    return tag.partition("-")[0]


def english_name(tag: str) -> str:
    """The English name of a tag, of its language where the tag has none; the tag itself where neither has."""
    languages = _table().languages
    known = languages.get(tag) or languages.get(code_of(tag))
    return known.names[0] if known else tag


def languages() -> Iterable[Language]:
    return _table().languages.values()


def folded(name: str) -> str:
    """A name as it is compared: case, accents and spaces at the ends do not count."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(part for part in parts if not _is_accent(part))
    return " ".join(unicodedata.normalize("NFC", plain).replace("’", "'").split())


def _is_accent(character: str) -> bool:
    # Of other scripts than Latin, Greek and Cyrillic marks are letters: a Hindi vowel, a Thai one.
    return "\u0300" <= character <= "\u036f"


@dataclass(frozen=True)
class _Table:
    """``codes``: any code of a language → its shortest; ``names``: folded name → tag."""

    languages: Mapping[str, Language]
    codes: Mapping[str, str]
    names: Mapping[str, str]


@cache
def _table() -> _Table:
    languages: dict[str, Language] = {}
    codes: dict[str, str] = {}
    for line in resources.files(__package__).joinpath("languages.tsv").read_text("utf-8").splitlines()[1:]:
        tag, others, names, own_names = (line.split("\t") + [""] * 3)[:4]
        tag = tag.lower()
        languages[tag] = Language(tag, _parts(names), _parts(own_names))
        for code in _parts(others) if "-" in tag else (tag, *_parts(others)):
            codes[code] = tag
    names_: dict[str, str] = {}
    for field in ("names", "own_names"):
        for language in languages.values():
            for name in getattr(language, field):
                names_.setdefault(folded(name), language.tag)
    return _Table(languages, codes, names_)


def _parts(field: str) -> tuple[str, ...]:
    return tuple(part for part in field.split(";") if part)
