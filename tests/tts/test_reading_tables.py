"""How each language is read: tables of what is written and what is said, one case a line (``reading/LANGUAGE.txt``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from comps.cores.errors import BadInput
from comps.cores.text.clauses import ClauseSplitter
from comps.tts.reading import read_aloud

_TABLES = Path(__file__).parent / "reading"
_FEWEST = {"en": 150, "de": 20, "fr": 20, "es": 20, "zh": 20}


def _cases(language: str) -> Iterator[tuple[str, str]]:
    for line in (_TABLES / f"{language}.txt").read_text().splitlines():
        # A line break of the text stands as a backslash and "n"; no command of LaTeX in the tables begins so.
        written, _, spoken = line.replace("\\n", "\n").rpartition(" => ")
        yield written, spoken


@pytest.mark.parametrize(
    ("language", "written", "spoken"), [(language, *case) for language in _FEWEST for case in _cases(language)]
)
def test_text_is_read_as_people_read_it(language: str, written: str, spoken: str) -> None:
    assert read_aloud(written, language).spoken == spoken


@pytest.mark.parametrize(("language", "fewest"), _FEWEST.items())
def test_the_tables_are_no_shorter_than_promised(language: str, fewest: int) -> None:
    assert len(dict(_cases(language))) >= fewest


@pytest.mark.parametrize("language", _FEWEST)
def test_what_was_read_is_read_again_as_it_stands(language: str) -> None:
    """What a rule says is nothing that another takes for a number, a mark or an abbreviation."""
    for _, spoken in _cases(language):
        assert read_aloud(spoken, language).spoken == spoken


@pytest.mark.parametrize("language", _FEWEST)
def test_clause_by_clause_the_same_is_said(language: str) -> None:
    """What belongs together is not cut apart before it is read; factorials excepted, whose sign ends sentences."""
    for written, spoken in _cases(language):
        splitter = ClauseSplitter()
        clauses = splitter.feed(written) + splitter.finish()
        said = " ".join(_said(clause.text, language) for clause in clauses)
        assert _words(said) == _words(spoken) or "factorial" in spoken


def _said(text: str, language: str) -> str:
    """Nothing where a clause is an emoji alone."""
    try:
        return read_aloud(text, language).spoken
    except BadInput:
        return ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
