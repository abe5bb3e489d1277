"""Money."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import cardinal, number
from comps.tts.reading.english.rules import NUM, PER, START, Match, Rules, any_of

RULES = Rules()

_SYMBOL = any_of(name for name in tables.CURRENCIES if not name.isalpha() or len(name) < 3)
_CODE = any_of(name for name in tables.CURRENCIES if name.isalpha() and len(name) == 3)
_SCALE = any_of(tables.SCALES)
_CURRENCY = rf"(?:{_SYMBOL})|(?:{_CODE})"
_PER_PART = rf"(?:[ ]?/[ ]?(?P<per>{PER})\b(?![/-])(?:\.(?=[ ][a-z(]))?)?"


_DOLLARS = {"USD": "US$", "CAD": "C$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$"}


@RULES.rule(
    rf"(?<![\w$])(?P<minus>[-−+])?(?P<cur>{_CURRENCY})[ \u202f]?(?P<minus2>[-−])?(?P<n>{NUM}|\.\d{{1,2}})"
    rf"(?:[ ]?(?P<dash>[-–—]|to)[ ]?(?:{_CURRENCY})?(?P<n2>{NUM}))?"
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


@RULES.rule(
    rf"{START}(?P<n>{NUM})(?:[ ]to[ ](?P<n2>{NUM}))?(?:[ ]?(?P<scale>{_SCALE}))?(?:[ "
    rf"\u202f]?(?P<cur>[€£¥₹₽₩₺₴₫₪₱฿₿]|\$(?![\w]))|[ ]?(?P<code>{_CODE})\b){_PER_PART}"
)
def _money_after(match: Match) -> str:
    return _amount(match["cur"] or match["code"], match["n"], match["n2"], match["scale"]) + _per(match)


RULES.rule(rf"{START}(?P<n>{NUM})[ ]?¢")(lambda match: f"{number(match['n'])} cent" + ("" if match["n"] == "1" else "s"))
RULES.rule(r"(?<![\w.])(?!(?:144|240|360|480|576|720)p)(?P<n>\d{1,3})p(?!\w)")(
    lambda match: f"{number(match['n'])} " + ("penny" if match["n"] == "1" else "pence")
)
