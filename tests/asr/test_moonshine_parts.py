"""Long recordings cut at pauses, by made-up spans."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from comps.asr.engines.moonshine_parts import parts
from comps.listening.speech_spans import spans

_LONGEST = 468


def _windows(*stretches: tuple[int, float]) -> list[float]:
    return [probability for count, probability in stretches for _ in range(count)]


def test_one_part_holds_all_that_fits() -> None:
    probable = _windows((60, 0.0), (100, 1.0), (40, 0.0), (100, 1.0), (200, 0.0))
    (part,) = parts(spans(probable), probable)
    assert (part.start, part.until) == (60 - 13, 300)
    assert part.end == 310
    assert part.speech_s == 200 * 0.032


def test_longer_ones_are_cut_at_a_pause() -> None:
    probable = _windows((300, 1.0), (20, 0.0), (300, 1.0), (20, 0.0), (100, 1.0))
    first, second = parts(spans(probable), probable)
    assert (first.until, second.start, second.until) == (300, 307, 740)


def test_silence_before_and_after_is_left_out() -> None:
    """``../shared/cases/leading-silence``."""
    for lead in (0, 60, 800):
        probable = _windows((lead, 0.0), (30, 1.0), (500, 0.0))
        (part,) = parts(spans(probable), probable)
        assert (part.end - part.start, part.start) == (53, lead - 13)


def test_where_there_is_no_pause_it_is_cut_where_speech_is_least_likely() -> None:
    probable = _windows((400, 1.0), (1, 0.6), (300, 1.0))
    first, second = parts(spans(probable), probable)
    assert (first.end, second.start) == (400, 400)


@given(st.lists(st.tuples(st.integers(1, 700), st.sampled_from([0.0, 0.1, 0.4, 0.7, 0.9, 1.0])), max_size=20))
def test_all_speech_is_in_one_part_and_none_is_too_long(stretches: list[tuple[int, float]]) -> None:
    probable = _windows(*stretches)
    found = spans(probable)
    made = parts(found, probable)
    assert all(part.until - part.start <= _LONGEST + 13 for part in made)
    for one, other in itertools.pairwise(made):
        assert one.until <= other.start
        assert one.start < other.start
    held = {window for part in made for window in range(part.start, part.until)}
    assert held >= {window for span in found for window in range(span.start, span.end)}


@given(st.lists(st.tuples(st.integers(1, 700), st.sampled_from([0.0, 0.1, 0.7, 1.0])), min_size=1, max_size=12))
def test_parts_before_the_last_stay_as_they_are(stretches: list[tuple[int, float]]) -> None:
    """Whatever is said after, so that they need not be recognised again."""
    probable = _windows(*stretches)
    whole = [(part.start, part.until) for part in parts(spans(probable), probable)]
    for end in range(0, len(probable), 97):
        so_far = parts(spans(probable[:end]), probable[:end])
        assert [(part.start, part.until) for part in so_far[:-1]] == whole[: max(len(so_far) - 1, 0)]
