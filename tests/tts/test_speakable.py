"""What of a text is spoken."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.errors import BadInput
from comps.tts.speakable import speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**Bold** and _italic_, ~~gone~~ `code`", "Bold and italic, gone code"),
        ("# Title\nText", "Title\nText"),
        ("- one\n- two\n> three", "one\ntwo\nthree"),
        ("See [the page](https://example.org/a?b=c).", "See the page."),
        ("```python\nx = 1\n```", "\nx = 1\n"),
        ("2 * 3 is 6, snake_case and C# stay", "2 * 3 is 6, snake_case and C# stay"),
        ("un**believ**able", "unbelievable"),
        ("hi 😀👍🏽 there ❤️", "hi  there "),
        ("a\x01100Sb\x00c\u200bd", "a100Sbcd"),
        ("one\r\ttwo", "one  two"),
        ("<break time='3s'/> & [[x]]", "<break time='3s'/> & [[x]]"),
        ("20° © 2024", "20° © 2024"),
    ],
)
def test_marks_and_pictures_go_and_text_stays(written: str, spoken: str) -> None:
    assert speakable(written) == spoken


@pytest.mark.parametrize("written", ["", "   ", "...", "😀", "!?", "***", "---", "\x00\x01", "❤️", "```\n```"])
def test_nothing_to_speak_is_an_error_of_the_text(written: str) -> None:
    with pytest.raises(BadInput) as caught:
        speakable(written)
    assert caught.value.extra["field"] == "text"


@given(st.text(max_size=300))
def test_any_text_is_cleaned_or_refused(written: str) -> None:
    try:
        spoken = speakable(written)
    except BadInput:
        return
    assert len(spoken) <= len(written)
    assert all(character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in spoken)
    spoken.encode()
