"""What of any text is spoken, in any language, and how the spoken words find back to the written ones."""

from __future__ import annotations

import os
import time
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Word
from comps.tts.reading import read_aloud

_LANGUAGES = ("en", "en-gb", "de", "fr", "es", "cmn", "it", "ja", "xx")
_CASES = Path(os.environ.get("SHARED", "../shared")) / "cases" / "markup-spoken"


def _split(text: str) -> list[str]:
    return text.split()


#: What texts in bad faith are made of: pieces of every mark that the rules look for.
_PIECES = st.sampled_from(
    _split(
        """a I x M 1 0 12 1,000 1.5 $ € £ % ° ² ½ ^ * ** _ ` ``` ~~ # [ ] ( ) ![ ]( <b> < > & &amp; <!-- --> | \\ \\frac{ { } $x$
    \\( : / // :// @ . , ; - – — + = ± km km/h am pm St. Mr. p. e IV 5' " ' 😀 Ⅷ ０ é 年 Uhr h er ª 1. • e.g. http://a.b
    a@b.c 2024-03-15 3:30"""
    )
) | st.sampled_from([" ", "\n", "\t", "  ", "\u200d", "\u0301", "\u202f", "- ", "> ", "1. "])
_WORDS = st.lists(
    st.sampled_from(
        [
            "Hello",
            "there",
            "my",
            "dear",
            "friend",
            "how",
            "are",
            "you",
            "today",
            "it's",
            "fine",
            "and",
            "we'll",
            "go,",
            "yes!",
            "No?",
            "Well...",
        ]
    ),
    min_size=1,
)


def _spoken(text: str, language: str) -> str:
    try:
        return read_aloud(text, language).spoken
    except BadInput:
        return ""


def _timed(spoken: str) -> list[Word]:
    """Each word of it for a second, as an engine would."""
    return [(float(at), at + 1.0, word.strip(".,!?")) for at, word in enumerate(spoken.split())]


@given(st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=200), st.sampled_from(_LANGUAGES))
def test_any_text_is_read_or_refused(text: str, language: str) -> None:
    spoken = _spoken(text, language)
    assert all(character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in spoken)
    if language not in ("it", "ja", "xx"):
        assert not any(character in "0123456789" for character in spoken)
    spoken.encode()


@given(_WORDS, st.sampled_from(_LANGUAGES))
def test_plain_words_are_read_as_they_stand(words: list[str], language: str) -> None:
    text = " ".join(words)
    reading = read_aloud(text, language)
    assert reading.spoken == text
    assert [word for _, _, word in reading.original_words(_timed(text))] == [word.strip(".,!?") for word in words]


@given(st.lists(_PIECES, min_size=1, max_size=30).map("".join), st.sampled_from(_LANGUAGES))
def test_written_words_stand_in_the_text_in_order_and_in_time(text: str, language: str) -> None:
    try:
        reading = read_aloud(text, language)
    except BadInput:
        return
    words = reading.original_words(_timed(reading.spoken))
    shown = " ".join(text.split())
    at = 0
    for start, end, word in words:
        at = shown.index(word, at) + len(word)
        assert start < end
    assert all(before[1] <= after[0] for before, after in pairwise(words))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "zh", "it"])
