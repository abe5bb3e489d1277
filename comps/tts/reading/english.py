"""How English is read: dates, times, money, units and signs as words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from comps.tts.reading import english_tables as tables
from comps.tts.reading.english_numbers import (
    MAX_DIGITS,
    cardinal,
    digits,
    fraction,
    number,
    ordinal,
    pair,
    pairs,
    plural,
    year,
)  # fmt: skip
from comps.tts.reading.roman import ROMAN, roman
from comps.tts.reading.traced import Rewrite, Traced

Match = re.Match[str]
_RULES: list[tuple[re.Pattern[str], Rewrite | str]] = []


_R = TypeVar("_R", bound=Rewrite)


def _rule(pattern: str, flags: int = 0) -> Callable[[_R], _R]:
    """Register how a pattern is read. Rules run in the order in which they stand here."""

    def register(rewrite: _R) -> _R:
        _RULES.append((re.compile(pattern, flags), rewrite))
        return rewrite

    return register


def _say(pattern: str, words: str, flags: int = 0) -> None:
    _RULES.append((re.compile(pattern, flags), words))


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def read(text: Traced, *, american: bool) -> Traced:
    for pattern, rewrite in _RULES:
        text = text.sub(pattern, rewrite)
        if pattern is _ISO_DATE:
            text = text.sub(_NUMERIC_DATE, lambda match: _numeric_date(match, american=american))
    return text


#: A number once its groups are joined by "_".
_NUM = r"\d{1,40}(?:_\d{3}){0,12}(?:\.\d{1,40})?"
_START = r"(?<![\w.])(?<!\d,)(?<![A-Za-z]-)"
_MONTH = _any(tables.MONTHS)
_ANY_MONTH = _any(tables.MONTH_NUMBERS)
_DASH = r"[-–—−]"


def _grouped(text: str) -> str:
    """Digits one by one, with a pause where they were written apart."""
    return ", ".join(digits(group) for group in re.findall(r"\d+", text))


# ---- numbers that are names: digit by digit

# "1Z999AA10123456784"
_rule(r"(?<![\w-])(?=[A-Z\d]{0,12}\d[A-Z]{1,12}\d)(?=(?:[A-Z]{0,12}\d){4})[A-Z\d]{8,40}(?![\w-])")(
    lambda match: " ".join(sign if sign.isalpha() else digits(sign) for sign in match[0])
)
_say(r"(?<=[a-z][ ])#(?=[ ])", "number")

_say(r"º", "°")
_say(r"(?<=\w)_+(?=\w)", " ")
_say(r"§§?[ ]?(?=\d)", "section ")
_say(r"¶[ ]?(?=\d)", "paragraph ")
_say(r"(?<!\w)<[ ]?(?=[$€£]?\.?\d)", "less than ")
_say(r"(?<!\w)>[ ]?(?=[$€£]?\.?\d)", "greater than ")
_say(r"(?<!\w)(?:≤|<=)[ ]?(?=[$€£]?\.?\d)", "less than or equal to ")
_say(r"(?<!\w)(?:≥|>=)[ ]?(?=[$€£]?\.?\d)", "greater than or equal to ")
_say(r"~(?=[ ]slash)", "tilde")
_rule(r"\b(?P<n>40[13])\((?P<l>[kb])\)")(lambda match: f"{pairs(match['n'])} {match['l']}")
_rule(r"(?<![\w/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?=[ ](?:time|signature|meter)\b)")(
    lambda match: f"{number(match['a'])} {number(match['b'])}"
)
_rule(r"\b(?:I-|US-|Route |Highway )\d{1,3}[ ](?P<it>[NSEW])\b")(
    lambda match: {"N": "North", "S": "South", "E": "East", "W": "West"}[match["it"]]
)
_rule(
    r"\b(?:the|The|these|those|of|all|All|both)[ ](?P<it>\d{3})s(?!\w)|(?<![\w.,])(?P<n>\d{3})s(?=[ ](?:are|were|have"
    r"|had|flew|aren't|weren't)\b)"
)(lambda match: pairs(match["n"]) + "s" if match["n"] else pairs(match["it"]))
_say(r"(?<!\w)(?:~|(?<!\w[ ])≈)[ ]?(?=[$€£]?\d)", "about ")


def _gap(match: Match) -> str:
    return "" if match[0].endswith(" ") else " "


@_rule(
    r"(?<!\w)(?P<it>(?P<t>[Vv]ol|[Vv]ols|[Cc]h|[Ff]ig|[Nn]o|[Ss]ec|[Pp]t|[Aa]rt|[Ee]p|[Oo]p|pp|p)\.)(?=[ "
    r"](?:[IVXLC]{1,7}|[ivxlc]{1,7})(?![\w.]))"
)
def _before_number(match: Match) -> str:
    word = tables.BEFORE_NUMBER[match["t"].lower()]
    return word.capitalize() if match["t"][0].isupper() else word


_rule(rf"(?<!\w)(?P<it>(?P<t>{_any(tables.BEFORE_NUMBER_BARE)})\.?)[ ]?(?=\d)", re.IGNORECASE)(
    lambda match: _before_number(match) + _gap(match)
)
_rule(rf"(?<![\w.])(?P<it>(?P<t>{_any(set(tables.BEFORE_NUMBER) - tables.BEFORE_NUMBER_BARE)})\.)[ ]?(?=\d)", re.IGNORECASE)(
    lambda match: _before_number(match) + _gap(match)
)


_rule(r"(?<=\d)(?P<it>-(?P<w>to|in|by|on|or|for)-)(?=\d)")(lambda match: f" {match['w']} ")
_rule(r"(?<=[a-z]{3})/(?P<per>day|week|month|year|hour|minute|second|person|night)(?![\w/])")(
    lambda match: (
        None
        if re.search(
            r"\b(?:day|week|month|year|hour|minute|second"
            r"|night)$",
            match.string[max(0, match.start() - 8) : match.start()],
        )
        else f" per {match['per']}"
    )
)
_rule(r"(?<!\w)(?P<it>#?(?P<a>[A-Z]{2,6})-(?P<b>\d{2,8}(?:-\d{2,8}){1,4}))(?![\w-])")(
    lambda match: f"{match['a']} {_grouped(match['b'])}"
)
_say(r"(?<![\w.])802\.11", "eight oh two dot eleven ")
_rule(r"(?<![\w.])(?P<a>\d{1,2})[x×](?P<b>\d{1,2})s(?!\w)")(lambda match: f"{number(match['a'])} by {plural(number(match['b']))}")
_say(r"(?<=\d)(?P<it>ish)\b", " ish")
_say(r"(?<=\d)!(?=[ ]?=)", " factorial")
_rule(r"/ea\b\.?")(lambda match: " each" + _stop(match))
_say(r"(?<=[A-Za-z]{2})[ ]>[ ](?=[A-Z][a-z])", ", ")
_rule(r"\b(?:Boeing|Airbus)[ ](?P<it>\d{3})(?![\w-])")(lambda match: pairs(match["it"]))
_say(r"\b9-1-1\b", "nine one one")
_say(r"(?<![\w/])9/11(?![\w/])", "nine eleven")
_say(r"(?<![\w/])24/7(?:/365)?(?![\w/])", "twenty-four seven")
_rule(r"\bISBN(?:-1[03])?(?:[ ]is|[ ]number)?:?[ ](?P<it>[\dX][\dX -]{8,16}[\dX])(?!\w)")(
    lambda match: ", ".join(
        " ".join("X" if sign == "X" else digits(sign) for sign in group) for group in re.findall(r"[\dX]+", match["it"])
    )
)


@_rule(r"(?<![\w.])(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?P<mask>/\d{1,2})?(?P<port>:\d{1,5})?(?![\w.]*\d)")
def _ip(match: Match) -> str:
    said = " dot ".join(pairs(part) if len(part) == 3 else number(part) for part in match["ip"].split("."))
    said += f" slash {number(match['mask'][1:])}" if match["mask"] else ""
    return said + (f" port {pairs(match['port'][1:])}" if match["port"] else "")


@_rule(r"(?<![\w.-])(?:1[-. ])?(?P<free>8(?:00|88|77|66|55|44|33))[-. ](?P<rest>\d{3}[-. ]\d{4}|[A-Z][A-Z-]{3,12})(?!\w)")
def _free_call(match: Match) -> str:
    rest = _grouped(match["rest"]) if match["rest"][0].isdigit() else match["rest"].replace("-", " ")
    area = "eight hundred" if match["free"] == "800" else digits(match["free"])
    return ("one, " if match[0].startswith("1") else "") + f"{area}, {rest}"


@_rule(r"(?<![\w+])\+(?P<country>\d{1,3})(?P<rest>(?:[ .\u202f-]{0,2}\(?\d{1,5}\)?){2,7})(?!\w)")
def _international(match: Match) -> str | None:
    if sum(map(str.isdigit, match[0])) < 7:
        return None
    return f"plus {digits(match['country'])}, {_grouped(match['rest'])}"


_PHONES = (
    r"(?<![\w.-])(?:1[-. ])?\(\d{3}\)[ -]?\d{3}[-. ]\d{4}(?![\w-])",
    r"(?<![\w.-])(?:1[-. ])?\d{3}([-. \u202f])\d{3}\1\d{4}(?![\w-])",
    r"(?<![\w.,$€£-])\d{3}-\d{4}(?![\w-])(?!\.\d)",
    r"(?<![\w.,])\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}(?![\w-])",
    r"(?<![\w.-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\w-])",
    r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])",
)  # fmt: skip
for _phone in _PHONES:
    _rule(_phone)(lambda match: _grouped(match[0]))

_rule(r"\b[A-Z]{2}[ ](?P<it>\d{5}(?:-\d{4})?)(?![\w-])(?![ ][a-z]+s\b)")(lambda match: _grouped(match["it"]))
_rule(r"\b(?:[Tt]ext|[Ss]end|SMS)[ ][^.,;!?\n]{1,30}[ ]to[ ](?P<it>\d{5,6})(?!\w)")(lambda match: digits(match["it"]))
_rule(
    r"\b(?:[Cc]all|[Dd]ial|[Tt]ext|[Pp]hone|[Rr]ing|[Cc]alling|[Dd]ialing|[Cc]alled|[Dd]ialed)[ ](?P<it>\d{3})(?![\w-])(?!,\d)"
)(lambda match: digits(match["it"]))
_NUMBERED = (
    "PIN|pin|[Pp]asscode|OTP|[Zz]ip|ZIP|[Pp]ostcode|[Aa]ccount|[Ss]erial|[Tt]racking|[Cc]ode|[Cc]onfirmation|[Oo]rder"
    "|[Ii]nvoice"
    "|[Tt]icket|[Cc]ase|[Rr]eference|[Mm]ember|[Cc]ustomer|[Ee]xtension|[Ee]xt\\.?|[Bb]ooking|[Pp]assport|[Ll]icense"
)
_rule(
    rf"\b(?:{_NUMBERED})(?:(?:[ ](?:[Nn]umber|[Cc]ode|ID|[Nn]o\.))?(?:[ ]is)?:?[ ](?:#|№[ ]?)?|[ ]?#)"
    r"(?P<it>\d{4,20}(?:-\d{4,8})?)(?![\w,.]*\d)(?P<noun>[ ][a-z]+s\b)?"
)(lambda match: None if match["noun"] and not re.search(r"#|umber|[Nn]o\.|ID", match[0]) else _grouped(match["it"]))
_rule(
    r"\b(?:[Ee]rror|[Rr]oom|[Ss]uite|[Ff]light|[Hh]ighway|[Aa]rea[ ]code|HTTP|[Ss]tatus)(?:[ ]code)?[ ](?P<it>\d{3,4})"
    r"(?![\w,.]*\d)"
)(lambda match: pairs(match["it"]))


# ---- dates and times


def _day_of(month: int, day: int, years: str | None) -> str:
    said = f"{tables.MONTHS[month - 1]} {ordinal(day)}"
    if not years:
        return said
    if len(years) == 2:
        years = ("19" if int(years) > 50 else "20") + years
    return f"{said}, {year(int(years))}"


_ISO_DATE = re.compile(
    r"(?<![\w-])(?P<y>\d{4})([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?:T|(?![\w-]))"
    r"(?P<time>(?<=T)\d{2}:\d{2})?"
    r"(?:(?<=:\d{2}):\d{2}(?:\.\d+)?)?(?P<z>Z|[+-]\d{2}:\d{2})?(?!\w)"
)
_NUMERIC_DATE = re.compile(
    r"(?<![\w/.-])(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})"
    r"(?![\w/-])(?!\.\d)"
)


def _iso_date(match: Match) -> str:
    said = _day_of(int(match["m"]), int(match["d"]), match["y"])
    if match["time"]:
        hour, minute = match["time"].split(":")
        said += f" at {_clock(int(hour), minute)}"
    return said + (" UTC" if match["z"] == "Z" else "")


_RULES.append((_ISO_DATE, _iso_date))


def _numeric_date(match: Match, *, american: bool) -> str | None:
    first, second = int(match["a"]), int(match["b"])
    if match["sep"] != "/" and len(match["y"]) == 2:
        return None
    month_first = (american and match["sep"] != ".") if max(first, second) <= 12 else second > 12
    month, day = (first, second) if month_first else (second, first)
    return _day_of(month, day, match["y"]) if 1 <= month <= 12 and 1 <= day <= 31 else None


_rule(rf"\b(?P<a>{_ANY_MONTH})\.?[ ]?[-–][ ]?(?P<b>{_ANY_MONTH})\b\.?")(
    lambda match: (
        f"{tables.MONTHS[tables.MONTH_NUMBERS[match['a']] - 1]} to {tables.MONTHS[tables.MONTH_NUMBERS[match['b']] - 1]}"
    )
)
_rule(r"\b\w{3,6}day(?P<it>[ ]?[-–][ ]?)(?=\w{3,6}day\b)")(lambda match: " to ")
_rule(rf"\b(?P<a>{_any(tables.DAYS)})\.?[ ]?{_DASH}[ ]?(?P<b>{_any(tables.DAYS)})\b\.?")(
    lambda match: f"{tables.DAYS[match['a']]} to {tables.DAYS[match['b']]}"
)
_rule(
    rf"\b(?P<it>(?P<a>{_any(tables.DAYS)})(?:\.|(?=,)|(?=[ ]\d{{1,2}}(?::|[ ]?[ap]\.?m|[ ]?[-–][ ]?\d)|[ "
    rf"](?:{_MONTH})\b)))(?=,?[ ](?:{_MONTH}|\d|at\b))"
)(lambda match: tables.DAYS[match["a"]])
_rule(rf"(?<![\w])(?<!the )(?P<a>{_any(set(tables.DAYS))})\.")(lambda match: tables.DAYS[match["a"]] + _stop(match))


@_rule(
    r"\b(?:[Oo]n|[Bb]y|[Bb]efore|[Aa]fter|[Uu]ntil|[Ss]ince|[Dd]ue|[Ff]rom|[Ee]nds|[Ss]tarts|[Bb]egins|[Ee]xpires"
    r"|[Tt]hrough|[Tt]ill|\w{0,6}[Dd]ay,?)[ ](?P<it>(?P<m>0?[1-9]|1[0-2])"
    r"/(?P<d>0?[1-9]|[12]\d|3[01]))"
    r"(?![\w/])(?![ ](?:of|cup|mile|inch|the)\b)"
)
def _short_date(match: Match) -> str:
    return _day_of(int(match["m"]), int(match["d"]), None)


_rule(r"(?<![\w/.])(?:(?P<m>0[1-9]|1[0-2])/(?P<d>0[1-9]|[12]\d|3[01]))(?![\w/])")(
    lambda match: _short_date(match) if "0" in (match["m"][0], match["d"][0]) else None
)


_rule(rf"\b(?P<it>(?P<m>{_any(set(tables.MONTH_NUMBERS) - set(tables.MONTHS))})\.?)[ ](?=\d)")(
    lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1]
)
_rule(
    r"(?<=\d)(?:st|nd|rd|th)?(?:[ ]of)?[ ](?P<it>(?P<m>"
    + _any(set(tables.MONTH_NUMBERS) - set(tables.MONTHS))
    + r")\b\.?)(?![-\w])"
)(lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1] + _stop(match))
_rule(r"\b(?P<it>(?P<m>Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.)(?=\s|$)")(
    lambda match: tables.MONTHS[tables.MONTH_NUMBERS[match["m"]] - 1] + _stop(match)
)
_rule(
    rf"\b(?:{_MONTH})[ ](?P<it>(?P<a>\d{{1,2}})(?:st|nd|rd|th)?(?:[ ]?{_DASH}[ ]?(?P<b>\d{{1,2}})(?:st|nd|rd|th)?)?)"
    rf"(?![\w:%/$])(?![.,]\d)"
)(
    lambda match: (
        None
        if not 0 < int(match["a"]) < 32
        else ordinal(int(match["a"])) + (f" to {ordinal(int(match['b']))}" if match["b"] else "")
    )
)


@_rule(
    rf"(?<![\w.,:/$-])(?P<it>(?P<the>[Tt]he[ ])?(?P<a>\d{{1,2}})(?P<th>st|nd|rd|th)?(?:[ ]?{_DASH}[ ]?(?P<b>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?)?(?P<of>[ ]of)?)"
    rf"[ ](?:{_MONTH})\b"
)
def _day_month(match: Match) -> str | None:
    if not 0 < int(match["a"]) < 32:
        return None
    said = f"{match['the'] or 'the '}{ordinal(int(match['a']))}"
    return said + (f" to the {ordinal(int(match['b']))}" if match["b"] else "") + " of"


def _clock(hour: int, minute: str) -> str:
    if minute == "00":
        return f"{cardinal(hour)} o'clock" if 0 < hour <= 12 else "zero hundred" if hour == 0 else f"{cardinal(hour)} hundred"
    return f"{cardinal(hour)} {pair(int(minute))}"


def _half_day(match: Match) -> str:
    """ "AM" or "PM", with the full stop of the sentence where it ends there."""
    return f" {match['half'][0].upper()}M" + _stop(match)


def _stop(match: Match) -> str:
    """The full stop of an abbreviation at the end of a sentence is that of the sentence too."""
    if not match[0].endswith("."):
        return ""
    rest = match.string[match.end() : match.end() + 12]
    following = rest.lstrip(" \"'”’)*_")
    ends = (
        not following
        or rest.lstrip(" ").startswith("\n")
        or (
            following[0].isupper()
            and following[:3] not in tables.DAYS
            and not re.match(r"(?:[NS][EW]?|[EW]|[ECMP][SD]?T|GMT|UTC|CES?T|BST|JST|IST)\b", following)
        )
    )
    return "." if ends else ""


# "3-5pm", "9:30–11:00", "Mon 9-5": the dash between two numbers of any kind, once dates and names are gone.
_rule(r"(?<![\w])(?P<a>1[0-9]{3}|20\d\d)[ ]?[-–—/][ ]?(?P<b>\d{4}|\d{2})(?![\w/%°])(?![.,]\d)(?![-–]\d)(?![ ]?=)")(
    lambda match: (
        None
        if len(match["b"]) == 2 and int(match["b"]) <= int(match["a"][2:]) and "/" in match[0]
        else f"{year(int(match['a']))} to {year(int(match['b'])) if len(match['b']) == 4 else pair(int(match['b']))}"
    )
)
_rule(r"\b(?:Boeing|Airbus|Route|Model|Form|Type|model|form)[ ](?P<it>\d{3,4}-\d{1,4})(?!\w)")(
    lambda match: " ".join(pairs(part) for part in match["it"].split("-"))
)


_rule(r"(?<![\w.-])\d{1,3}(?:-\d{1,3}){2,5}(?![\w-])")(lambda match: " ".join(number(part) for part in match[0].split("-")))
# Of an equation: "2x² - 5x".
_say(r"(?:(?<=[\d)²³])|(?<=\b[a-zA-Z])|(?<=\d[a-z]))[ ][-−][ ](?=\d{0,6}[b-hj-zB-HJ-Z]\b|\()", " minus ")
_rule(r"\b(?P<f>[fghFGP])(?P<d>'{0,2})\((?P<x>[a-zA-Z])\)")(
    lambda match: match["f"] + {0: "", 1: " prime", 2: " double prime"}[len(match["d"])] + f" of {match['x']}"
)


@_rule(
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


@_rule(
    r"(?<![\w:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?!,\d{3})(?::(?P<s>[0-5]\d)(?:\.\d{1,9})?)?(?:[ ]?(?P<half>[aApP](?:\.[ "
    r"]?[mM]\.|[mM]\b)))?(?![\w:])"
    r"(?!\.\d)"
)
def _time(match: Match) -> str:
    hour, minute = int(match["h"]), match["m"]
    if match["s"]:
        if minute == "00" and not match["half"]:
            return f"{_counted(match['h'], 'hour')} {_counted(match['s'], 'second')}"
        return (
            f"{cardinal(hour)} {pair(int(minute)) if minute != '00' else 'zero'} "
            f"{pair(int(match['s'])) if match['s'] != '00' else 'zero'}" + (_half_day(match) if match["half"] else "")
        )
    if not match["half"]:
        return _clock(hour, minute)
    return (cardinal(hour) if minute == "00" else _clock(hour, minute)) + _half_day(match)


_rule(r"(?<![\w:.,$])(?P<h>1[0-2]|0?[1-9])[ ]?(?P<half>[aApP](?:\.[ ]?[mM]\.|[mM]\b))")(
    lambda match: cardinal(int(match["h"])) + _half_day(match)
)
_rule(r"(?<![\w:.])(?P<h>\d{1,2})[ ]?h(?:rs?)?[ ]?(?P<m>\d{1,2})[ ]?m(?:ins?)?(?:[ ]?(?P<s>\d{1,2})[ ]?s(?:ecs?)?)?(?!\w)")(
    lambda match: " ".join(
        _counted(match[key], one) for key, one in (("h", "hour"), ("m", "minute"), ("s", "second")) if match[key]
    )
)
_rule(r"(?<![\w:.])(?P<m>\d{1,2})[ ]?m(?:ins?)?[ ]?(?P<s>\d{1,2})[ ]?s(?:ecs?)?(?!\w)")(
    lambda match: " ".join(_counted(match[key], one) for key, one in (("m", "minute"), ("s", "second")))
)


def _counted(text: str, one: str) -> str:
    return f"{number(text.lstrip('0') or '0')} {one}" + ("" if text.lstrip("0") == "1" else "s")


_BOOKS = (
    "Genesis|Exodus|Leviticus|Deuteronomy|Joshua|Samuel|Kings|Psalms?|Proverbs|Isaiah|Jeremiah|Ezekiel|Daniel|Matthew"
    "|Mark|Luke|John|Acts"
    "|Romans|Corinthians|Galatians|Ephesians|Philippians|Timothy|Hebrews|James|Peter|Revelation|Quran|Surah"
)
_rule(rf"\b(?:{_BOOKS})[ ](?P<it>(?P<a>\d{{1,3}}):(?P<b>\d{{1,3}}))(?!\w)")(
    lambda match: f"{cardinal(int(match['a']))} {cardinal(int(match['b']))}"
)
# Minutes and seconds of a race or a film.
_rule(r"(?<![\w:.])(?P<a>[2-9]\d|1[0-7]\d):(?P<b>[0-5]\d)(?![\w:])")(
    lambda match: (
        None
        if int(match["a"]) + int(match["b"]) == 100
        else f"{number(match['a'])} {pair(int(match['b'])) if match['b'] != '00' else 'minutes'}"
    )
)
_rule(r"(?<![\w:.])(?P<a>\d{1,4})[ ]?:[ ]?(?P<b>\d{1,3}(?:,\d{3}){1,4}|\d{1,6})(?:[ ]?:[ ]?(?P<c>\d{1,4}))?(?![\w:])")(
    lambda match: " to ".join(number(match[key].replace(",", "_")) for key in "abc" if match[key])
)


# ---- groups of thousands, and what is a version

_NAMES = (
    "Python|Node|Node\\.js|Java|iOS|Android|Ubuntu|Debian|Fedora|macOS|Windows|CUDA|[Vv]ersion|[Rr]elease|PHP|Ruby|Go"
    "|Rust|Django|React"
    "|PyTorch|TensorFlow|Chrome|Firefox|Kernel|kernel|Linux|PostgreSQL|Postgres|MySQL|Swift|Kotlin|Perl|Angular|Vue"
    "|Vue\\.js|Unity|Kubernetes"
)


def _version(text: str) -> str:
    return " point ".join(
        "oh " + digits(part[1:]) if part[0] == "0" and len(part) > 1 else number(part) for part in text.split(".")
    )


_rule(rf"\b(?:{_NAMES})[ ](?P<it>\d{{1,4}}(?:\.\d{{1,4}}){{1,4}})(?!\w)(?!\.\d)")(lambda match: _version(match["it"]))
_rule(r"(?<!\w)[vV](?P<n>\d{1,5}(?:\.\d{1,5}){0,4})(?!\w)(?!\.\d)")(lambda match: "version " + _version(match["n"]))
_rule(r"(?<![\w.,$€£])\d{1,5}(?:\.\d{1,5}){2,5}(?!\w)(?!\.\d)")(lambda match: _version(match[0]))

# European amounts: "€1.234,56", "27,50 €".
_rule(r"[€£¥][ \u202f]?(?P<it>\d{1,3}(?:[.\u202f ]\d{3}){0,5},\d{2})(?!\d)(?!,\d)")(
    lambda match: re.sub(r"[.\u202f ]", "_", match["it"]).replace(",", ".")
)
_rule(r"(?<![\d.,])(?P<it>\d{1,3}(?:[.\u202f ]\d{3}){0,5},\d{2})(?=[ \u202f]?(?:€|EUR\b|euros?\b))")(
    lambda match: re.sub(r"[.\u202f ]", "_", match["it"]).replace(",", ".")
)
_rule(r"(?<![\d.,_])\d{1,3}(?P<s>[,'’\u202f])\d{3}(?:(?P=s)\d{3}){0,10}(?!\d)(?!(?P=s)\d)")(
    lambda match: match[0].replace(match["s"], "_")
)
_rule(r"(?<![\d.,_])(?<![\d.,_][ ])\d{1,2}(?:[,]\d{2}){1,4},\d{3}(?!\d)")(lambda match: _indian(match[0]))
_rule(
    r"(?<![\w.,])(?<!\d[ ])(?:\d{1,3}(?:[ ]\d{3}){1,5}(?<=000)|\d{1,2}(?:[ ]\d{3}){1,5}|\d{3}(?:[ ]\d{3}){2,5})"
    r"(?![\d])(?![ ]\d)(?!,\d)"
)(lambda match: match[0].replace(" ", "_"))


_rule(r"(?<![\w.,])0\d{2,20}(?![\w.,]*\d)")(lambda match: digits(match[0]))


def _indian(text: str) -> str:
    """ "1,00,000" with its groups as elsewhere."""
    return f"{int(text.replace(',', '')):_}"


# ---- money

_SYMBOL = _any(name for name in tables.CURRENCIES if not name.isalpha() or len(name) < 3)
_CODE = _any(name for name in tables.CURRENCIES if name.isalpha() and len(name) == 3)
_SCALE = _any(tables.SCALES)
_CURRENCY = rf"(?:{_SYMBOL})|(?:{_CODE})"
_PER = _any(tables.PER)
_PER_PART = rf"(?:[ ]?/[ ]?(?P<per>{_PER})\b(?![/-])(?:\.(?=[ ][a-z(]))?)?"


_DOLLARS = {"USD": "US$", "CAD": "C$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$"}


@_rule(
    rf"(?<![\w$])(?P<minus>[-−+])?(?P<cur>{_CURRENCY})[ \u202f]?(?P<minus2>[-−])?(?P<n>{_NUM}|\.\d{{1,2}})"
    rf"(?:[ ]?(?P<dash>[-–—]|to)[ ]?(?:{_CURRENCY})?(?P<n2>{_NUM}))?"
    rf"(?:[ -]?(?P<scale>{_SCALE})(?![\w]))?(?P<more>\+)?(?:[ ](?P<code>(?:USD|CAD|AUD|NZD|HKD|SGD)(?!\w)))?{_PER_PART}(?![\d])"
)
def _money(match: Match) -> str:
    before = match.string[max(0, match.start() - 3) : match.start()].lower()
    adjective = before.endswith((" a ", " an", "an ")) or before == "a "
    adjective = adjective and re.match(r"[ -][a-z]{3,}", match.string[match.end() : match.end() + 8]) is not None
    return (
        {"": "", "+": "plus "}.get(match["minus"] or match["minus2"] or "", "minus ")
        + _amount(_DOLLARS.get(match["code"] or "", match["cur"]), match["n"], match["n2"], match["scale"], one=adjective)
        + (" plus" if match["more"] else "")
        + _per(match)
    )


def _per(match: Match) -> str:
    return f" per {tables.PER[match['per']]}" if match["per"] else ""


def _amount(currency: str, first: str, second: str | None, scale: str | None, *, one: bool = False) -> str:
    single, many, cent, cents = tables.CURRENCIES[currency.strip()]
    if one:
        many = single
    if scale or second:
        said = number(first) + (f" to {number(second)}" if second else "")
        return f"{said} {tables.SCALES[scale]} {many}" if scale else f"{said} {many}"
    whole, _, part = first.partition(".")
    whole = whole or "0"
    if len(part) != 2 or not cent:
        return f"{number(first)} {single if first == '1' else many}"
    units = f"{number(whole)} {single if whole == '1' else many}"
    parts = f"{cardinal(int(part))} {cent if int(part) == 1 else cents}"
    if int(part) == 0:
        return units
    return parts if not whole.strip("0_") else f"{units} and {parts}"


@_rule(
    rf"{_START}(?P<n>{_NUM})(?:[ ]to[ ](?P<n2>{_NUM}))?(?:[ ]?(?P<scale>{_SCALE}))?(?:[ "
    rf"\u202f]?(?P<cur>[€£¥₹₽₩₺₴₫₪₱฿₿]|\$(?![\w]))|[ ]?(?P<code>{_CODE})\b){_PER_PART}"
)
def _money_after(match: Match) -> str:
    return _amount(match["cur"] or match["code"], match["n"], match["n2"], match["scale"]) + _per(match)


_rule(rf"{_START}(?P<n>{_NUM})[ ]?¢")(lambda match: f"{number(match['n'])} cent" + ("" if match["n"] == "1" else "s"))
_rule(r"(?<![\w.])(?!(?:144|240|360|480|576|720)p)(?P<n>\d{1,3})p(?!\w)")(
    lambda match: f"{number(match['n'])} " + ("penny" if match["n"] == "1" else "pence")
)


# ---- fractions, powers, feet

_rule(rf"{_START}(?P<n>{_NUM})[ ]?/[ ]?(?P<per>{_PER})(?P<exp>[²³])?(?![\w/])")(
    lambda match: f"{number(match['n'])} per {_per_power(match['per'], match['exp'])}"
)

_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
           "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9),
           "⅒": (1, 10)}  # fmt: skip
_LENGTHS = _any(unit for unit in tables.UNITS if unit not in ("%", "°", "‰") and len(unit) < 6)
_UNIT_AFTER = rf"(?:(?P<gap>[ -]?)(?P<unit>{_LENGTHS})(?:(?<=[a-z]{{2}})\.(?=[ ]?[a-z(,;:)]))?(?![\w/]))?"


def _of_unit(whole: str | None, top: int, bottom: int, match: Match) -> str:
    unit = match["unit"]
    if unit in tables.UNITS_ONLY_JOINED and match["gap"] == " ":
        return _mixed(whole, top, bottom) + match["gap"] + unit
    if not unit:
        return _mixed(whole, top, bottom)
    one, many = tables.UNITS[unit]
    if whole:
        return f"{_mixed(whole, top, bottom)} {many}"
    article = "an" if one[0] in "aeiou" or one == "hour" else "a"
    return f"half {article} {one}" if (top, bottom) == (1, 2) else f"{fraction(top, bottom)} of {article} {one}"


def _mixed(whole: str | None, top: int, bottom: int) -> str:
    if not whole:
        return fraction(top, bottom)
    part = f"a {fraction(1, bottom).split(' ', 1)[1]}" if top == 1 else fraction(top, bottom)
    return f"{number(whole)} and {part}"


_rule(rf"(?:(?<![\w.])(?P<whole>\d{{1,5}})[ ]?)?(?P<sign>[{''.join(_VULGAR)}]){_UNIT_AFTER}")(
    lambda match: (
        ("" if match["whole"] or not match.string[max(0, match.start() - 1) : match.start()].isalnum() else " ")
        + _of_unit(match["whole"], *_VULGAR[match["sign"]], match)
    )
)
_rule(r"(?<![\w/.])(?P<a>20/20|50/50|80/20|60/40|70/30|90/10)(?![\w/])")(
    lambda match: " ".join(cardinal(int(part)) for part in match["a"].split("/"))
)


_rule(rf"{_START}(?P<a>{_NUM})[ ]?/[ ]?(?P<b>\d{{1,3}}(?:\.\d{{1,3}})?)(?![\w/])(?!\.\d)")(
    lambda match: f"{number(match['a'])} out of {number(match['b'])}" if "." in match["a"] + match["b"] else None
)


_say(r"(?<=\d/\d)(?P<it>[ ]?[\"″])|(?<=\d/\d\d)(?P<x>[ ]?[\"″])", " inch")


@_rule(
    rf"(?<![\w/.,])(?:(?P<whole>\d{{1,3}})[ -](?=\d{{1,2}}/))?(?P<a>\d{{1,4}})[ ]?[/⁄][ ]?(?P<b>\d{{1,4}})(?!\w*/)"
    rf"(?!\.\d){_UNIT_AFTER}(?!\w)"
)
def _fraction(match: Match) -> str:
    top, bottom = int(match["a"]), int(match["b"])
    rest = match.string[match.end() : match.end() + 12]
    if not match["whole"] and (bottom in (10, 100, 1000) or rest.startswith((" star", " rating", " point"))) and top <= bottom:
        return f"{cardinal(top)} out of {cardinal(bottom)}" + _unit_many(match)
    if 0 < top < bottom <= 100 or (top > bottom > 1 and top < 20 and bottom <= 16):
        return _of_unit(match["whole"], top, bottom, match)
    said = f"{number(match['a'])} over {number(match['b'])}"
    return (f"{number(match['whole'])} {said}" if match["whole"] else said) + _unit_many(match)


def _unit_many(match: Match) -> str:
    return f" {tables.UNITS[match['unit']][1]}" if match["unit"] else ""


_rule(r"(?<![\w.])(?P<f>\d{1,2})[ ]?['′’][ ]?(?P<i>\d{1,2}(?:½|\.\d)?)(?:[ ]?(?:[\"″”]|''|in\b))?(?![\w'’])")(
    lambda match: (
        f"{cardinal(int(match['f']))} {'foot' if match['f'] == '1' else 'feet'} {number(match['i'].replace('½', '.5'))}"
        + (" inch" if match["i"] == "1" else " inches")
        if int(float(match["i"].replace("½", ""))) < 12
        else None
    )
)
_rule(
    r"(?<![\w.])(?P<d>\d{1,3})[ ]?°[ ]?(?P<m>\d{1,2})[ ]?['′’](?:[ ]?(?P<s>\d{1,2}(?:\.\d{1,4})?)[ ]?(?:[\"″”]|''))?[ "
    r"]?(?P<to>[NSEW]\b)?"
)(
    lambda match: (
        f"{cardinal(int(match['d']))} degrees {cardinal(int(match['m']))} minutes"
        + (f" {number(match['s'])} seconds" if match["s"] else "")
        + ({"N": " north", "S": " south", "E": " east", "W": " west", None: ""}[match["to"]])
    )
)
_rule(rf"(?<![\w.])(?P<d>{_NUM})[ ]?°[ ]?(?P<to>[NSEW])\b")(
    lambda match: f"{number(match['d'])} degrees " + {"N": "north", "S": "south", "E": "east", "W": "west"}[match["to"]]
)


@_rule(r"(?<![\w.])(?P<n>\d{1,5})(?P<mark>['′])(?!\w)")
def _feet(match: Match) -> str | None:
    rest = match.string[match.end() : match.end() + 10]
    if match["mark"] == "'" and re.search(r"(?<!\w)'", match.string[: match.start()]) is not None:
        return None
    describes = re.match(r"[ ](?!tall|long|wide|high|deep|by|of|and|or|in|to)[a-z]{3,}", rest) is not None
    return f"{number(match['n'])} " + ("foot" if match["n"] == "1" or describes else "feet")


@_rule(r"(?<![\w.])(?P<n>\d{1,4}(?:\.\d{1,3})?)[ ]?(?P<mark>[\"″])(?!\w)")
def _inches(match: Match) -> str | None:
    if match["mark"] == '"' and match.string.count('"', 0, match.end("n")) % 2:
        return None
    return f"{number(match['n'])} " + (
        "inch"
        if match["n"] == "1" or re.search(r"\b(?:an?|the|my|this|your|our|new|his|her)[ ]$", match.string[: match.start()][-8:])
        else "inches"
    )


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_rule(r"(?<![\w.])(?P<n>\d{1,20}(?:\.\d{1,20})?)[eE](?P<p>[+-]?\d{1,4})(?!\w)")(
    lambda match: f"{number(match['n'])} times ten to the power of {_signed(match['p'])}"
)


def _signed(text: str) -> str:
    return ("minus " if text[0] == "-" else "") + (number(text.lstrip("+-")) if text[-1].isdigit() else text.lstrip("+-"))


def _powered(power: str) -> str:
    return {"2": " squared", "3": " cubed"}.get(power, f" to the power of {_signed(power)}")


_LENGTH_UNITS = frozenset({"km", "m", "cm", "mm", "dm", "nm", "µm", "μm", "mi", "ft", "in", "yd", "s"})


@_rule(r"(?P<it>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]{1,6})")
def _raised(match: Match) -> str | None:
    before = match.string[max(0, match.start() - 8) : match.start()]
    word = re.search(r"[^\W\d_]*$", before)
    letters = word[0] if word else ""
    if match["it"] in "²³" and letters in _LENGTH_UNITS:
        return None
    if len(letters) > 2 or not before[-1:].strip() or before[-1] in ".,;:!?\"'":
        # A reference to a note.
        return ""
    return _powered(match["it"].translate(_RAISED))


_rule(r"(?<=[\w)])[ ]?\^[ ]?(?:\((?P<a>-?\w{1,6})\)|\{(?P<b>-?\w{1,6})\}|(?P<c>-?(?:\d{1,6}|[a-zA-Z]\b)))")(
    lambda match: (
        _powered(match["a"] or match["b"] or match["c"])
        if not re.search(rf"\d[ ]?(?:{_LENGTHS})$", match.string[max(0, match.start() - 8) : match.start()])
        else None
    )
)


# ---- decades and ordinals

_rule(r"(?<![\w.,])(?P<c>1\d|20)(?P<d>\d0)['’]?s\b")(
    lambda match: (
        "two thousands"
        if match["c"] + match["d"] == "2000"
        else f"{cardinal(int(match['c']))} {plural(cardinal(int(match['d']))) if match['d'] != '00' else 'hundreds'}"
    )
)
_say(r"(?<![\w])['‘’]00['’]?s\b", "two thousands")
_rule(r"(?<![\w])['‘’](?P<d>[1-9]0)['’]?s\b")(lambda match: plural(cardinal(int(match["d"]))))
_rule(r"\b(?:[Tt]he|[Ee]arly|[Mm]id|[Ll]ate|his|her|their|my|your|our|low|high|upper|lower)[ -](?P<it>(?P<d>[1-9]0)['’]?s)\b")(
    lambda match: plural(cardinal(int(match["d"])))
)
_rule(r"(?<![\w])['‘’](?P<d>\d{2})(?![\w'’\"])")(lambda match: pair(int(match["d"])) if match["d"] != "00" else "double oh")
_rule(r"(?<![\w.,])(?P<n>\d{1,20}(?:_\d{3})*)(?:st|nd|rd|th|ST|ND|RD|TH)(?!\w)")(
    lambda match: ordinal(int(match["n"])) if len(match["n"]) <= MAX_DIGITS else None
)


# ---- units


_EXPONENT = r"(?:²|³|\^2|\^3)"
_UNIT = _any(tables.UNITS)
_rule(r"(?<=\d)[ ]?(?:cm|mm|km|m|in|ft|feet|inches|px|\"|′|')(?P<it>[ ]?[x×][ ]?)(?=\d)")(lambda match: " by ")
_rule(rf"{_START}(?P<n>{_NUM})[ ]in(?=\)|[ ](?:by|x|×)[ ])")(
    lambda match: f"{number(match['n'])} " + ("inch" if match["n"] == "1" else "inches")
)
_rule(rf"(?<=\d)(?P<it>[ ]?[x×][ ]?)(?={_NUM}[ ]?(?:(?:km|cm|mm|m|in|ft|px|inch\w*|feet|meters|pixels)\b|[\"″]|x))")(
    lambda match: " by "
)


@_rule(
    rf"{_START}(?P<minus>(?<![\w)])[-−+])?(?P<n>{_NUM}|\.\d{{1,9}})(?P<more>\+)?(?P<scale>[ ](?:hundred|thousand"
    rf"|million|billion"
    rf"|trillion)(?=[ ]))?"
    rf"(?P<gap>[ \u202f-]?)(?P<unit>{_UNIT})(?P<exp>{_EXPONENT})?(?:/(?P<per>{_PER})(?P<perexp>{_EXPONENT})?)"
    rf"?(?P<dot>(?<=[a-z]{{2}})\.(?=[ ]?[a-z(,;:)]))?(?![\w/]|['’]s)(?!(?<![.%°])-[a-z])"
)
def _measure(match: Match) -> str | None:
    unit, gap = match["unit"], match["gap"]
    if unit in tables.UNITS_ONLY_JOINED and gap and not match["per"] and not match["exp"]:
        return None
    if unit in ("K", "B", "F", "t", "d", "A", "us") and not match["per"] and (gap == "-" or unit in "KB"):
        return None
    if gap == "-" and unit in ("in", "a", "s", "d", "K", "t", "pt"):
        return None
    one, many = tables.UNITS[unit]
    before = match.string[max(0, match.start() - 4) : match.start()].lower()
    describes = re.search(r"(?:^|\W)(?:an?|the)[ ]$", before) is not None or gap == "-"
    describes = (
        describes
        and unit not in "%°"
        and re.match(
            r"[ -](?!(?:were|are|was|from|and|that|you|with|for|away|between|per|of|left|ahead)\b)[A-Za-z]{3,}",
            match.string[match.end() : match.end() + 12],
        )
        is not None
    )
    singular = match["n"] == "1" or describes
    # "min." and "in." end a sentence too.
    return (
        {"": "", "+": "plus "}.get(match["minus"] or "", "minus ")
        + number(match["n"]) + (" plus" if match["more"] else "") + (match["scale"] or "") + " "
        + _dimension(match["exp"]) + (one if singular else many)
        + (f" per {_per_power(match['per'], match['perexp'])}" if match["per"] else "")
        + (_stop(match) if unit.endswith(".") else "")
    )  # fmt: skip


# Units after numbers that are words by now ("10⁸ m/s", "million km²"), or after none.
_rule(rf"(?<!\w)(?P<unit>{_any(sorted(_LENGTH_UNITS))})(?P<exp>[²³])(?!\w)")(
    lambda match: _dimension(match["exp"]) + tables.UNITS[match["unit"]][1]
)
_rule(
    rf"(?<![\w/])(?P<unit>km|m|cm|mi|mg|g|kg|L|l|mL|ml|MB|GB|kB|Mb|Gb|kWh|W|J|N|mol|ft)/(?P<per>{_PER})(?P<exp>[²³])?(?![\w/])"
)(lambda match: f"{tables.UNITS[match['unit']][1]} per {_per_power(match['per'], match['exp'])}")
_rule(r"(?<=bytes)(?P<it>[ ])(?=(?:RAM|VRAM|memory|storage|space|data)\b)")(lambda match: " of ")


def _per_power(unit: str, exponent: str | None) -> str:
    """ "second squared", but "square meter"."""
    if exponent and unit in ("s", "sec"):
        return f"second {'squared' if exponent[-1] in '²2' else 'cubed'}"
    return _dimension(exponent) + tables.PER[unit]


def _dimension(exponent: str | None) -> str:
    return "" if not exponent else "square " if exponent[-1] in "²2" else "cubic "


# The second of two ("5 to 10 km" is read from its end, as "10 km").
_rule(r"(?<=\w)[ ]?/[ ]?(?P<per>hour|minute|second|day|week|month|year|person|night|user|kg|hr|sec|min|mo|yr)\b(?!/)")(
    lambda match: (
        f" per {tables.PER[match['per']]}"
        if re.search(
            r"(?:\d|miles|dollars?|euros?|cents?|pounds|times|kilometers|meters|feet|requests|calls|people|users|days"
            r"|weeks|months|shifts|doses|tablets|posts|visits|classes|hrs|mins"
            r"|hours?|cups|pages|words"
            r"|tokens|calories|liters|minutes|bytes)$",
            match.string[max(0, match.start() - 12) : match.start()],
        )
        else None
    )
)
_rule(r"(?<![\w.])(?P<h>\d{1,3})[ ]?(?:k|K)m?/h\b")(lambda match: f"{number(match['h'])} kilometers per hour")


@_rule(rf"{_START}(?P<n>{_NUM})(?P<scale>k|K|M|B(?![ ][A-Z])|bn|mn|tn)(?P<more>\+)?(?!\w)")
def _scaled(match: Match) -> str | None:
    before = match.string[max(0, match.start() - 16) : match.start()]
    if match["scale"] in "BM" and re.search(
        r"\b(?!(?:About|Over|Nearly|Around|Roughly|Some|The|Only|With|In|From|To)\b)[A-Z][a-z]{2,} $", before
    ):
        return None
    said = "K" if match["scale"] == "K" else tables.SCALES[match["scale"]]
    return f"{number(match['n'])} {said}" + (" plus" if match["more"] else "")


_rule(rf"{_START}(?P<n>{_NUM})[x×](?![\w^²³])(?![ ]?[\d+−=/)]|[ ](?:minus|plus|squared|cubed|to the power)\b|[ ]-)")(
    lambda match: f"{number(match['n'])} times"
)


@_rule(rf"(?<![\w.])(?P<a>{_NUM})[ ]?[x×X∗*][ ]?(?P<b>{_NUM})(?:[ ]?[x×X][ ]?(?P<c>{_NUM}))?(?!\d)(?P<rest>[^\n]{{0,8}})")
def _product(match: Match) -> str:
    sign = re.search(r"[x×X∗*]", match[0])
    numbers = [match[key] for key in "abc" if match[key]]
    said = [
        pairs(part) if len(part) in (3, 4) and part.isdigit() and match["b"].isdigit() and len(match["b"]) > 2 else number(part)
        for part in numbers
    ]
    calculates = (
        sign is not None
        and sign[0] in "∗*×"
        and not re.match(r"[ ]?(?:cm|mm|m|in|inch|ft|feet|pixel|px|grid|meter|matrix)\w*\b", match["rest"])
    )
    calculates = calculates or re.match(r"[ ]?(?:=|equals|is\b)|\^|[ ]?to the", match["rest"]) is not None
    return (" times " if calculates else " by ").join(said) + match["rest"]


_rule(r"(?:teen|ty|ten|lve|one|two|three|four|five|six|seven|eight|nine|hundred)[ ](?P<it>(?P<u>mins?|secs?|hrs?))(?!\w)")(
    lambda match: tables.UNITS[match["u"]][1]
)


# ---- years and other plain numbers

_rule(r"(?<![\w.,])(?P<n>\d{1,4})['’]?s(?!\w)")(
    lambda match: plural(pairs(match["n"]) if len(match["n"]) > 2 else cardinal(int(match["n"])))
)
_rule(r"(?<![\w.,])(?P<n>\d{1,4})(?=[ ](?:BCE?|AD|CE|B\.C\.|A\.D\.)(?!\w))")(
    lambda match: year(int(match["n"])) if len(match["n"]) > 3 else cardinal(int(match["n"]))
)


@_rule(r"(?<![\w.,$€£#/])(?P<it>1\d{3}|20\d\d)(?![\w/%°])(?![.,]\d)(?![ ]\d{3}\b)")
def _year(match: Match) -> str | None:
    value = int(match["it"])
    before = match.string[max(0, match.start() - 16) : match.start()]
    after = match.string[match.end() : match.end() + 24]
    if re.search(rf"(?:\b(?:{tables.YEAR_BEFORE}|{_MONTH})|,|\()[ -]?$", before) is None:
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


# ---- roman numerals

_LOWER_ROMAN = "[ivxl]{1,7}"
_rule(
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


_say(r"\bWWI\b", "World War one")
_say(r"\bWW(?:II|2)\b", "World War two")


def _ordinal_roman(match: Match) -> str | None:
    value = roman(match["it"])
    return None if value is None or value > 39 else f"the {ordinal(value)}"


_rule(
    rf"\b(?:{tables.ROMAN_ORDINAL})[ ](?P<it>{ROMAN}{{2,6}}|[VX]|I(?=[,.;:)'’]|$|[ ](?:of|was|ruled|reigned|died"
    rf"|became|and|in|had|came|is)\b))(?!\w)(?!\.\w)"
)(_ordinal_roman)
_rule(rf"(?<!\w)(?P<it>{ROMAN}{{1,6}})(?=(?:st|nd|rd|th)?[ ]century\b)")(
    lambda match: ordinal(value) if (value := roman(match["it"])) else None
)
_rule(
    rf"\b(?:{tables.ROMAN_CARDINAL})[ ](?P<it>{ROMAN}{{1,7}})(?!\w)(?!['’]\w)(?!(?<=[ ]I)[ ](?:am|think|have|was|want|will"
    rf"|would|love|like|know|saw|read|can)\b)(?!\.\w)"
)(lambda match: cardinal(value) if (value := roman(match["it"])) and _is_numeral(match) else None)
_rule(r"(?<=[a-z][ ])(?P<it>II|III|IV|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV|XVI|XVII|XVIII|XIX|XXI)(?!\w)(?!\.\w)(?!['’]\w)")(
    lambda match: (
        cardinal(roman(match["it"]) or 0)
        if re.search(r"(?:^|[^\w])[A-Z][\w'’]*[ ]$", match.string[max(0, match.start() - 30) : match.start()])
        else None
    )
)
_rule(r"(?<![\w.])(?P<it>III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX|XXI|XXII|XXIII|XXIV|XXV)(?!\w)(?!\.\w)(?!['’]\w)")(
    lambda match: cardinal(roman(match["it"]) or 0)
)
_rule(r"(?<!\w)(?P<it>M{1,3}[CDXLIVM]{3,12})(?!\w)")(lambda match: year(value) if (value := roman(match["it"])) else None)
_rule(r"(?<=\()(?P<it>ii|iii|iv|vi|vii|viii|ix)(?=\))")(lambda match: cardinal(roman(match["it"].upper()) or 0))


# ---- abbreviations

_rule(
    rf"\b\d{{1,6}}(?:st|nd|rd|th)?[ ](?:[NSEW]\.?[ ])?(?:[A-Z][\w'’]{{0,20}}[ ])"
    rf"{{0,3}}(?P<it>(?P<t>{_any(tables.STREETS)})\b\.?)"
)(lambda match: tables.STREETS[match["t"]] + (_stop(match) if match[0].endswith(".") else ""))
_rule(
    r"\b(?:[A-Z][\w'’]{1,20}|first|second|third|\w{3,8}th)[ ](?P<it>(?P<t>St|Ave|Blvd|Rd|Ln|Pkwy)\b\.?)(?=[,;)]|[ "
    r"](?:and|in|at|near|is|was|to|on|or)\b|[ ]*$)",
    re.MULTILINE,
)(lambda match: tables.STREETS[match["t"]] + (_stop(match) if match[0].endswith(".") else ""))
_rule(r"(?<!\w)(?P<t>Dr|Mr|Mrs|Ms|Prof|St|Ste|Mt)\.?(?=[ ][A-Z])")(lambda match: tables.TITLES[match["t"]])
_rule(rf"(?<!\w)(?P<t>{_any(tables.TITLES)})\.(?=[ ][A-Z])")(lambda match: tables.TITLES[match["t"]])


@_rule(rf"(?<![\w.])(?P<t>{_any(tables.ABBREVIATIONS)})(?!\w)(?!-\w)")
def _abbreviation(match: Match) -> str | None:
    written = match["t"]
    if written == "no." or (written in ("min.", "max.", "temp.", "est.", "ext.", "ca.") and _stop(match) and written != "ext."):
        return None
    return tables.ABBREVIATIONS[written] + (
        "" if written in tables.NEVER_LAST and match.string[match.end() :].strip() else _stop(match)
    )


# ---- signs

_say(r"(?<!\S)--(?=[a-z])", "dash dash ")
_say(r"(?<!\S)-(?=[a-zA-Z]\b)", "dash ")
_say(r"(?<=\w)@(?=\d)", " at ")
_rule(r"\b(?P<key>Ctrl|Cmd|Alt|Shift|Option|Command|Control|Win)(?P<it>[ ]?\+[ ]?)(?=\w)")(lambda match: " ")
_say(r"\bCtrl\b", "Control")
_say(r"\bCmd\b", "Command")
_say(r"(?<![\w])[cC]\+\+", "C plus plus")
_say(r"(?<![\w])C#(?!\w)", "C sharp")
_say(r"(?<![\w])F#(?!\w)", "F sharp")
_say(r"(?<=[A-D])\+(?![\w+])", " plus")
_say(r"(?<=[A-D])[-−](?=[\s.,;!?)]|$)", " minus")
_rule(r"(?<![\w])UTC(?P<s>[+-−])(?=\d)")(lambda match: "UTC plus " if match["s"] == "+" else "UTC minus ")
_say(r"#[ ]?(?=\d)", "number ")
_say(r"(?<=[\w)])[ ]?[≈≅][ ]?(?=\w)", " is approximately ")
_say(r"[ ]?(?:≠|!=)[ ]?", " is not equal to ")
_say(r"[ ]?(?:≤|<=)[ ]?(?=[\w-])", " less than or equal to ")
_say(r"[ ]?(?:≥|>=)[ ]?(?=[\w-])", " greater than or equal to ")
_say(r"[ ]?(?:->|=>|⇒|→|⟶|➔)[ ]?", ", ")
_say(r"[ ]?±[ ]?", " plus or minus ")
_say(r"(?<=[\w)!°%])[ ]?={1,3}[ ]?(?=[\w(√π∞-])", " equals ")
_say(r"(?<=[\w)])[ ]<[ ](?=[\w(-])|(?<!\w)<[ ]?(?=[$€£]?\d)", " less than ")
_say(r"(?<=[\w)])[ ]>[ ](?=[\w(-])|(?<!\w)>[ ]?(?=[$€£]?\d)", " greater than ")
_say(r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(√])", " plus ")
_say(r"(?<=\w)\+(?![\w+])", " plus")
_say(r"(?<!\w)\+(?=\d)", "plus ")
_say(
    r"(?<=[\w)])[ ]?×[ ]?(?=[\w(])|(?<=\d)[ ]?[∗*][ ]?(?=[\w(])|(?<=\b[a-zA-Z\d)])[ ][∗*][ ](?=[\w(]\b)|(?<=\b[a-z])"
    r"[∗*](?=[a-z\d]\b)",
    " times ",
)
_say(r"(?<=[\w)])[ ]?÷[ ]?(?=[\w(])", " divided by ")
_say(r"(?<=[\w)])[ ]−[ ]?(?=[\w(])|(?<=\b[a-z])[ ]-[ ](?=\w\b)", " minus ")
_say(r"(?<![\w)\]])[-−](?=\.?\d)", "minus ")
_say(r"√[ ]?", "the square root of ")
_say(r"∞", " infinity ")
_say(r"(?<=\w)\+\+(?!\w)", " plus plus")
_say(r"(?<!\w)\+\+(?=\w)", "plus plus ")
_say(r"©[ ]?", "copyright ")
_say(r"(?<![\w])™", "trademark")
_say(r"[ ]?&&[ ]?", " and ")
_say(r"[ ]\+=[ ]", " plus equals ")
_say(r"[ ]-=[ ]", " minus equals ")
_say(r"(?<=\w)[ ]?&[ ]?(?=\w)", " and ")
_say(r"(?<!\S)&(?!\S)", "and")
_say(r"(?<!\S)@[ ]?(?=[\w$])", "at ")
_say(r"(?<=\d)[ ]?@[ ]?(?=[\w$])", " at ")
_say(r"[ ]?%", " percent")
_say(r"(?<=\d)[ ]?°", " degrees")

_say(r"\band/or\b", "and or")
_rule(
    r"\b(?P<a>[Hh]e|[Hh]is|[Hh]im|[Yy]es|[Tt]rue|[Mm]en|[Mm]ale|[Oo]n|[Mm]r|[Pp]ass|[Ss]he|[Hh]er|[Aa]m)/(?P<b>she"
    r"|hers?|him|his|he|no|false|women|female|off|mrs|fail|is|they)\b",
    re.IGNORECASE,
)(lambda match: f"{match['a']} or {match['b']}")
_say(r"\b(?P<it>s/he)\b", "he or she")
_say(r"(?<=\w)/(?=\w)", " ")
_rule(r"(?<=\w)[ ]/[ ](?=\w)")(lambda match: ", ")

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
"θ": "theta",
          "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "Π": "pi", "ρ": "rho", "σ": "sigma", "Σ": "sigma",
          "τ": "tau", "φ": "phi", "Φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Ω": "omega", "∑": "the sum of",
          "∫": "the integral of", "∂": "partial", "∈": "in", "∪": "union", "∩": "intersection", "∆": "delta"}  # fmt: skip
_rule(rf"(?<![Ͱ-Ͽ])[{''.join(_GREEK)}](?![Ͱ-Ͽ])")(
    lambda match: (
        (" " if match.string[max(0, match.start() - 1) : match.start()].isalnum() else "")
        + _GREEK[match[0]]
        + (" " if match.string[match.end() : match.end() + 1].isalnum() else "")
    )
)


# ---- what digits are left

_rule(r"(?<![\w.])(?P<n>\d{3,4})(?P<p>[pi])(?!\w)")(lambda match: f"{pairs(match['n'])} {match['p'].upper()}")
_ELEMENT = "(?:C[aluro]?|H[eg]?|O|N[aei]?|S[in]?|P[bt]?|F[e]?|K|M[gn]|Al|Ag|Au|Zn|Br|B|I|Li|Ti)"
_rule(rf"(?<![A-Za-z_])(?=[A-Za-z]{{0,8}}\d)(?:{_ELEMENT}\d{{0,2}}){{2,8}}(?!\w)")(
    lambda match: " ".join(re.findall(r"[A-Z][a-z]?|\d+", match[0]))
)


_say(r"(?<=[A-Z])\.(?=\d)", " dot ")


@_rule(r"(?<=[A-Za-z])(?P<it>-?)(?=\d)")
def _letter_digit(match: Match) -> str:
    return " "


@_rule(r"(?<=\d)(?P<it>-?)(?=[A-Za-z])")
def _digit_letter(match: Match) -> str:
    return "-" if match["it"] and match.string[match.end() : match.end() + 1].islower() else " "


@_rule(r"(?P<letters>[A-Za-z][ ])?(?<![.\d_])(?P<it>\d{1,60}(?:_\d{3}){0,12}(?:\.\d{1,60})?|(?<!\w)\.\d{1,40})")
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


_rule(r"\d+")(lambda match: f" {digits(match[0])} ")
_say(r"[ ]?\|{1,9}[ ]?", ", ")
_say(r"(?<=\w)[_\\](?=\w)", " ")
_say(r"[*∗^~\\_{}<>=#|®™†‡¶•‣◦℠`]|\[|\]", "")
_say(r"(?<=\S)[ ]{2,}(?=\S)", " ")
_say(r"\u202f", " ")
_say(r"[ ]+(?=[,.;:!?](?:\s|$))", "")
