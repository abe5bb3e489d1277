"""Years."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import cardinal, pairs, plural, year
from comps.tts.reading.english.rules import MONTH, Match, Rules

RULES = Rules()

RULES.rule(r"(?<![\w.,])(?P<n>\d{1,4})['’]?s(?!\w)")(
    lambda match: plural(pairs(match["n"]) if len(match["n"]) > 2 else cardinal(int(match["n"])))
)
RULES.rule(r"(?<![\w.,])(?P<n>\d{1,4})(?=[ ](?:BCE?|AD|CE|B\.C\.|A\.D\.)(?!\w))")(
    lambda match: year(int(match["n"])) if len(match["n"]) > 3 else cardinal(int(match["n"]))
)


@RULES.rule(r"(?<![\w.,$€£#/])(?P<it>1\d{3}|20\d\d)(?![\w/%°])(?![.,]\d)(?![ ]\d{3}\b)")
def _year(match: Match) -> str | None:
    value = int(match["it"])
    before = match.string[max(0, match.start() - 16) : match.start()]
    after = match.string[match.end() : match.end() + 24]
    if re.search(rf"(?:\b(?:{tables.YEAR_BEFORE}|{MONTH})|,|\()[ -]?$", before) is None:
        if value in (1000, 2000) or 1000 < value < 1100:
            return None
        if re.match(
            r"[ ](?:more|other|new|different)?[ ]?(?!was\b|is\b|has\b|its\b|as\b|this\b|does\b|towards\b|across\b"
            r"|process\b|always\b|perhaps\b|plus\b|vs\b|us\b)(?:[a-z]+s\b|people|men|women|children|percent)",
            after,
        ):
            return year(value) if value % 100 == 0 and value % 1000 else None
        if value < 1900 and value % 100 == 0:
            return year(value) if value % 1000 else None
    if re.match(
        r"[ ](?:people|men|women|children|points?|steps|words|calories|dollars|euros|miles|meters|years|days|times)\b", after
    ):
        return year(value) if value % 100 == 0 and value % 1000 else None
    return year(value)
