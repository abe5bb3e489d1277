"""English sentences of a chatbot, written with their readings by somebody who had seen neither the rules nor the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comps.tts.reading import read_aloud

_CASES = [
    line.split("\t") for line in (Path(__file__).parent / "reading" / "unseen-en.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("written", "readings"), _CASES)
def test_a_sentence_is_read_as_its_writer_reads_it(written: str, readings: str) -> None:
    # No command of LaTeX in the table begins with "\n".
    spoken = read_aloud(written.replace("\\n", "\n"), "en-us").spoken
    assert _words(spoken) in [_words(reading) for reading in readings.split(" || ")]


def _words(text: str) -> list[str]:
    """In lower case; "and" within a number is a matter of taste."""
    text = re.sub(r"[’']", "", text.lower())
    return [word for word in re.findall(r"[a-z0-9]+", text) if word != "and"]
