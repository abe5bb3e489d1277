"""The splitter keeps together what is read as a whole: clause by clause, a text is read as it is in one piece."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comps.cores.errors import BadInput
from comps.cores.text.clauses import ClauseSplitter
from comps.tts.reading import read_aloud

TEXTS = [
    "Here it is:\n\nName | Age\n--- | ---\nAnn | 3\nBob | 4\n\nDone.",
    "Two formulas: \\[ a = b. \\text{Then } c = d \\] and that is it. Next.",
    "We know $a = 1. B = 2$ here. Next one.",
    "$$\nE = mc^2\n$$\n\nThat is all.",
    "It costs $5. And $6. Fine.",
    "<ul>\n<li>One thing. And another</li>\n<li>Two</li>\n</ul>\nDone.",
    'See <a href="https://x.org/a. B">the page. Really</a> now. Good.',
    'An image ![A tall. Tree](http://x.org/a_(b).png "Title. Here") is here. Yes.',
    "<!-- A comment. With Stops. --> Hello there. Yes.",
    "<details>\n<summary>More. Here</summary>\n\nHidden text.\n\n</details>\nEnd.",
    "Call 555-1234, or +1 (555) 123-4567. Ask for Ann, please.",
    "From Jan. 5, 2020, to Feb. 6, 2021, we were open, mostly.",
    "Write to a.b@example.co.uk, or to http://x.org/a,b. Then wait.",
    "| City | Note |\n|---|---|\n| Paris | It is big. Very. |\n| Rome | Old; nice |\n\nThat is all.",
    "Use this:\n\n~~~\nA. B\n\nC\n~~~\nThen stop.",
    "<pre><code>A. B\n\nC. D</code></pre>\nThen stop.",
    "<script>\nalert('A. B');\n</script>\nThen stop.",
    "First, \\(x, y\\) are numbers, and so on.",
    "Well, on July 4, 1776, at 10:30 p.m., they signed it, as you know.",
    "The price is $1,234.50, plus 10 %, i.e. $1,357.95, in all.",
    "The set {1, 2, 3} has, for now, three members. Yes.",
    "[^1] This is it[^2].\n\n[^2]: Note. Here.\n",
    "1. First, do this\n2. Then, do that\n   - Inner one\n   - Inner two\n\nEnd.",
    "> Quoted line one. Two\n> continues, here\n\nEnd.",
    "My list:\n* **Bold. One**: text here\n* *It*: more\n\nEnd.",
    "That is 5 ft., or so. Then 6 ft. And more.",
    "Open from 9 a.m. to 5 p.m., Mon. to Fri., at 12 St. James St., London. Come!",
    "$$\\begin{aligned} a &= b \\\\ c &= d. \\end{aligned}$$ Then it ends. Yes.",
    "The limit $\\lim_{x \\to 0} f(x), x > 0$ exists, of course. Good.",
]


def read(text: str) -> str:
    """What is spoken of it, without the marks that ends of clauses decide about."""
    try:
        spoken = read_aloud(text, "en").spoken
    except BadInput:
        return ""
    return " ".join(re.sub("[.,;:]", "", spoken).lower().split())


def read_by_clauses(text: str) -> str:
    splitter = ClauseSplitter()
    return " ".join(part for clause in [*splitter.feed(text), *splitter.finish()] if (part := read(clause.text)))


@pytest.mark.parametrize("text", TEXTS)
def test_clauses_are_read_as_the_whole_text(text: str) -> None:
    assert read_by_clauses(text) == read(text)


@pytest.mark.parametrize("case", ["markup-spoken", "spoken-numbers"])
def test_so_are_the_recorded_cases(case: str, shared: Path) -> None:
    for file in sorted((shared / "cases" / case).glob("*.txt")):
        text = file.read_text("utf-8")
        assert read_by_clauses(text) == read(text), file.name
