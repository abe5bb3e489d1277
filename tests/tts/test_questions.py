"""Which questions rise."""

from __future__ import annotations

import pytest

from comps.tts.questions import rises


@pytest.mark.parametrize(
    "text",
    [
        "Is it raining?",
        "Do you live in Boston?",
        "Really?",
        "You like it?",
        "It is late, isn't it?",
        "Do you know what time it is?",
        "Well, are you coming?",
        "What do you think, is it good?",
        "“Is it?” ",
        "Are you sure?!",
        "Is this the doctor's house?",
    ],
)
def test_questions_for_a_yes_or_a_no_rise(text: str) -> None:
    assert rises(text.replace("?!", "?"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "It is raining.",
        "Is it raining",
        "Where do you live?",
        "What's that?",
        "What’s that?",
        "And how are you?",
        "Well, why?",
        "At what time does it start?",
        "If it rains, what do you do?",
        "What is the capital of France, and how many people live there?",
        "Do you want tea or coffee?",
        "Do you like coffee, or would you rather have tea?",
        "Why?",
    ],
)
def test_others_fall(text: str) -> None:
    assert not rises(text)
