"""Fractions, powers, feet and inches."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import cardinal, fraction, number
from comps.tts.reading.english.rules import NUM, PER, START, Match, Rules, any_of
from comps.tts.reading.english.units import per_power

RULES = Rules()

RULES.rule(rf"{START}(?P<n>{NUM})[ ]?/[ ]?(?P<per>{PER})(?P<exp>[²³])?(?![\w/])")(
    lambda match: f"{number(match['n'])} per {per_power(match['per'], match['exp'])}"
)

_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
           "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9),
           "⅒": (1, 10)}  # fmt: skip
LENGTHS = any_of(unit for unit in tables.UNITS if unit not in ("%", "°", "‰") and len(unit) < 6)
_UNIT_AFTER = rf"(?:(?P<gap>[ -]?)(?P<unit>{LENGTHS})(?:(?<=[a-z]{{2}})\.(?=[ ]?[a-z(,;:)]))?(?![\w/]))?"


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


RULES.rule(rf"(?:(?<![\w.])(?P<whole>\d{{1,5}})[ ]?)?(?P<sign>[{''.join(_VULGAR)}]){_UNIT_AFTER}")(
    lambda match: (
        ("" if match["whole"] or not match.string[max(0, match.start() - 1) : match.start()].isalnum() else " ")
        + _of_unit(match["whole"], *_VULGAR[match["sign"]], match)
    )
)
RULES.rule(r"(?<![\w/.])(?P<a>20/20|50/50|80/20|60/40|70/30|90/10)(?![\w/])")(
    lambda match: " ".join(cardinal(int(part)) for part in match["a"].split("/"))
)


RULES.rule(rf"{START}(?P<a>{NUM})[ ]?/[ ]?(?P<b>\d{{1,3}}(?:\.\d{{1,3}})?)(?![\w/])(?!\.\d)")(
    lambda match: f"{number(match['a'])} out of {number(match['b'])}" if "." in match["a"] + match["b"] else None
)


RULES.say(r"(?<=\d/\d)(?P<it>[ ]?[\"″])|(?<=\d/\d\d)(?P<x>[ ]?[\"″])", " inch")


@RULES.rule(
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


RULES.rule(r"(?<![\w.])(?P<f>\d{1,2})[ ]?['′’][ ]?(?P<i>\d{1,2}(?:½|\.\d)?)(?:[ ]?(?:[\"″”]|''|in\b))?(?![\w'’])")(
    lambda match: (
        f"{cardinal(int(match['f']))} {'foot' if match['f'] == '1' else 'feet'} {number(match['i'].replace('½', '.5'))}"
        + (" inch" if match["i"] == "1" else " inches")
        if int(float(match["i"].replace("½", ""))) < 12
        else None
    )
)
RULES.rule(
    r"(?<![\w.])(?P<d>\d{1,3})[ ]?°[ ]?(?P<m>\d{1,2})[ ]?['′’](?:[ ]?(?P<s>\d{1,2}(?:\.\d{1,4})?)[ ]?(?:[\"″”]|''))?[ "
    r"]?(?P<to>[NSEW]\b)?"
)(
    lambda match: (
        f"{cardinal(int(match['d']))} degrees {cardinal(int(match['m']))} minutes"
        + (f" {number(match['s'])} seconds" if match["s"] else "")
        + ({"N": " north", "S": " south", "E": " east", "W": " west", None: ""}[match["to"]])
    )
)
RULES.rule(rf"(?<![\w.])(?P<d>{NUM})[ ]?°[ ]?(?P<to>[NSEW])\b")(
    lambda match: f"{number(match['d'])} degrees " + {"N": "north", "S": "south", "E": "east", "W": "west"}[match["to"]]
)


# "12" x 8"", "10' × 12'"
RULES.rule(r"(?<=\d)[ ]?[\"″'′](?P<it>[ ]?[x×][ ]?)(?=\d)")(lambda match: " by ")


@RULES.rule(rf"(?<![\w.])(?P<n>{NUM})(?P<mark>['′])(?!\w)")
def _feet(match: Match) -> str | None:
    rest = match.string[match.end() : match.end() + 10]
    if match["mark"] == "'" and re.search(r"(?<!\w)'", match.string[: match.start()]) is not None:
        return None
    describes = re.match(r"[ ](?!tall|long|wide|high|deep|by|of|and|or|in|to)[a-z]{3,}", rest) is not None
    return f"{number(match['n'])} " + ("foot" if match["n"] == "1" or describes else "feet")


@RULES.rule(r"(?<![\w.])(?P<n>\d{1,4}(?:\.\d{1,3})?)[ ]?(?P<mark>[\"″])(?!\w)")
def _inches(match: Match) -> str | None:
    is_size = re.match(r"[ ](?:by|x|×)[ ]", match.string[match.end() :][:5]) or match.string[: match.start()].endswith(
        (" by ", " x ")
    )
    if match["mark"] == '"' and not is_size and match.string.count('"', 0, match.end("n")) % 2:
        return None
    return f"{number(match['n'])} " + (
        "inch"
        if match["n"] == "1" or re.search(r"\b(?:an?|the|my|this|your|our|new|his|her)[ ]$", match.string[: match.start()][-8:])
        else "inches"
    )


RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
RULES.rule(r"(?<![\w.])(?P<n>\d{1,20}(?:\.\d{1,20})?)[eE](?P<p>[+-]?\d{1,4})(?!\w)")(
    lambda match: f"{number(match['n'])} times ten to the power of {_signed(match['p'])}"
)


def _signed(text: str) -> str:
    return ("minus " if text[0] == "-" else "") + (number(text.lstrip("+-")) if text[-1].isdigit() else text.lstrip("+-"))


def _powered(power: str) -> str:
    return {"2": " squared", "3": " cubed"}.get(power, f" to the power of {_signed(power)}")


@RULES.rule(r"(?P<it>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]{1,6})")
def _raised(match: Match) -> str | None:
    before = match.string[max(0, match.start() - 8) : match.start()]
    word = re.search(r"[^\W\d_]*$", before)
    letters = word[0] if word else ""
    if match["it"] in "²³" and letters in tables.SQUARED:
        return None
    if len(letters) > 2 or not before[-1:].strip() or before[-1] in ".,;:!?\"'":
        # A reference to a note.
        return ""
    return _powered(match["it"].translate(RAISED))


RULES.rule(r"(?<=[\w)])[ ]?\^[ ]?(?:\((?P<a>-?\w{1,6})\)|\{(?P<b>-?\w{1,6})\}|(?P<c>-?(?:\d{1,6}|[a-zA-Z]\b)))")(
    lambda match: (
        _powered(match["a"] or match["b"] or match["c"])
        if not re.search(rf"\d[ ]?(?:{LENGTHS})$", match.string[max(0, match.start() - 8) : match.start()])
        else None
    )
)
