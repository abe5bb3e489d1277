"""Numbers that are names: telephone numbers, codes, addresses of machines, rooms and flights."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import digits, grouped, number, pairs, plural
from comps.tts.reading.english.rules import Match, Rules, any_of, stop

RULES = Rules()

# "1Z999AA10123456784"
RULES.rule(r"(?<![\w-])(?=[A-Z\d]{0,12}\d[A-Z]{1,12}\d)(?=(?:[A-Z]{0,12}\d){4})[A-Z\d]{8,40}(?![\w-])")(
    lambda match: " ".join(sign if sign.isalpha() else digits(sign) for sign in match[0])
)
RULES.say(r"(?<=[a-z][ ])#(?=[ ])", "number")

RULES.say(r"º", "°")
RULES.say(r"(?<=\w)_+(?=\w)", " ")
RULES.say(r"§§?[ ]?(?=\d)", "section ")
RULES.say(r"¶[ ]?(?=\d)", "paragraph ")
RULES.say(r"(?<!\w)<[ ]?(?=[$€£]?\.?\d)", "less than ")
RULES.say(r"(?<!\w)>[ ]?(?=[$€£]?\.?\d)", "greater than ")
RULES.say(r"(?<!\w)(?:≤|<=)[ ]?(?=[$€£]?\.?\d)", "less than or equal to ")
RULES.say(r"(?<!\w)(?:≥|>=)[ ]?(?=[$€£]?\.?\d)", "greater than or equal to ")
RULES.say(r"~(?=[ ]slash)", "tilde")
RULES.rule(r"\b(?P<n>40[13])\((?P<l>[kb])\)")(lambda match: f"{pairs(match['n'])} {match['l']}")
RULES.rule(r"(?<![\w/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?=[ ](?:time|signature|meter)\b)")(
    lambda match: f"{number(match['a'])} {number(match['b'])}"
)
RULES.rule(r"\b(?:I-|US-|Route |Highway )\d{1,3}[ ](?P<it>[NSEW])\b")(
    lambda match: {"N": "North", "S": "South", "E": "East", "W": "West"}[match["it"]]
)
RULES.rule(
    r"\b(?:the|The|these|those|of|all|All|both)[ ](?P<it>\d{3})s(?!\w)|(?<![\w.,])(?P<n>\d{3})s(?=[ ](?:are|were|have"
    r"|had|flew|aren't|weren't)\b)"
)(lambda match: pairs(match["n"]) + "s" if match["n"] else pairs(match["it"]))
RULES.say(r"(?<!\w)(?:~|(?<!\w[ ])≈)[ ]?(?=[$€£]?\d)", "about ")


def _gap(match: Match) -> str:
    return "" if match[0].endswith(" ") else " "


@RULES.rule(
    r"(?<!\w)(?P<it>(?P<t>[Vv]ol|[Vv]ols|[Cc]h|[Ff]ig|[Nn]o|[Ss]ec|[Pp]t|[Aa]rt|[Ee]p|[Oo]p|pp|p)\.)(?=[ "
    r"](?:[IVXLC]{1,7}|[ivxlc]{1,7})(?![\w.]))"
)
def _before_number(match: Match) -> str:
    word = tables.BEFORE_NUMBER[match["t"].lower()]
    return word.capitalize() if match["t"][0].isupper() else word


RULES.rule(rf"(?<!\w)(?P<it>(?P<t>{any_of(tables.BEFORE_NUMBER_BARE)})\.?)[ ]?(?=\d)", re.IGNORECASE)(
    lambda match: _before_number(match) + _gap(match)
)
RULES.rule(
    rf"(?<![\w.])(?P<it>(?P<t>{any_of(set(tables.BEFORE_NUMBER) - tables.BEFORE_NUMBER_BARE)})\.)[ ]?(?=\d)", re.IGNORECASE
)(lambda match: _before_number(match) + _gap(match))


RULES.say(r"(?<=\d{4} )x(?=\d{2,5}(?!\w))", "extension ")
RULES.rule(r"(?<=\d)(?P<it>-(?P<w>to|in|by|on|or|for)-)(?=\d)")(lambda match: f" {match['w']} ")
RULES.rule(r"(?<=[a-z]{3})/(?P<per>day|week|month|year|hour|minute|second|person|night)(?![\w/])")(
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
RULES.rule(r"(?<!\w)(?P<it>#?(?P<a>[A-Z]{2,6})-(?P<b>\d{2,8}(?:-\d{2,8}){1,4}))(?![\w-])")(
    lambda match: f"{match['a']} {grouped(match['b'])}"
)
RULES.say(r"(?<![\w.])802\.11", "eight oh two dot eleven ")
RULES.rule(r"(?<![\w.])(?P<a>\d{1,2})[x×](?P<b>\d{1,2})s(?!\w)")(
    lambda match: f"{number(match['a'])} by {plural(number(match['b']))}"
)
RULES.say(r"(?<=\d)(?P<it>ish)\b", " ish")
RULES.say(r"(?<=\d)!(?=[ ]?=|[ ]is\b)", " factorial")
RULES.rule(r"/ea\b\.?")(lambda match: " each" + stop(match))
RULES.say(r"(?<=[A-Za-z]{2})[ ]>[ ](?=[A-Z][a-z])", ", ")
RULES.rule(r"\b(?:Boeing|Airbus)[ ](?P<it>\d{3})(?![\w-])")(lambda match: pairs(match["it"]))
RULES.say(r"\b9-1-1\b", "nine one one")
RULES.say(r"(?<![\w/])9/11(?![\w/])", "nine eleven")
RULES.say(r"(?<![\w/])24/7(?:/365)?(?![\w/])", "twenty-four seven")
RULES.rule(r"\bISBN(?:-1[03])?(?:[ ]is|[ ]number)?:?[ ](?P<it>[\dX][\dX -]{8,16}[\dX])(?!\w)")(
    lambda match: ", ".join(
        " ".join("X" if sign == "X" else digits(sign) for sign in group) for group in re.findall(r"[\dX]+", match["it"])
    )
)


@RULES.rule(r"(?<![\w.])(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?P<mask>/\d{1,2})?(?P<port>:\d{1,5})?(?![\w.]*\d)")
def _ip(match: Match) -> str:
    said = " dot ".join(pairs(part) if len(part) == 3 else number(part) for part in match["ip"].split("."))
    said += f" slash {number(match['mask'][1:])}" if match["mask"] else ""
    return said + (f" port {pairs(match['port'][1:])}" if match["port"] else "")


@RULES.rule(r"(?<![\w.-])(?:1[-. ])?(?P<free>8(?:00|88|77|66|55|44|33))[-. ](?P<rest>\d{3}[-. ]\d{4}|[A-Z][A-Z-]{3,12})(?!\w)")
def _free_call(match: Match) -> str:
    rest = grouped(match["rest"]) if match["rest"][0].isdigit() else match["rest"].replace("-", " ")
    area = "eight hundred" if match["free"] == "800" else digits(match["free"])
    return ("one, " if match[0].startswith("1") else "") + f"{area}, {rest}"


@RULES.rule(r"(?<![\w+])\+(?P<country>\d{1,3})(?P<rest>(?:[ .\u202f-]{0,2}\(?\d{1,5}\)?){2,7})(?!\w)")
def _international(match: Match) -> str | None:
    if sum(map(str.isdigit, match[0])) < 7:
        return None
    return f"plus {digits(match['country'])}, {grouped(match['rest'])}"


_PHONES = (
    r"(?<![\w.-])(?:1[-. ])?\(\d{3}\)[ -]?\d{3}[-. ]\d{4}(?![\w-])",
    r"(?<![\w.-])(?:1[-. ])?\d{3}([-. \u202f])\d{3}\1\d{4}(?![\w-])",
    r"(?<![\w.,$€£-])\d{3}-\d{4}(?![\w-])(?!\.\d)",
    r"(?<![\w.,])\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}(?![\w-])",
    r"(?<![\w.-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\w-])",
    r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])",
)  # fmt: skip
for _phone in _PHONES:
    RULES.rule(_phone)(lambda match: grouped(match[0]))

RULES.rule(r"\b[A-Z]{2}[ ](?P<it>\d{5}(?:-\d{4})?)(?![\w-])(?![ ][a-z]+s\b)")(lambda match: grouped(match["it"]))
RULES.rule(r"\b(?:[Tt]ext|[Ss]end|SMS)[ ][^.,;!?\n]{1,30}[ ]to[ ](?P<it>\d{5,6})(?!\w)")(lambda match: digits(match["it"]))
RULES.rule(
    r"\b(?:[Cc]all|[Dd]ial|[Tt]ext|[Pp]hone|[Rr]ing|[Cc]alling|[Dd]ialing|[Cc]alled|[Dd]ialed)[ ](?P<it>\d{3})(?![\w-])(?!,\d)"
)(lambda match: digits(match["it"]))
_NUMBERED = (
    "PIN|pin|[Pp]asscode|OTP|[Zz]ip|ZIP|[Pp]ostcode|[Aa]ccount|[Ss]erial|[Tt]racking|[Cc]ode|[Cc]onfirmation|[Oo]rder"
    "|[Ii]nvoice"
    "|[Tt]icket|[Cc]ase|[Rr]eference|[Mm]ember|[Cc]ustomer|[Ee]xtension|[Ee]xt\\.?|[Bb]ooking|[Pp]assport|[Ll]icense"
)
RULES.rule(
    rf"\b(?:{_NUMBERED})(?:(?:[ ](?:[Nn]umber|[Cc]ode|ID|[Nn]o\.))?(?:[ ]is)?:?[ ](?:#|№[ ]?)?|[ ]?#)"
    r"(?P<it>\d{4,20}(?:-\d{4,8})?)(?![\w,.]*\d)(?P<noun>[ ][a-z]+s\b)?"
)(lambda match: None if match["noun"] and not re.search(r"#|umber|[Nn]o\.|ID", match[0]) else grouped(match["it"]))
RULES.rule(
    r"\b(?:[Ee]rror|[Rr]oom|[Ss]uite|[Ff]light|[Hh]ighway|[Aa]rea[ ]code|HTTP|[Ss]tatus)(?:[ ]code)?[ ](?P<it>\d{3,4})"
    r"(?![\w,.]*\d)"
)(lambda match: pairs(match["it"]))
