"""What is taken for words, by made-up tokens and probabilities."""

from __future__ import annotations

import itertools

import pytest

from comps.asr.engines.moonshine_guards import Verdict, has_words, heard_again, is_better, is_english, is_loop, sureness, verdict
from comps.asr.engines.moonshine_model import Decoded


def _decoded(tokens: list[int], mean: float, *, is_whole: bool = True) -> Decoded:
    return Decoded(tokens, [mean] * (len(tokens) + is_whole), is_whole)


_SENTENCE = list(range(100, 112))


@pytest.mark.parametrize(
    ("tokens", "mean", "expected"),
    [
        (3, -0.10, Verdict.WORDS),
        (3, -0.34, Verdict.WORDS),
        (3, -0.50, Verdict.DOUBTFUL),
        (3, -0.70, Verdict.OTHER),
        (30, -0.30, Verdict.WORDS),
        (30, -0.40, Verdict.DOUBTFUL),
        (30, -0.50, Verdict.OTHER),
    ],
)
def test_sureness_depends_on_the_length(tokens: int, mean: float, expected: Verdict) -> None:
    assert sureness([mean] * tokens) is expected


def test_sureness_never_jumps() -> None:
    """A token more, as sure as the others, does not make a text of words one of none."""
    order = [Verdict.OTHER, Verdict.DOUBTFUL, Verdict.WORDS]
    for hundredth in range(0, 100):
        at = [order.index(sureness([-hundredth / 100] * tokens)) for tokens in range(1, 60)]
        assert max(abs(one - other) for one, other in itertools.pairwise(at)) <= 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Who are you?", True),
        ("No.", True),
        ("I.", True),
        ("♪♪♪♪♪♪", False),
        ("♪ la la la ♪", False),
        ("[laughs] (coughing)", False),
        ("Mm-hmm,", False),
        ("Hmm. Uh, um…", False),
        ("", False),
        ("... ?!", False),
        ("[music] Hello there", True),
    ],
)
def test_notes_and_hums_are_no_words(text: str, said: bool) -> None:
    assert has_words(text) is said
    expected = Verdict.WORDS if said else Verdict.NOTHING
    assert verdict(_decoded(_SENTENCE, -0.05), text, 3.0) is expected


@pytest.mark.parametrize("text", ["啊, 啊, 啊", "где ты", "Καλημέρα", "ok こんにちは"])
def test_other_scripts_are_another_language(text: str) -> None:
    assert not is_english(text)
    assert verdict(_decoded(_SENTENCE, -0.05), text, 3.0) is Verdict.OTHER


@pytest.mark.parametrize("text", ["Café, naïve façade", "It's 5 o'clock – £3", "Who’s there?"])
def test_english_has_accents_and_signs(text: str) -> None:
    assert is_english(text)


def test_without_speech_nothing_is_believed() -> None:
    assert verdict(_decoded(_SENTENCE, -0.01), "Thank you for watching.", 0.0) is Verdict.NOTHING


def test_little_speech_without_words_is_no_language() -> None:
    assert verdict(_decoded([1, 2], -0.9), "You", 0.6) is Verdict.NOTHING
    assert verdict(_decoded(_SENTENCE, -0.9), "The first thing we have to do", 2.6) is Verdict.OTHER


def test_a_doubtful_cough_is_not_heard_again() -> None:
    assert verdict(_decoded([7], -0.45), "No.", 0.15) is Verdict.NOTHING
    assert verdict(_decoded([7], -0.45), "No.", 0.3) is Verdict.DOUBTFUL


@pytest.mark.parametrize(
    "tokens",
    [
        [5] * 12,
        [1, 2, 3] * 4,
        [9, 9, 9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4],
        [8, *([1, 2, 3, 4, 5, 6, 7] * 3)],
    ],
)
def test_loops(tokens: list[int]) -> None:
    assert is_loop(tokens)


@pytest.mark.parametrize("tokens", [[], [1], [1, 1], [1, 2, 1, 2], list(range(50)), [1, 1, 1, *range(10, 30)]])
def test_what_is_no_loop(tokens: list[int]) -> None:
    assert not is_loop(tokens)


def test_a_loop_is_no_text_and_a_person_who_repeats_is() -> None:
    loop = [1, 2] * 20
    assert verdict(_decoded(loop, -0.2, is_whole=False), "slip, slip, slip", 3.0) is Verdict.OTHER
    assert verdict(_decoded(loop, -0.34), "little bit of a little bit", 3.0) is Verdict.WORDS
    assert verdict(_decoded([4, 5] * 4, -0.1), "five, five, five, five", 1.4) is Verdict.WORDS


@pytest.mark.parametrize(
    ("text", "again", "expected"),
    [
        ("Ten of clubs.", "Ten of clubs", Verdict.WORDS),
        ("Four queen of gloves.", "Four queen of clubs.", Verdict.OTHER),
        ("Please enter your conference number again.", "Please enter your conference number.", Verdict.WORDS),
        ("Don't applaud, I'll call you.", "Though a plow, a colour.", Verdict.OTHER),
    ],
)
def test_what_is_invented_changes(text: str, again: str, expected: Verdict) -> None:
    assert heard_again(text, again, 1.5) is expected


def test_a_sentence_that_is_sure_the_second_time_is_taken() -> None:
    sure, unsure = _decoded(_SENTENCE, -0.1), _decoded(_SENTENCE, -0.4)
    assert is_better(sure, "do you like cats or dogs")
    assert not is_better(unsure, "do you like cats or dogs")
    assert not is_better(_decoded([3], -0.1), "yeah")
    assert not is_better(_decoded([3, 4] * 6, -0.1), "do you do you do you")
