"""Abbreviations, titles and streets."""

from __future__ import annotations

import re

from comps.tts.reading.english import tables
from comps.tts.reading.english.rules import Match, Rules, any_of, stop

RULES = Rules()

RULES.rule(
    rf"\b\d{{1,6}}(?:st|nd|rd|th)?[ ](?:[NSEW]\.?[ ])?(?:[A-Z][\w'’]{{0,20}}[ ])"
    rf"{{0,3}}(?P<it>(?P<t>{any_of(tables.STREETS)})\b\.?)"
)(lambda match: tables.STREETS[match["t"]] + (stop(match) if match[0].endswith(".") else ""))
RULES.rule(
    r"\b(?:[A-Z][\w'’]{1,20}|first|second|third|\w{3,8}th)[ ](?P<it>(?P<t>St|Ave|Blvd|Rd|Ln|Pkwy)\b\.?)(?=[,;)]|[ "
    r"](?:and|in|at|near|is|was|to|on|or)\b|[ ]*$)",
    re.MULTILINE,
)(lambda match: tables.STREETS[match["t"]] + (stop(match) if match[0].endswith(".") else ""))
RULES.rule(r"(?<!\w)(?P<t>Dr|Mr|Mrs|Ms|Prof|St|Ste|Mt)\.?(?=[ ][A-Z])")(lambda match: tables.TITLES[match["t"]])
RULES.rule(rf"(?<!\w)(?P<t>{any_of(tables.TITLES)})\.(?=[ ][A-Z])")(lambda match: tables.TITLES[match["t"]])


@RULES.rule(rf"(?<![\w.])(?P<t>{any_of(tables.ABBREVIATIONS)})(?!\w)(?!-\w)")
def _abbreviation(match: Match) -> str | None:
    written = match["t"]
    if written == "no." or (written in ("min.", "max.", "temp.", "est.", "ext.", "ca.") and stop(match) and written != "ext."):
        return None
    return tables.ABBREVIATIONS[written] + (
        "" if written in tables.NEVER_LAST and match.string[match.end() :].strip() else stop(match)
    )
