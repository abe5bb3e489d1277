"""A clause is spoken within its sentence, and cut out of it."""

from __future__ import annotations

import numpy as np
import pytest

from comps.tts.engines.hibari_context import cut_out, in_context

RATE = 24_000


def test_a_whole_sentence_stands_alone() -> None:
    assert in_context("həlˈO.") == ("həlˈO.", 0, 6)


def test_what_is_around_a_clause_is_not_its_own() -> None:
    clause = in_context("bˌʌt nˌO,", "jˈɛs,", continues=True)
    assert clause.phonemes[clause.begin : clause.end] == "bˌʌt nˌO,"
    assert clause.phonemes.startswith("jˈɛs, bˌʌt")
    assert clause.phonemes[clause.end :].startswith(" ænd")


def test_too_much_before_a_clause_is_left_out() -> None:
    assert in_context("a" * 300, "b" * 300) == ("a" * 300, 0, 300)


def test_a_clause_of_nothing_stays_nothing() -> None:
    assert in_context("", "jˈɛs,", continues=True) == ("", 0, 0)


@pytest.mark.parametrize("pause_s", [0.0, 0.02, 0.2])
def test_the_clause_alone_is_cut_out_at_the_pauses(pause_s: float) -> None:
    """Three tones with a pause between them that ends where the next phoneme begins, less what the model is late."""
    clause = in_context("bbbb,", "aaaa,", continues=True)
    times = np.arange(3 * RATE) / RATE
    starts = [0.2 * index for index in range(5)] + [1.0]  # "aaaa, "
    starts += [1.05 + 0.15 * index for index in range(5)] + [2.0]  # "bbbb, "
    starts += np.linspace(2.05, 3.0, len(clause.phonemes) - 12, endpoint=False).tolist()
    loud = np.ones(len(times), np.float32)
    for join in (1.0, 2.0):
        loud[(times > join - pause_s) & (times < join)] = 0.0
    tones = np.select([times < 1.0, times < 2.0], [np.sin(2000 * times), np.sin(3000 * times)], np.sin(4000 * times))
    own, since_s = cut_out((loud * tones).astype(np.float32), RATE, np.array(starts), clause)
    # Where there is no pause, it is cut somewhere in the mark and the space.
    allowed = 0.01 if pause_s else 0.3
    assert 1.0 - pause_s - allowed <= since_s <= 1.0 + allowed
    assert 2.0 - pause_s - allowed <= since_s + len(own) / RATE <= 2.0 + allowed
    assert abs(own[0]) == pytest.approx(0.0, abs=1e-3)
    assert abs(own[-1]) == pytest.approx(0.0, abs=1e-3)
