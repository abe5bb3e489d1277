"""What digits and marks are left."""

from __future__ import annotations

import re

from comps.tts.reading.english.numbers import digits, number, pairs
from comps.tts.reading.english.rules import Match, Rules

RULES = Rules()

RULES.rule(r"(?<![\w.])(?P<n>\d{3,4})(?P<p>[pi])(?!\w)")(lambda match: f"{pairs(match['n'])} {match['p'].upper()}")
_ELEMENT = "(?:C[aluro]?|H[eg]?|O|N[aei]?|S[in]?|P[bt]?|F[e]?|K|M[gn]|Al|Ag|Au|Zn|Br|B|I|Li|Ti)"
RULES.rule(rf"(?<![A-Za-z_])(?=[A-Za-z]{{0,8}}\d)(?:{_ELEMENT}\d{{0,2}}){{2,8}}(?!\w)")(
    lambda match: " ".join(re.findall(r"[A-Z][a-z]?|\d+", match[0]))
)


RULES.say(r"(?<=[A-Z])\.(?=\d)", " dot ")


@RULES.rule(r"(?<=[A-Za-z])(?P<it>-?)(?=\d)")
def _letter_digit(match: Match) -> str:
    return " "


@RULES.rule(r"(?<=\d)(?P<it>-?)(?=[A-Za-z])")
def _digit_letter(match: Match) -> str:
    return "-" if match["it"] and match.string[match.end() : match.end() + 1].islower() else " "


@RULES.rule(r"(?P<letters>[A-Za-z][ ])?(?<![.\d_])(?P<it>\d{1,60}(?:_\d{3}){0,12}(?:\.\d{1,60})?|(?<!\w)\.\d{1,40})")
def _plain(match: Match) -> str:
    written = match["it"]
    before = match.string[max(0, match.start("it") - 5) : match.start("it")]
    if written.isdigit():
        if len(written) > 9 and not written.endswith("000"):
            return ", ".join(digits(written[at : at + 3]) for at in range(0, len(written), 3))
        if len(written) in (3, 4) and re.search(r"\b[A-Z]{1,4}[ ]$", before) and "_" not in written:
            return pairs(written)
    said = number(written)
    touches = match.string[max(0, match.start("it") - 1) : match.start("it")]
    return (" " if touches.isalpha() else "") + said


RULES.rule(r"\d+")(lambda match: f" {digits(match[0])} ")
RULES.say(r"[ ]?\|{1,9}[ ]?", ", ")
RULES.say(r"(?<=\w)[_\\](?=\w)", " ")
RULES.say("№", "number")
RULES.say(r"[*∗^~\\_{}<>=#|®™†‡¶•‣◦℠`]|\[|\]", "")
RULES.say(r"(?<=\S)[ ]{2,}(?=\S)", " ")
RULES.say(r"\u202f", " ")
RULES.say(r"[ ]+(?=[,.;:!?](?:\s|$))", "")
