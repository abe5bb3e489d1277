"""How English is read: each module puts one kind of writing into words, and the next ones leave words alone."""

from __future__ import annotations

from comps.tts.reading.english import (
    abbreviations,
    dates,
    fractions,
    grouping,
    leftovers,
    money,
    names,
    numerals,
    ordinals,
    signs,
    times,
    units,
    years,
)  # fmt: skip
from comps.tts.reading.traced import Traced

#: In this order: what is more particular comes first, as an amount before its number.
_AFTER_DATES = (dates, times, grouping, money, fractions, ordinals, units, years, numerals, abbreviations, signs, leftovers)


def read(text: Traced, *, american: bool) -> Traced:
    """``american``: the month comes before the day in figures."""
    text = dates.ISO.read(names.RULES.read(text))
    text = dates.numeric(text, american=american)
    for module in _AFTER_DATES:
        text = module.RULES.read(text)
    return text
