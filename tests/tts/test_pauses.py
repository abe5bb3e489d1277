"""Pauses as they are heard, on sounds made for the purpose."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from comps.cores.proto.avatar import Phoneme, Word
from comps.tts.pauses import COMMA_S, LEAD_S, SILENCE, STOP_S, Samples, paced, pause_s

RATE = 24000


def _spoken(text: str, gap_s: float, lead_s: float = 0.3, tail_s: float = 0.35) -> tuple[Samples, list[Phoneme], list[Word]]:
    """Each word a tone of 0.3 s, ``gap_s`` between them: what a synthesiser makes of ``text``."""
    tone = (0.2 * np.sin(2 * np.pi * 180 * np.arange(round(0.3 * RATE)) / RATE)).astype(np.float32)
    pieces = [np.zeros(round(lead_s * RATE), np.float32)]
    phonemes: list[Phoneme] = [(0.0, lead_s, SILENCE)]
    words: list[Word] = []
    at = lead_s
    for word in text.replace("—", " ").split():
        words.append((at, at + 0.3, word.strip(",.;:!?…\"'“”()")))
        phonemes.append((at, at + 0.3, "a"))
        pieces += [tone, np.zeros(round(gap_s * RATE), np.float32)]
        at += 0.3 + gap_s
    pieces.append(np.zeros(round(tail_s * RATE), np.float32))
    sound = np.concatenate(pieces)
    return sound, [*phonemes, (at - gap_s, len(sound) / RATE, SILENCE)], words


def _silences(sound: Samples) -> list[float]:
    """Lengths of what is silent, seconds, from 20 ms up."""
    frame = RATE // 500
    levels = np.sqrt(np.mean(sound[: len(sound) // frame * frame].reshape(-1, frame) ** 2, axis=1))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], levels < 0.002, [False]]).astype(int)))
    lengths: NDArray[np.float64] = (edges[1::2] - edges[::2]) * frame / RATE
    return [length for length in lengths.tolist() if length >= 0.02]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.", STOP_S),
        ("Yes!", STOP_S),
        ("Is it?", STOP_S),
        ("He said “yes.”", STOP_S),
        ("(Yes.) ", STOP_S),
        ("Well…", STOP_S),
        ("好。", STOP_S),
        ("Well,", COMMA_S),
        ("Well;", COMMA_S),
        ("Well —", COMMA_S),
        ("你好，", COMMA_S),
        ("Well", 0.06),
        ("", 0.06),
    ],
)
def test_the_last_mark_says_how_long_to_pause(text: str, expected: float) -> None:
    assert pause_s(text) == expected
    assert pause_s(text, 2.0) == expected / 2


@pytest.mark.parametrize("gap", [0.0, 0.03, 0.12, 0.5])
@pytest.mark.parametrize(
    ("text", "pauses"),
    [
        ("one, two", [COMMA_S]),
        ("one. Two", [STOP_S]),
        ("one? Two, three", [STOP_S, COMMA_S]),
        ("“one,” two (three); four", [COMMA_S, COMMA_S]),
        ("one — two", [COMMA_S]),
        ("one—two", [COMMA_S]),
        ("one… Two", [STOP_S]),
    ],
)
def test_marks_inside_a_clause_are_heard_as_long_whatever_the_synthesiser_did(text: str, pauses: list[float], gap: float) -> None:
    sound, phonemes, words = _spoken(text, gap)
    made = paced(sound, RATE, text, phonemes, words)
    silences = _silences(made.samples)
    assert silences[0] == pytest.approx(LEAD_S, abs=0.006)
    assert silences[-1] + LEAD_S == pytest.approx(pause_s(text), abs=0.006) or pause_s(text) - LEAD_S < 0.04
    inner = [length for length in silences[1:] if abs(length - gap) > 0.004][: len(pauses)]
    assert inner == pytest.approx(pauses, abs=0.006)


@pytest.mark.parametrize("text", ["3.5 metres", "Dr. Smith", "J. Smith", "well-known", "U.S. army", "e.g. this"])
def test_no_pause_where_a_mark_belongs_to_a_word(text: str) -> None:
    sound, phonemes, words = _spoken(text, 0.03)
    assert max(_silences(paced(sound, RATE, text, phonemes, words).samples)[1:-1], default=0.0) < 0.05


@pytest.mark.parametrize("gap", [0.0, 0.03, 0.12, 0.5])
def test_the_timeline_follows_the_sound(gap: float) -> None:
    text = "one, two. Three four"
    sound, phonemes, words = _spoken(text, gap)
    made = paced(sound, RATE, text, phonemes, words)
    assert [word for _, _, word in made.words] == ["one", "two", "Three", "four"]
    for start, end, _ in made.words:
        inside = made.samples[round((start + 0.01) * RATE) : round((end - 0.01) * RATE)]
        assert np.sqrt(np.mean(inside**2)) > 0.1
    assert made.phonemes[0][0] == 0.0
    assert made.phonemes[-1][1] == pytest.approx(len(made.samples) / RATE)
    for before, after in zip(made.phonemes, made.phonemes[1:], strict=False):
        assert before[1] == after[0]
        assert before[0] < before[1]
    assert [symbol for _, _, symbol in made.phonemes][:6] == [SILENCE, "a", SILENCE, "a", SILENCE, "a"]


def test_a_closure_that_cannot_be_heard_keeps_a_moment() -> None:
    """A "b" or "p" beside a pause is silent until it is released, and lips close for it all the same."""
    sound, phonemes, words = _spoken("one, two.", 0.3)
    lead, one, two, tail = phonemes
    with_closures = [(0.0, 0.2, SILENCE), (0.2, 0.3, "b"), one, (0.6, 0.65, "p"), (0.85, 0.9, "m"), two, (tail[0], 1.3, "t")]
    made = paced(sound, RATE, "one, two.", [*with_closures, (1.3, tail[1], SILENCE)], words)
    assert lead[1] == 0.3
    assert [symbol for _, _, symbol in made.phonemes] == [SILENCE, "b", "a", "p", SILENCE, "m", "a", "t", SILENCE]
    assert all(end - start > 0.009 for start, end, _ in made.phonemes)
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(made.phonemes))


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.03, 0.5])
def test_nothing_clicks_where_a_pause_is_made(gap: float) -> None:
    """No step from one sample to the next that the tone itself has not."""
    text = "one, two. Three"
    sound, phonemes, words = _spoken(text, gap)
    made = paced(sound, RATE, text, phonemes, words).samples
    steepest = 0.2 * 2 * np.pi * 180 / RATE
    joints = np.abs(np.diff(made))
    # The tone of the test begins and ends at once; it is silent there, or close to it.
    assert joints.max() < 1.5 * steepest


def test_a_track_beside_the_sound_can_follow() -> None:
    text = "one, two"
    sound, phonemes, words = _spoken(text, 0.1)
    made = paced(sound, RATE, text, phonemes, words)
    start, end, _ = made.words[1]
    assert made.before(np.array([start, end])) == pytest.approx([words[1][0], words[1][1]], abs=1e-3)


def test_silence_is_left_as_it_is() -> None:
    assert len(paced(np.zeros(RATE, np.float32), RATE, "one", [], []).samples) == RATE
    assert not len(paced(np.zeros(0, np.float32), RATE, "", [], []).samples)


def test_speed_shortens_the_pauses() -> None:
    sound, phonemes, words = _spoken("one, two.", 0.1)
    made = paced(sound, RATE, "one, two.", phonemes, words, speed=2.0)
    assert _silences(made.samples)[1:] == pytest.approx([COMMA_S / 2, STOP_S / 2 - LEAD_S], abs=0.006)
