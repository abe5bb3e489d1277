"""Times of day, durations, ranges, scores and ratios."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import cardinal, counted, number, pair, pairs, year
from comps.tts.reading.english.rules import Match, Rules, stop

RULES = Rules()


def clock(hour: int, minute: str) -> str:
    if minute == "00":
        return f"{cardinal(hour)} o'clock" if 0 < hour <= 12 else "zero hundred" if hour == 0 else f"{cardinal(hour)} hundred"
    return f"{cardinal(hour)} {pair(int(minute))}"


def _half_day(match: Match) -> str:
    """ "AM" or "PM", with the full stop of the sentence where it ends there."""
    return f" {match['half'][0].upper()}M" + stop(match)


# "3-5pm", "9:30–11:00", "Mon 9-5": the dash between two numbers of any kind, once dates and names are gone.
RULES.rule(r"(?<![\w])(?P<a>1[0-9]{3}|20\d\d)[ ]?[-–—/][ ]?(?P<b>\d{4}|\d{2})(?![\w/%°])(?![.,]\d)(?![-–]\d)(?![ ]?=)")(
    lambda match: (
        None
        if len(match["b"]) == 2 and int(match["b"]) <= int(match["a"][2:]) and "/" in match[0]
        else f"{year(int(match['a']))} to {year(int(match['b'])) if len(match['b']) == 4 else pair(int(match['b']))}"
    )
)
RULES.rule(r"\b(?:Boeing|Airbus|Route|Model|Form|Type|model|form)[ ](?P<it>\d{3,4}-\d{1,4})(?!\w)")(
    lambda match: " ".join(pairs(part) for part in match["it"].split("-"))
)


RULES.rule(r"(?<![\w.-])\d{1,3}(?:-\d{1,3}){2,5}(?![\w-])")(lambda match: " ".join(number(part) for part in match[0].split("-")))
# Of an equation: "2x² - 5x".
RULES.say(r"(?:(?<=[\d)²³])|(?<=\b[a-zA-Z])|(?<=\d[a-z]))[ ][-−][ ](?=\d{0,6}[b-hj-zB-HJ-Z]\b|\()", " minus ")
RULES.rule(r"\b(?P<f>[fghFGP])(?P<d>'{0,2})\((?P<x>[a-zA-Z])\)")(
    lambda match: match["f"] + {0: "", 1: " prime", 2: " double prime"}[len(match["d"])] + f" of {match['x']}"
)


@RULES.rule(
    r"(?P<before>(?<![\w.])[\d:][\d:.,_]{0,20})(?P<unit>(?:[ ]?(?:%|°[CF]?|[ap]\.?m\.?|[a-zA-Z]{1,3}))?)(?P<it>[ "
    r"]?[-–—−][ ]?)(?=[$€£¥~]?\d[\d.,_]*(?P<chain>-\d)?)"
)
def _range(match: Match) -> str | None:
    if not match["before"][-1].isdigit() or match["it"].startswith(" ") != match["it"].endswith(" "):
        return None
    spaced = match["it"].startswith(" ")
    rest = match.string[match.end() : match.end() + 30]
    if re.match(r"\d{1,2}/\d{1,2}(?![\d/])", rest):
        return None
    if "=" in rest or (spaced and match["it"].strip() in "-−"):
        return " minus "
    if match["unit"].strip().isalpha() and match["it"] == "-" and match["unit"].strip() not in (*tables.UNITS, "am", "pm"):
        return None
    return " " if match["chain"] else " to "


@RULES.rule(
    r"(?<![\w:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?!,\d{3})(?::(?P<s>[0-5]\d)(?:\.\d{1,9})?)?(?:[ ]?(?P<half>[aApP](?:\.[ "
    r"]?[mM]\.|[mM]\b)))?(?![\w:])"
    r"(?!\.\d)"
)
def _time(match: Match) -> str:
    hour, minute = int(match["h"]), match["m"]
    if match["s"]:
        if minute == "00" and not match["half"]:
            return f"{counted(match['h'], 'hour')} {counted(match['s'], 'second')}"
        return (
            f"{cardinal(hour)} {pair(int(minute)) if minute != '00' else 'zero'} "
            f"{pair(int(match['s'])) if match['s'] != '00' else 'zero'}" + (_half_day(match) if match["half"] else "")
        )
    if not match["half"]:
        return clock(hour, minute)
    return (cardinal(hour) if minute == "00" else clock(hour, minute)) + _half_day(match)


RULES.rule(r"(?<![\w:.,$])(?P<h>1[0-2]|0?[1-9])[ ]?(?P<half>[aApP](?:\.[ ]?[mM]\.|[mM]\b))")(
    lambda match: cardinal(int(match["h"])) + _half_day(match)
)
RULES.rule(
    r"(?<![\w:.])(?P<h>\d{1,2})[ ]?h(?:rs?)?[ ]?(?P<m>\d{1,2})[ ]?m(?:ins?)?(?:[ ]?(?P<s>\d{1,2})[ ]?s(?:ecs?)"
    r"?)?(?!\w)"
)(
    lambda match: " ".join(
        counted(match[key], one) for key, one in (("h", "hour"), ("m", "minute"), ("s", "second")) if match[key]
    )
)
RULES.rule(r"(?<![\w:.])(?P<m>\d{1,2})[ ]?m(?:ins?)?[ ]?(?P<s>\d{1,2})[ ]?s(?:ecs?)?(?!\w)")(
    lambda match: " ".join(counted(match[key], one) for key, one in (("m", "minute"), ("s", "second")))
)


RULES.rule(r"(?<!\S):(?P<m>[0-5]\d)(?!\w)")(lambda match: pair(int(match["m"])))

_BOOKS = (
    "Genesis|Exodus|Leviticus|Deuteronomy|Joshua|Samuel|Kings|Psalms?|Proverbs|Isaiah|Jeremiah|Ezekiel|Daniel|Matthew"
    "|Mark|Luke|John|Acts"
    "|Romans|Corinthians|Galatians|Ephesians|Philippians|Timothy|Hebrews|James|Peter|Revelation|Quran|Surah"
)
RULES.rule(rf"\b(?:{_BOOKS})[ ](?P<it>(?P<a>\d{{1,3}}):(?P<b>\d{{1,3}}))(?!\w)")(
    lambda match: f"{cardinal(int(match['a']))} {cardinal(int(match['b']))}"
)
# Minutes and seconds of a race or a film.
RULES.rule(r"(?<![\w:.])(?P<a>[2-9]\d|1[0-7]\d):(?P<b>[0-5]\d)(?![\w:])")(
    lambda match: (
        None
        if int(match["a"]) + int(match["b"]) == 100
        else f"{number(match['a'])} {pair(int(match['b'])) if match['b'] != '00' else 'minutes'}"
    )
)
RULES.rule(r"(?<![\w:.])(?P<a>\d{1,4})[ ]?:[ ]?(?P<b>\d{1,3}(?:,\d{3}){1,4}|\d{1,6})(?:[ ]?:[ ]?(?P<c>\d{1,4}))?(?![\w:])")(
    lambda match: " to ".join(number(match[key].replace(",", "_")) for key in "abc" if match[key])
)