def test_hostile_texts_take_no_longer_than_others(language: str) -> None:
    """The longest text that is let in, of one mark again and again: patterns that try again at each would take minutes."""
    for piece in (
        "a",
        "1",
        "1 ",
        "1-",
        "[",
        "](",
        "<a ",
        "$1",
        "½",
        "²",
        "I ",
        "*",
        "`",
        "|",
        "\\frac{",
        "(",
        "é",
        "<!--",
        "1/",
        "http://",
        "a.",
        "a@",
    ):
        started = time.process_time()
        _spoken(piece * (5000 // len(piece)), language)
        assert time.process_time() - started < 1.0, piece


@pytest.mark.parametrize(
    "written", ["", "   ", "...", "😀", "!?", "***", "---", "\x00\x01", "❤️", "```\n```", "<br>", "<!-- x -->", "|---|---|"]
)
def test_nothing_to_speak_is_an_error_of_the_text(written: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_aloud(written, "en")
    assert caught.value.extra["field"] == "text"


@pytest.mark.parametrize(
    ("written", "captions"),
    [
        ("It cost $1,234.56 today.", ["It", "cost", "$1,234.56", "today"]),
        ("**Bold** and un**believ**able", ["Bold", "and", "un**believ**able"]),
        ("See [the page](https://example.org/a?b=c).", ["See", "the", "page"]),
        ("It is 3 °C now", ["It", "is", "3 °C", "now"]),
        ("Henry VIII reigned", ["Henry", "VIII", "reigned"]),
        ("Pay $5 million, please", ["Pay", "$5 million", "please"]),
        ("on 5 March 2024", ["on", "5", "March", "2024"]),
        ("a & b 😀 c", ["a", "&", "b", "c"]),
        ("<b>Tom</b> &amp; Jerry", ["Tom", "&amp;", "Jerry"]),
        ("from 10–20 people", ["from", "10", "20", "people"]),
        ("mail info@example.com now", ["mail", "info@example.com", "now"]),
        ("one — two", ["one", "two"]),
        ("See https://example.com/a_b?c=1.", ["See", "https://example.com/a_b?c=1"]),
        ("Ｈｅｌｌｏ １２", ["Ｈｅｌｌｏ", "１２"]),
    ],
)
def test_captions_keep_the_written_words(written: str, captions: list[str]) -> None:
    reading = read_aloud(written, "en")
    words = reading.original_words(_timed(reading.spoken))
    assert [word for _, _, word in words] == captions
    assert words[-1][1] == len(reading.spoken.split())


def test_a_written_word_lasts_as_long_as_all_that_is_said_for_it() -> None:
    reading = read_aloud("It cost $1,234 then", "en")
    assert reading.spoken == "It cost one thousand two hundred thirty-four dollars then"
    assert reading.original_words(_timed(reading.spoken))[2:] == [(2.0, 8.0, "$1,234"), (8.0, 9.0, "then")]


def test_words_that_an_engine_leaves_out_or_makes_up_do_not_disturb_the_others() -> None:
    reading = read_aloud("one 2 three", "en")
    words = [(0.0, 1.0, "one"), (1.0, 2.0, "zwei"), (2.0, 3.0, "three")]
    assert reading.original_words(words) == [(0.0, 1.0, "one"), (2.0, 3.0, "three")]


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        ("en", "The code is in the text."),
        ("de", "Der Code steht im Text."),
        ("fr", "Le code est dans le texte."),
        ("zh", "代码见文字。"),
        ("xx", ""),
    ],
)
def test_code_is_announced_and_not_read(language: str, notice: str) -> None:
    assert read_aloud("Look:\n```python\nx = 1\n```\nDone.", language).spoken == f"Look:\n{notice}\nDone."


def test_a_block_of_code_alone_or_cut_off_is_announced() -> None:
    assert read_aloud("```python\nx = 1\n```", "en").spoken == "The code is in the text."
    assert read_aloud("```\nx = 1\n", "en").spoken == "The code is in the text."


@pytest.mark.parametrize(
    ("piece", "spoken"),
    [
        ("| Paris | France |\n", "Paris, France."),
        ("|------|:-------:|\n| Rome | Italy |", "Rome, Italy."),
        ("- one\n", "one."),
        ("**Well", "Well"),
        ("then** go.", "then go."),
        ("2. second", "two. second."),
        ("| Wi-Fi | ✅ | ❌ |", "Wi-Fi, yes, no."),
    ],
)
def test_pieces_of_markup_are_read_like_the_whole(piece: str, spoken: str) -> None:
    assert read_aloud(piece, "en").spoken == spoken


@pytest.mark.parametrize(
    "formula", [r"\frac{", r"\frac{a}{", r"x^", r"x_{\sqrt", r"\sum_", "{{{{", "}}}}", r"\frac" * 200, "{" * 400, r"\sqrt["]
)
def test_formulas_that_are_cut_off_are_read_as_far_as_they_go(formula: str) -> None:
    for text in (f"a $x + {formula}$ b", f"a \\(x {formula}\\) b"):
        assert read_aloud(text, "en").spoken.endswith("b")


def test_the_british_put_the_day_first() -> None:
    assert read_aloud("on 01/02/2023", "en-gb").spoken == "on February first, twenty twenty-three"


def test_languages_without_rules_leave_numbers_to_the_voice() -> None:
    assert read_aloud("**Costa** 1.234,56 € &amp; [qui](https://a.it)", "it").spoken == "Costa 1.234,56 € & qui"


@pytest.mark.skipif(not _CASES.is_dir(), reason="the shared cases are not here")
def test_the_reported_texts_lose_their_marks() -> None:
    for path in _CASES.glob("*.txt"):
        spoken = read_aloud(path.read_text(), "en").spoken
        assert not set(spoken) & set("*_`#|<>[]{}\\$^~=&@0123456789"), path.name
        assert "http" not in spoken
        assert "nbsp" not in spoken


_AS_A_PERSON = {
    "date": "We met on January second, twenty twenty-three and on March fifteenth, twenty twenty-four.",
    "emoji": "Great job! Done next.",
    "fullwidth": "Hello one hundred twenty-three! one two eight half a degree Celsius km number trademark fine.",
    "html": "Hello world tag 'quoted'.",
    "latex": "The root is x equals minus b plus or minus the square root of b squared minus four a c over two a. "
    "Also E equals m c squared.",
    "md": "Title. Bold and it and code. one, two, one. first, two. second. link img old and done. A note.",
    "money": "It costs one thousand two hundred thirty-four dollars and fifty-six cents or twenty-seven euros and fifty cents "
    "or five million pounds.",
    "phone": "Call plus one, five five five, zero one zero, nine nine nine nine now.",
    "table": "Here is a table: City, Country. Paris, France. Rome, Italy. That is all.",
    "url": "See example dot com for more.",
}


@pytest.mark.skipif(not _CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize("name", _AS_A_PERSON)
def test_the_reported_texts_are_read_as_a_person_reads_them(name: str) -> None:
    spoken = read_aloud((_CASES / f"{name}.txt").read_text(), "en").spoken
    assert " ".join(spoken.split()) == _AS_A_PERSON[name]
