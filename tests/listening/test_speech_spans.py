"""Where speech is, by made-up probabilities."""

from __future__ import annotations

import pytest

from comps.listening.speech_spans import Span, spans


def _windows(*stretches: tuple[int, float]) -> list[float]:
    return [probability for count, probability in stretches for _ in range(count)]


def test_stretches_of_speech_are_parted_by_silence() -> None:
    probable = _windows((10, 0.0), (20, 1.0), (15, 0.1), (8, 0.99), (3, 0.0))
    assert spans(probable) == [Span(10, 30, 20), Span(45, 53, 8)]


def test_pauses_between_words_part_nothing() -> None:
    assert spans(_windows((20, 1.0), (9, 0.0), (20, 1.0))) == [Span(0, 49, 40)]


def test_a_span_goes_on_while_speech_is_half_likely() -> None:
    assert spans(_windows((4, 0.4), (10, 1.0), (30, 0.4), (20, 0.0))) == [Span(4, 44, 10)]


@pytest.mark.parametrize(
    "probable",
    [
        [],
        _windows((50, 0.49)),
        _windows((20, 0.0), (2, 1.0), (20, 0.0)),  # a click
        _windows((20, 0.0), (5, 0.9), (20, 0.0)),  # a cough
        _windows((20, 0.0), (20, 0.8), (20, 0.0)),  # a hum
    ],
)
def test_what_is_no_speech(probable: list[float]) -> None:
    assert spans(probable) == []


@pytest.mark.parametrize("probable", [_windows((3, 0.96)), _windows((7, 0.86))])
def test_short_words_are_speech(probable: list[float]) -> None:
    assert len(spans(probable)) == 1
