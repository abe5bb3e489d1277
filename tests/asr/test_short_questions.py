"""The noisy channel for short questions: what it mends, and above all what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pocketsphinx import Decoder

from comps.asr.engines.phone_distance import distances
from comps.asr.engines.short_questions import LONGEST, PHRASES, Heard, ShortQuestions

_DECODER = Decoder(loglevel="FATAL")
_REPAIR = ShortQuestions(_DECODER.lookup_word)
#: A few words that make little sense in a row, and some that do, in nats.
_ODD, _FLUENT = -22.0, -13.0
_PHONES = st.lists(
    st.sampled_from(["HH", "UW", "AA", "R", "Y", "K", "W", "OW", "T", "IY", "S", "N"]), min_size=1, max_size=8
).map(tuple)


def _repaired(*guesses: str, fluency: float = _ODD) -> str:
    return _REPAIR.repaired(Heard(guesses[0], fluency, guesses))


@given(st.lists(st.sampled_from(["who", "are", "you", "how", "hello", "quote", "what", "is"]), min_size=LONGEST + 1, max_size=12))
def test_longer_texts_are_never_touched(words: list[str]) -> None:
    assert _repaired(" ".join(words), "who are you", fluency=-1e6) == " ".join(words)


@given(st.sampled_from(sorted(PHRASES)), st.floats(-1e3, 0))
def test_a_phrase_stays_itself(phrase: str, fluency: float) -> None:
    assert _repaired(phrase, "who are you", "hello", fluency=fluency) == phrase


@pytest.mark.parametrize(
    ("said", "guesses"),
    [
        ("who are you", ("quote are you", "it it it it cold are you", "quo are you", "cool are you")),
        ("how old are you", ("how old they're you", "towel there you")),
        ("who made you", ("to make you", "too late you", "who made you")),
        ("what is your name", ("what is their name", "what is your name")),
    ],
)
def test_misheard_phrases_are_mended(said: str, guesses: tuple[str, ...]) -> None:
    assert _repaired(*guesses) == said


@pytest.mark.parametrize(
    "text", ["what is her name", "how old is he", "where are they", "call my mother", "john smith", "hurry up"]
)
def test_fluent_texts_outside_the_table_stay(text: str) -> None:
    assert _repaired(text, fluency=_FLUENT) == text


@pytest.mark.parametrize("text", ["founded in jail", "open the window", "seven hundred dollars"])
def test_what_sounds_like_no_phrase_stays(text: str) -> None:
    assert _repaired(text, fluency=-1e6) == text


def test_more_than_a_phrase_is_not_cut_to_it() -> None:
    assert _repaired("what time is it now", fluency=-1e6) == "what time is it now"


def test_nothing_heard_is_nothing() -> None:
    assert _repaired("") == ""


def test_every_phrase_can_be_pronounced_and_may_be_repaired_to() -> None:
    words = {word for phrase in PHRASES for word in phrase.split()}
    assert not [word for word in words if _DECODER.lookup_word(word) is None]
    assert max(len(phrase.split()) for phrase in PHRASES) <= LONGEST
    assert sum(PHRASES.values()) == pytest.approx(1)


@given(st.lists(_PHONES, min_size=1, max_size=4), st.lists(_PHONES, min_size=1, max_size=4))
def test_distances_are_symmetric_and_zero_for_the_same(some: list[tuple[str, ...]], others: list[tuple[str, ...]]) -> None:
    apart = distances(some, others)
    np.testing.assert_allclose(apart, distances(others, some).T)
    assert (apart >= -1e-9).all()
    for row, one in zip(apart, some, strict=True):
        for cost, other in zip(row, others, strict=True):
            assert (cost < 1e-9) == (one == other)


def test_related_phones_are_nearer() -> None:
    def apart(one: str, other: str) -> float:
        return float(distances([tuple(one.split())], [tuple(other.split())])[0, 0])

    assert apart("P", "B") < apart("P", "G") < apart("P", "AA")
    assert apart("IY", "IH") < apart("IY", "AA")
    assert apart("HH UW", "UW") < apart("K UW", "UW")
    with pytest.raises(KeyError):
        apart("P", "??")
