"""Full stops that end no sentence: abbreviations, titles, initials, list numbers."""

from __future__ import annotations

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Before a name; only when written with a capital ("Rep. Smith", but "the last rep. Then").
_TITLES = _words(
    "Dr Mr Mrs Ms Mx Prof St Mt Ft Gen Col Lt Sgt Capt Cpl Cmdr Maj Adm Rev Fr Hon Gov Sen Rep Pres Messrs Mme Mlle Sra"
)
#: Never at the end of a sentence.
_INSIDE = _words("eg ie vs cf approx viz ca resp al incl est dept univ assn ave blvd rd bzw vgl mio mrd ee")
#: Also at the end of a sentence: then a capital follows.
_AMBIGUOUS = _words("etc inc ltd co corp jr sr bros esq a.m p.m b.c a.d ph.d m.d b.a m.a d.c usw")
#: Before a number; words of their own otherwise ("No. That is wrong.").
_BEFORE_NUMBER = _words(
    "no nos nr núm art sec ch chap kap cap p pp pg pág págs vol bd fig figs abb eq op ver v ex ep"
    " rm bldg rte apt ext tel tél c rs max mon tue tues thu thur thurs fri str"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
)

#: Of those, before a roman numeral too; no words of their own.
_BEFORE_NUMERAL = _words("vol chap kap bd")
#: German writes ordinals with a full stop: "am 3. Mai", "im 19. Jahrhundert".
_GERMAN_ORDINAL = re.compile(
    r"(?:^|[\W_])(?:(?<!I )am|der|die|das|dem|den|des|im|zum|zur|vom|beim|ab|seit|bis|als) \d{1,2}$", re.IGNORECASE
)

_LOOKED_AT = 40
_LAST_WORD = re.compile(r"[\w.&]*\w$")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]{1,2}")
_LIST_MARKER = re.compile(r"\W*(?:\d{1,3}|[^\W\d_])")


def stop_ends_sentence(before: str, following: str) -> bool:
    """Whether the full stop between ``before`` and the visible character ``following`` ends a sentence.

    It does not when it belongs to an abbreviation, an initial, an ellipsis or the number of a list item.
    """
    if following.islower() or following in ".…" or _LIST_MARKER.fullmatch(before):
        return False
    # No abbreviation is longer; the search takes the square of what it looks at.
    found = _LAST_WORD.search(before, max(0, len(before) - _LOOKED_AT))
    if found is None:
        return True
    word = found[0]
    bare = word.lower()
    if bare in _AMBIGUOUS:
        return not following.isdigit() and following not in "(["
    if word in _TITLES or bare in _INSIDE or _ACRONYM.fullmatch(word) or _is_german_ordinal(before):
        return False
    if bare in _BEFORE_NUMBER or bare.endswith("str"):
        return not (following.isdigit() or (following in "IVX" and bare in _BEFORE_NUMERAL))
    return not _is_initial(word, before[: found.start()])


def _is_german_ordinal(before: str) -> bool:
    return _GERMAN_ORDINAL.search(before, max(0, len(before) - _LOOKED_AT)) is not None


def _is_initial(word: str, before: str) -> bool:
    """ "J." of J. R. R. Tolkien; but "I." after a small word ends a sentence: "So do I." """
    if len(word) != 1 or not word.isupper() or not unicodedata.name(word, "").startswith(("LATIN", "GREEK", "CYRILLIC")):
        return False
    return not (word == "I" and before.split()[-1:] and before.rsplit(maxsplit=1)[-1].islower())
