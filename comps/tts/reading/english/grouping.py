"""Versions, and numbers whose groups are joined by "_" for the rules that follow."""

from __future__ import annotations

import re

from comps.tts.reading.english.numbers import digits, number
from comps.tts.reading.english.rules import Rules

RULES = Rules()

_NAMES = (
    "Python|Node|Node\\.js|Java|iOS|Android|Ubuntu|Debian|Fedora|macOS|Windows|CUDA|[Vv]ersion|[Rr]elease|PHP|Ruby|Go"
    "|Rust|Django|React"
    "|PyTorch|TensorFlow|Chrome|Firefox|Kernel|kernel|Linux|PostgreSQL|Postgres|MySQL|Swift|Kotlin|Perl|Angular|Vue"
    "|Vue\\.js|Unity|Kubernetes"
)


def version(text: str) -> str:
    return " point ".join(
        "oh " + digits(part[1:]) if part[0] == "0" and len(part) > 1 else number(part) for part in text.split(".")
    )


RULES.rule(rf"\b(?:{_NAMES})[ ](?P<it>\d{{1,4}}(?:\.\d{{1,4}}){{1,4}})(?!\w)(?!\.\d)")(lambda match: version(match["it"]))
RULES.rule(r"(?<!\w)[vV](?P<n>\d{1,5}(?:\.\d{1,5}){0,4})(?!\w)(?!\.\d)")(lambda match: "version " + version(match["n"]))
RULES.rule(r"(?<![\w.,$€£])\d{1,5}(?:\.\d{1,5}){2,5}(?!\w)(?!\.\d)")(lambda match: version(match[0]))

# European amounts: "€1.234,56", "27,50 €".
RULES.rule(r"[€£¥][ \u202f]?(?P<it>\d{1,3}(?:[.\u202f ]\d{3}){0,5},\d{2})(?!\d)(?!,\d)")(
    lambda match: re.sub(r"[.\u202f ]", "_", match["it"]).replace(",", ".")
)
RULES.rule(r"(?<![\d.,])(?P<it>\d{1,3}(?:[.\u202f ]\d{3}){0,5},\d{2})(?=[ \u202f]?(?:€|EUR\b|euros?\b))")(
    lambda match: re.sub(r"[.\u202f ]", "_", match["it"]).replace(",", ".")
)
RULES.rule(r"(?<![\d.,_])\d{1,3}(?P<s>[,'’\u202f])\d{3}(?:(?P=s)\d{3}){0,10}(?!\d)(?!(?P=s)\d)")(
    lambda match: match[0].replace(match["s"], "_")
)
RULES.rule(r"(?<![\d.,_])(?<![\d.,_][ ])\d{1,2}(?:[,]\d{2}){1,4},\d{3}(?!\d)")(lambda match: _indian(match[0]))
RULES.rule(
    r"(?<![\w.,])(?<!\d[ ])(?:\d{1,3}(?:[ ]\d{3}){1,5}(?<=000)|\d{1,2}(?:[ ]\d{3}){1,5}|\d{3}(?:[ ]\d{3}){2,5})"
    r"(?![\d])(?![ ]\d)(?!,\d)"
)(lambda match: match[0].replace(" ", "_"))


RULES.rule(r"(?<![\w.,])0\d{2,20}(?![\w.,]*\d)")(lambda match: digits(match[0]))


def _indian(text: str) -> str:
    """ "1,00,000" with its groups as elsewhere."""
    return f"{int(text.replace(',', '')):_}"
