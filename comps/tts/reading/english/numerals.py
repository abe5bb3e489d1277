"""Roman numerals."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import cardinal, ordinal, year
from comps.tts.reading.english.rules import Match, Rules
from comps.tts.reading.roman import ROMAN, roman

RULES = Rules()

_LOWER_ROMAN = "[ivxl]{1,7}"
RULES.rule(
    rf"\b(?:[Pp]ages?|[Cc]hapters?|[Ss]cene|[Aa]ct|[Pp]art|[Ss]ection)[ ](?P<it>(?P<a>{_LOWER_ROMAN})(?:[ ]?[-–][ "
    rf"]?(?P<b>{_LOWER_ROMAN}))?)(?!\w|[.'’]\w)"
)(
    lambda match: (
        " to ".join(cardinal(value) for part in (match["a"], match["b"]) if part and (value := roman(part.upper())) is not None)
        or None
    )
)


def _is_numeral(match: Match) -> bool:
    """A single letter may be just that: "Generation X", "Appendix C"."""
    return (
        len(match["it"]) > 1
        or match["it"] in "IV"
        or (
            match["it"] == "X"
            and re.match(
                r"(?:[Cc]hapter|[Pp]art|[Vv]olume|[Bb]ook|[Aa]ct|[Aa]rticle|[Tt]itle"
                r"|[Ss]ection)",
                match[0],
            )
            is not None
        )
    )


RULES.say(r"\bWWI\b", "World War one")
RULES.say(r"\bWW(?:II|2)\b", "World War two")


def _ordinal_roman(match: Match) -> str | None:
    value = roman(match["it"])
    return None if value is None or value > 39 else f"the {ordinal(value)}"


RULES.rule(
    rf"\b(?:{tables.ROMAN_ORDINAL})[ ](?P<it>{ROMAN}{{2,6}}|[VX]|I(?=[,.;:)'’]|$|[ ](?:of|was|ruled|reigned|died"
    rf"|became|and|in|had|came|is)\b))(?!\w)(?!\.\w)"
)(_ordinal_roman)
RULES.rule(rf"(?<!\w)(?P<it>{ROMAN}{{1,6}})(?=(?:st|nd|rd|th)?[ ]century\b)")(
    lambda match: ordinal(value) if (value := roman(match["it"])) else None
)
RULES.rule(
    rf"\b(?:{tables.ROMAN_CARDINAL})[ ](?P<it>{ROMAN}{{1,7}})(?!\w)(?!['’]\w)(?!(?<=[ ]I)[ ](?:am|think|have|was|want|will"
    rf"|would|love|like|know|saw|read|can)\b)(?!\.\w)"
)(lambda match: cardinal(value) if (value := roman(match["it"])) and _is_numeral(match) else None)
RULES.rule(r"(?<=[a-z][ ])(?P<it>II|III|IV|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV|XVI|XVII|XVIII|XIX|XXI)(?!\w)(?!\.\w)(?!['’]\w)")(
    lambda match: (
        cardinal(roman(match["it"]) or 0)
        if re.search(r"(?:^|[^\w])[A-Z][\w'’]*[ ]$", match.string[max(0, match.start() - 30) : match.start()])
        else None
    )
)
RULES.rule(r"(?<![\w.])(?P<it>III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX|XXI|XXII|XXIII|XXIV|XXV)(?!\w)(?!\.\w)(?!['’]\w)")(
    lambda match: cardinal(roman(match["it"]) or 0)
)
RULES.rule(r"(?<!\w)(?P<it>M{1,3}[CDXLIVM]{3,12})(?!\w)")(lambda match: year(value) if (value := roman(match["it"])) else None)
RULES.rule(r"(?<=\()(?P<it>ii|iii|iv|vi|vii|viii|ix)(?=\))")(lambda match: cardinal(roman(match["it"].upper()) or 0))
