"""Dates and days."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import ordinal, year
from comps.tts.reading.english.rules import ANY_MONTH, DASH, MONTH, Match, Rules, any_of, stop
from comps.tts.reading.english.times import clock
from comps.tts.reading.traced import Traced

ISO = Rules()
#: After the dates of figures alone.
RULES = Rules()


def _day_of(month: int, day: int, years: str | None) -> str:
    said = f"{tables.MONTHS[month - 1]} {ordinal(day)}"
    if not years:
        return said
    if len(years) == 2:
        years = ("19" if int(years) > 50 else "20") + years
    return f"{said}, {year(int(years))}"


@ISO.rule(
    r"(?<![\w-])(?P<y>\d{4})([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?:T|(?![\w-]))"
    r"(?P<time>(?<=T)\d{2}:\d{2})?"
    r"(?:(?<=:\d{2}):\d{2}(?:\.\d+)?)?(?P<z>Z|[+-]\d{2}:\d{2})?(?!\w)"
)
def _iso_date(match: Match) -> str:
    said = _day_of(int(match["m"]), int(match["d"]), match["y"])
    if match["time"]:
        hour, minute = match["time"].split(":")
        said += f" at {clock(int(hour), minute)}"
    return said + (" UTC" if match["z"] == "Z" else "")


_NUMERIC_DATE = re.compile(
    r"(?<![\w/.-])(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})"
    r"(?![\w/-])(?!\.\d)"
)


def numeric(text: Traced, *, american: bool) -> Traced:
    """ "01/02/2023": in January for Americans, in February for others."""
    return text.sub(_NUMERIC_DATE, lambda match: _numeric_date(match, american=american))


def _numeric_date(match: Match, *, american: bool) -> str | None:
    first, second = int(match["a"]), int(match["b"])
    if match["sep"] != "/" and len(match["y"]) == 2:
        return None
    month_first = (american and match["sep"] != ".") if max(first, second) <= 12 else second > 12
    month, day = (first, second) if month_first else (second, first)
    return _day_of(month, day, match["y"]) if 1 <= month <= 12 and 1 <= day <= 31 else None


RULES.rule(rf"\b(?P<a>{ANY_MONTH})\.?[ ]?[-–][ ]?(?P<b>{ANY_MONTH})\b\.?")(
    lambda match: (
        f"{tables.MONTHS[tables.MONTH_NUMBERS[match['a']] - 1]} to {tables.MONTHS[tables.MONTH_NUMBERS[match['b']] - 1]}"
    )
)
RULES.rule(r"\b\w{3,6}day(?P<it>[ ]?[-–][ ]?)(?=\w{3,6}day\b)")(lambda match: " to ")
RULES.rule(rf"\b(?P<a>{any_of(tables.DAYS)})\.?[ ]?{DASH}[ ]?(?P<b>{any_of(tables.DAYS)})\b\.?")(
    lambda match: f"{tables.DAYS[match['a']]} to {tables.DAYS[match['b']]}"
)
RULES.rule(
    rf"\b(?P<it>(?P<a>{any_of(tables.DAYS)})(?:\.|(?=,)|(?=[ ]\d{{1,2}}(?::|[ ]?[ap]\.?m|[ ]?[-–][ ]?\d)|[ "
    rf"](?:{MONTH})\b)))(?=,?[ ](?:{MONTH}|\d|at\b))"
)(lambda match: tables.DAYS[match["a"]])
RULES.rule(rf"(?<![\w])(?<!the )(?P<a>{any_of(set(tables.DAYS))})\.")(lambda match: tables.DAYS[match["a"]] + stop(match))


@RULES.rule(
    r"\b(?:[Oo]n|[Bb]y|[Bb]efore|[Aa]fter|[Uu]ntil|[Ss]ince|[Dd]ue|[Ff]rom|EOD|[Ee]nds|[Ss]tarts|[Bb]egins|[Ee]xpires"
    r"|[Tt]hrough|[Tt]ill|\w{0,6}[Dd]ay,?)[ ](?P<it>(?P<m>0?[1-9]|1[0-2])"
    r"/(?P<d>0?[1-9]|[12]\d|3[01]))"
    r"(?![\w/])(?![ ](?:of|cup|mile|inch|the)\b)"
)
def _short_date(match: Match) -> str:
    return _day_of(int(match["m"]), int(match["d"]), None)


RULES.rule(r"(?<![\w/.])(?:(?P<m>0[1-9]|1[0-2])/(?P<d>0[1-9]|[12]\d|3[01]))(?![\w/])")(
    lambda match: _short_date(match) if "0" in (match["m"][0], match["d"][0]) else None
)


RULES.rule(rf"\b(?P<it>(?P<m>{any_of(set(tables.MONTH_NUMBERS) - set(tables.MONTHS))})\.?)[ ](?=\d)")(
    lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1]
)
RULES.rule(
    r"(?<=\d)(?:st|nd|rd|th)?(?:[ ]of)?[ ](?P<it>(?P<m>"
    + any_of(set(tables.MONTH_NUMBERS) - set(tables.MONTHS))
    + r")\b\.?)(?![-\w])"
)(lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1] + stop(match))
RULES.rule(r"\b(?P<it>(?P<m>Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.)(?=\s|$)")(
    lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1] + stop(match)
)
RULES.rule(
    rf"\b(?:{MONTH})[ ](?P<it>(?P<a>\d{{1,2}})(?:st|nd|rd|th)?(?:[ ]?{DASH}[ ]?(?P<b>\d{{1,2}})(?:st|nd|rd|th)?)?)"
    rf"(?![\w:%/$])(?![.,]\d)"
)(
    lambda match: (
        None
        if not 0 < int(match["a"]) < 32
        else ordinal(int(match["a"])) + (f" to {ordinal(int(match['b']))}" if match["b"] else "")
    )
)


@RULES.rule(
    rf"(?<![\w.,:/$-])(?P<it>(?P<the>[Tt]he[ ])?(?P<a>\d{{1,2}})(?P<th>st|nd|rd|th)?(?:[ ]?{DASH}[ ]?(?P<b>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?)?(?P<of>[ ]of)?)"
    rf"[ ](?:{MONTH})\b"
)
def _day_month(match: Match) -> str | None:
    if not 0 < int(match["a"]) < 32:
        return None
    said = f"{match['the'] or 'the '}{ordinal(int(match['a']))}"
    return said + (f" to the {ordinal(int(match['b']))}" if match["b"] else "") + " of"
