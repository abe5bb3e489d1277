"""Units, products and numbers with a scale ("5k")."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.numbers import number, pairs
from comps.tts.reading.english.rules import NUM, PER, START, Match, Rules, any_of, stop

RULES = Rules()

_EXPONENT = r"(?:²|³|\^2|\^3)"
_UNIT = any_of(tables.UNITS)
RULES.rule(r"(?<=\d)[ ]?(?:cm|mm|km|m|in|ft|feet|inches|px|\"|′|')(?P<it>[ ]?[x×][ ]?)(?=\d)")(lambda match: " by ")
RULES.rule(rf"{START}(?P<n>{NUM})[ ]in(?=\)|[ ](?:by|x|×)[ ])")(
    lambda match: f"{number(match['n'])} " + ("inch" if match["n"] == "1" else "inches")
)
RULES.rule(rf"(?<=\d)(?P<it>[ ]?[x×][ ]?)(?={NUM}[ ]?(?:(?:km|cm|mm|m|in|ft|px|inch\w*|feet|meters|pixels)\b|[\"″]|x))")(
    lambda match: " by "
)


@RULES.rule(
    rf"{START}(?P<minus>(?<![\w)])[-−+])?(?P<n>{NUM}|\.\d{{1,9}})(?P<more>\+)?(?P<scale>[ ](?:hundred|thousand"
    rf"|million|billion"
    rf"|trillion)(?=[ ]))?"
    rf"(?P<gap>[ \u202f-]?)(?P<unit>{_UNIT})(?P<exp>{_EXPONENT})?(?:/(?P<per>{PER})(?P<perexp>{_EXPONENT})?)"
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
    singular = match["n"] == "1" or describes or (gap == "-" and unit not in "%°")
    # "min." and "in." end a sentence too.
    return (
        {"": "", "+": "plus "}.get(match["minus"] or "", "minus ")
        + number(match["n"]) + (" plus" if match["more"] else "") + (match["scale"] or "") + " "
        + dimension(match["exp"]) + (one if singular else many)
        + (f" per {per_power(match['per'], match['perexp'])}" if match["per"] else "")
        + (stop(match) if unit.endswith(".") else "")
    )  # fmt: skip


RULES.rule(rf"to the power of (?:minus )?[a-z-]+[ ](?P<it>(?P<unit>{_UNIT}))(?![\w/²³])")(
    lambda match: tables.UNITS[match["unit"]][1]
)
# Units after numbers that are words by now ("10⁸ m/s", "million km²"), or after none.
RULES.rule(rf"(?<!\w)(?P<unit>{any_of(sorted(tables.SQUARED))})(?P<exp>[²³])(?!\w)")(
    lambda match: dimension(match["exp"]) + tables.UNITS[match["unit"]][1]
)
RULES.rule(
    rf"(?<![\w/])(?P<unit>km|m|cm|mi|mg|g|kg|L|l|mL|ml|MB|GB|kB|Mb|Gb|kWh|W|J|N|mol|ft)/(?P<per>{PER})(?P<exp>[²³])?(?![\w/])"
)(lambda match: f"{tables.UNITS[match['unit']][1]} per {per_power(match['per'], match['exp'])}")
RULES.rule(r"(?<=bytes)(?P<it>[ ])(?=(?:RAM|VRAM|memory|storage|space|data)\b)")(lambda match: " of ")


def per_power(unit: str, exponent: str | None) -> str:
    """ "second squared", but "square meter"."""
    if exponent and unit in ("s", "sec"):
        return f"second {'squared' if exponent[-1] in '²2' else 'cubed'}"
    return dimension(exponent) + tables.PER[unit]


def dimension(exponent: str | None) -> str:
    return "" if not exponent else "square " if exponent[-1] in "²2" else "cubic "


# The second of two ("5 to 10 km" is read from its end, as "10 km").
RULES.rule(r"(?<=\w)[ ]?/[ ]?(?P<per>hour|minute|second|day|week|month|year|person|night|user|kg|hr|sec|min|mo|yr)\b(?!/)")(
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
RULES.rule(r"(?<![\w.])(?P<h>\d{1,3})[ ]?(?:k|K)m?/h\b")(lambda match: f"{number(match['h'])} kilometers per hour")


@RULES.rule(rf"{START}(?P<n>{NUM})(?P<scale>k|K|M|B(?![ ][A-Z])|bn|mn|tn)(?P<more>\+)?(?!\w)")
def _scaled(match: Match) -> str | None:
    before = match.string[max(0, match.start() - 16) : match.start()]
    if match["scale"] in "BM" and re.search(
        r"\b(?!(?:About|Over|Nearly|Around|Roughly|Some|The|Only|With|In|From|To)\b)[A-Z][a-z]{2,} $", before
    ):
        return None
    said = "K" if match["scale"] == "K" else tables.SCALES[match["scale"]]
    return f"{number(match['n'])} {said}" + (" plus" if match["more"] else "")


RULES.rule(rf"{START}(?P<n>{NUM})[x×](?![\w^²³])(?![ ]?[\d+−=/)]|[ ](?:minus|plus|squared|cubed|to the power)\b|[ ]-)")(
    lambda match: f"{number(match['n'])} times"
)


@RULES.rule(rf"(?<![\w.])(?P<a>{NUM})[ ]?[x×X∗*][ ]?(?P<b>{NUM})(?:[ ]?[x×X][ ]?(?P<c>{NUM}))?(?!\d)(?P<rest>[^\n]{{0,8}})")
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


RULES.rule(r"(?:teen|ty|ten|lve|one|two|three|four|five|six|seven|eight|nine|hundred)[ ](?P<it>(?P<u>mins?|secs?|hrs?))(?!\w)")(
    lambda match: tables.UNITS[match["u"]][1]
)
