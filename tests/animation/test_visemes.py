"""Phonemes to mouth parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.animation.motion import visemes
from comps.animation.motion.phonemes import shapes
from comps.cores.proto.avatar import CONTEXT_S, Phoneme

SYMBOLS = [*"pbmfTtlsSkrwjhIEa@_?", "i:", "A:", "aI", "oU", "_:"]


@st.composite
def timelines(draw: st.DrawFn) -> list[Phoneme]:
    """Phonemes one after the other, some with a gap before them, some pauses long."""
    phonemes: list[Phoneme] = []
    at = draw(st.floats(0.0, 2.0))
    for _ in range(draw(st.integers(0, 30))):
        symbol = draw(st.sampled_from(SYMBOLS))
        long = 2.5 if symbol.startswith("_") else 0.3
        end = at + draw(st.floats(0.01, long))
        phonemes.append((at, end, symbol))
        at = end + draw(st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 1.3, 2.2]))
    return phonemes


def within_context(phonemes: list[Phoneme], start: int, frames: int, fps: int) -> list[Phoneme]:
    """What a chunk's request carries, by the wire's own rule."""
    first, last = start / fps - CONTEXT_S, (start + frames) / fps + CONTEXT_S
    return [phoneme for phoneme in phonemes if phoneme[1] >= first and phoneme[0] <= last]


@settings(max_examples=60, deadline=None)
@given(phonemes=timelines(), fps=st.sampled_from([10, 25, 30]), frames=st.integers(1, 12))
def test_chunks_are_drawn_as_the_whole_answer(phonemes: list[Phoneme], fps: int, frames: int) -> None:
    count = int(((phonemes[-1][1] if phonemes else 0.0) + 2.0) * fps)
    whole = visemes.tracks(phonemes, 0, count, fps)
    for start in range(0, count, frames):
        length = min(frames, count - start)
        part = visemes.tracks(within_context(phonemes, start, length, fps), start, length, fps)
        np.testing.assert_allclose(part.mouth, whole.mouth[start : start + length], atol=1e-6)
        np.testing.assert_allclose(part.activity, whole.activity[start : start + length], atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(phonemes=timelines())
def test_parameters_stay_in_range(phonemes: list[Phoneme]) -> None:
    motion = visemes.tracks(phonemes, 0, 100, 25)
    assert np.isfinite(motion.mouth).all()
    assert motion.mouth[:, 0].min() >= -0.02
    assert motion.mouth[:, 0].max() <= 0.3
    assert motion.activity.min() >= 0.0
    assert motion.activity.max() <= 1.0


@pytest.mark.parametrize("closure", ["p", "b", "m"])
@pytest.mark.parametrize("start", [0.60, 0.613, 0.627])
def test_lips_shut_on_bilabials(closure: str, start: float) -> None:
    phonemes = [(0.4, start, "a"), (start, start + 0.03, closure), (start + 0.03, 0.9, "a")]
    motion = visemes.tracks(phonemes, 0, 30, 25)
    middle = int((start + 0.015) * 25)
    assert motion.mouth[middle, 0] <= 0.0
    assert motion.mouth[middle - 2, 0] > 0.15
    assert motion.mouth[middle + 2, 0] > 0.15


def test_lips_stay_shut_in_a_short_pause_and_rest_in_a_long_one() -> None:
    phonemes = [(0.0, 0.5, "a"), (1.2, 1.7, "a"), (4.2, 4.7, "a")]
    motion = visemes.tracks(phonemes, 0, 125, 25)
    assert motion.activity[20] == pytest.approx(1.0)
    assert motion.mouth[21, 0] == pytest.approx(0.0, abs=0.01)
    assert motion.activity[73] == 0.0


def test_how_a_pause_begins_does_not_depend_on_how_long_it_will_be() -> None:
    spoken: list[Phoneme] = [(0.0, 0.5, "a"), (0.5, 0.7, "_")]
    begun = visemes.tracks(spoken, 0, 34, 25).activity
    for gap in (0.3, 0.8, 1.1, 1.5, 5.0):
        later = visemes.tracks([*spoken, (0.5 + gap, 1.0 + gap, "a")], 0, 34, 25).activity
        frames = int((0.5 + min(gap, 0.85)) * 25) - 1
        assert later[:frames] == pytest.approx(begun[:frames], abs=1e-6)


def test_a_vowel_is_widest_in_its_middle() -> None:
    """Neither early nor late, at any frame rate: tests/animation/test_lipsync.py measures finished videos."""
    for fps in (10, 25, 30, 100):
        opening = visemes.tracks([(1.0, 1.2, "a")], 0, 2 * fps, fps).mouth[:, 0]
        middles = (np.arange(2 * fps) + 0.5) / fps
        assert float(opening @ middles / opening.sum()) == pytest.approx(1.1, abs=0.002)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("p", ("PBM",)), ("'aI", ("a", "I")), ("ˈaɪ", ("a", "I")), ("aɪ", ("a", "I")), ("tS", ("SH",)), ("t͡ʃ", ("SH",)),
        ("i:", ("i",)), ("iː", ("i",)), ("3:", ("ɜ",)), ("0", ("a",)), ("@L", ("L",)), ("N", ("KG",)), ("ŋ", ("KG",)),
        ("R2", ("R",)), ("t2", ("TDN",)), ("l^", ("L",)), ("y:", ("u",)), ("W", ("œ",)), ("œ", ("œ",)), ("pf", ("PBM", "FV")),
        ("?", ("H",)), ("_", ()), ("_:", ()), ("", ()), ("漢", ("ə",)),
    ],
)  # fmt: skip
def test_symbols_of_many_languages(symbol: str, expected: tuple[str, ...]) -> None:
    assert shapes(symbol) == expected


@given(st.text(max_size=6))
def test_any_text_is_some_shape_or_a_pause(symbol: str) -> None:
    assert all(name in visemes.VISEMES for name in shapes(symbol))
