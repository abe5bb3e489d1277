"""Decades and ordinals."""

from __future__ import annotations

from comps.tts.reading.english.numbers import MAX_DIGITS, cardinal, ordinal, pair, plural
from comps.tts.reading.english.rules import Rules

RULES = Rules()

RULES.rule(r"(?<![\w.,])(?P<c>1\d|20)(?P<d>\d0)['’]?s\b")(
    lambda match: (
        "two thousands"
        if match["c"] + match["d"] == "2000"
        else f"{cardinal(int(match['c']))} {plural(cardinal(int(match['d']))) if match['d'] != '00' else 'hundreds'}"
    )
)
RULES.say(r"(?<![\w])['‘’]00['’]?s\b", "two thousands")
RULES.rule(r"(?<![\w])['‘’](?P<d>[1-9]0)['’]?s\b")(lambda match: plural(cardinal(int(match["d"]))))
RULES.rule(
    r"\b(?:[Tt]he|[Ee]arly|[Mm]id|[Ll]ate|his|her|their|my|your|our|low|high|upper|lower)[ -](?P<it>(?P<d>[1-9]0)['’]?s)\b"
)(lambda match: plural(cardinal(int(match["d"]))))
RULES.rule(r"(?<![\w])['‘’](?P<d>\d{2})(?![\w'’\"])")(lambda match: pair(int(match["d"])) if match["d"] != "00" else "double oh")
RULES.rule(r"(?<![\w.,])(?P<n>\d{1,20}(?:_\d{3})*)(?:st|nd|rd|th|ST|ND|RD|TH)(?!\w)")(
    lambda match: ordinal(int(match["n"])) if len(match["n"]) <= MAX_DIGITS else None
)
