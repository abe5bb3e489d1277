"""The time line: exact positions, no drift, chunks that cover the answer once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.cores.proto.avatar import CONTEXT_S, HEARING_S, MAX_CHUNK_S, ChunkRequest, Speech, VideoProfile
from comps.media.timeline import Timeline

RATES = [16_000, 22_050, 24_000, 48_000]


def spoken(samples: int, rate: int, *, timed: bool = True, value: int = 1) -> Speech:
    """A clause of ``samples`` samples: one vowel between two silences."""
    length = samples / rate
    phonemes = [(0.0, length / 4, "_"), (length / 4, length / 2, "a"), (length / 2, length, "_")] if timed else []
    words = [(length / 4, length / 2, "ah")] if timed else []
    return Speech(pcm=np.full(samples, value, "<i2").tobytes(), sample_rate=rate, phonemes=phonemes, words=words)


def drained(timeline: Timeline, clauses: list[Speech]) -> list[ChunkRequest]:
    """Chunks as they come, clause by clause, and the last ones."""
    chunks = []
    for clause in clauses:
        timeline.add(clause)
        chunks += timeline.chunks()
    return chunks + timeline.chunks(final=True)


@settings(deadline=None, max_examples=60)
@given(
    lengths=st.lists(st.integers(1, 60_000), min_size=1, max_size=12),
    rate=st.sampled_from(RATES),
    fps=st.integers(5, 30),
)
def test_chunks_cover_the_answer_once_and_nothing_drifts(lengths: list[int], rate: int, fps: int) -> None:
    timeline = Timeline("a", VideoProfile(fps=fps), 7)
    chunks = drained(timeline, [spoken(length, rate) for length in lengths])
    total = sum(lengths)
    assert timeline.samples == total
    frames = [k for chunk in chunks for k in range(chunk.start_frame, chunk.start_frame + chunk.frames)]
    assert frames == list(range(math.ceil(Fraction(total * fps, rate))))
    assert 0 <= Fraction(len(frames), fps) - Fraction(total, rate) < Fraction(1, fps)
    assert all(chunk.frames / fps <= MAX_CHUNK_S + 1e-9 for chunk in chunks)
    starts = np.cumsum([0, *lengths]) / rate
    vowels = [phoneme for phoneme in timeline.phonemes if phoneme[2] == "a"]
    for start, length, (begin, end, _) in zip(starts, lengths, vowels, strict=False):
        assert begin == pytest.approx(start + length / rate / 4, abs=1e-9)
        assert end == pytest.approx(start + length / rate / 2, abs=1e-9)
    assert [word[:2] for word in timeline.words] == [vowel[:2] for vowel in vowels]


@settings(deadline=None, max_examples=40)
@given(lengths=st.lists(st.integers(1, 60_000), min_size=1, max_size=12), rate=st.sampled_from(RATES))
def test_a_chunk_is_the_same_however_late_it_is_asked_for(lengths: list[int], rate: int) -> None:
    clauses = [spoken(length, rate, timed=index % 3 > 0) for index, length in enumerate(lengths)]
    early = drained(Timeline("a", VideoProfile(id="p")), clauses)
    late = Timeline("a", VideoProfile(id="p"))
    for clause in clauses:
        late.add(clause)

    def told(chunks: list[ChunkRequest]) -> list[object]:
        return [chunk.model_dump(exclude={"id"}) for chunk in chunks]

    assert told(early) == told(late.chunks(final=True))


def test_a_chunk_comes_once_its_context_is_known() -> None:
    timeline = Timeline("a", VideoProfile(fps=25))
    timeline.add(spoken(round(1.97 * 16_000), 16_000))
    assert timeline.chunks() == []
    timeline.add(spoken(round(0.02 * 16_000), 16_000))
    (chunk,) = timeline.chunks()
    assert (chunk.start_frame, chunk.frames) == (0, 12)
    assert timeline.chunks() == []
    assert [(later.start_frame, later.frames) for later in timeline.chunks(final=True)] == [(12, 12), (24, 12), (36, 12), (48, 2)]
    assert timeline.chunks(final=True) == []


def test_a_shorter_lookahead_gives_the_first_chunk_earlier() -> None:
    timeline = Timeline("a", VideoProfile(fps=25), lookahead_s=0.5)
    timeline.add(spoken(16_000, 16_000))
    assert [chunk.start_frame for chunk in timeline.chunks()] == [0]


def test_a_chunk_carries_the_phonemes_around_it() -> None:
    timeline = Timeline("a", VideoProfile(fps=25))
    for _ in range(20):
        timeline.add(spoken(8_000, 16_000))
    chunk = timeline.chunks()[6]
    start, end = chunk.start_frame / 25, (chunk.start_frame + chunk.frames) / 25
    expected = [p for p in timeline.phonemes if p[1] > start - CONTEXT_S and p[0] < end + CONTEXT_S]
    assert chunk.phonemes == expected
    assert 0 < len(expected) < len(timeline.phonemes)
    assert chunk.pcm == b""


def test_speech_without_phonemes_travels_as_sound() -> None:
    timeline = Timeline("a", VideoProfile(fps=25))
    ramp = np.arange(5 * 16_000) % 30_000
    timeline.add(Speech(pcm=ramp.astype("<i2").tobytes(), sample_rate=16_000))
    for chunk in timeline.chunks(final=True):
        sent = np.frombuffer(chunk.pcm, "<i2")
        first = round(chunk.pcm_start_s * 16_000)
        assert chunk.pcm_start_s == pytest.approx(max(0.0, chunk.start_frame / 25 - CONTEXT_S), abs=1 / 16_000)
        assert np.array_equal(sent, ramp[first : first + len(sent)].astype(np.int16))
        assert first + len(sent) == pytest.approx(
            min(80_000, ((chunk.start_frame + chunk.frames) / 25 + CONTEXT_S) * 16_000), abs=1
        )


def test_another_rate_is_resampled_to_the_first_clauses() -> None:
    timeline = Timeline("a", VideoProfile())
    first = timeline.add(spoken(22_050, 22_050))
    second = timeline.add(spoken(16_000, 16_000, value=1000))
    assert timeline.sample_rate == 22_050
    assert len(first) == len(second) == 2 * 22_050
    assert timeline.duration_s == 2.0
    assert timeline.phonemes[4] == (1.25, 1.5, "a")
    assert np.abs(np.frombuffer(second, "<i2")[100:-100] - 1000).max() <= 1


def test_a_rate_that_aac_does_not_know_is_raised() -> None:
    timeline = Timeline("a", VideoProfile())
    timeline.add(spoken(17_000, 17_000))
    assert (timeline.sample_rate, timeline.samples) == (22_050, 22_050)


def test_sound_of_the_first_rate_is_untouched() -> None:
    timeline = Timeline("a", VideoProfile())
    speech = spoken(999, 24_000, value=-7)
    assert timeline.add(speech) == speech.pcm


def test_no_clause_no_chunk() -> None:
    timeline = Timeline("a", VideoProfile())
    assert timeline.chunks(final=True) == []
    assert (timeline.frames, timeline.duration_s) == (0, 0.0)


@settings(deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(2000, 60_000), min_size=1, max_size=8),
    timed=st.lists(st.booleans(), min_size=8, max_size=8),
    rate=st.sampled_from(RATES),
    fps=st.integers(5, 30),
    first_frame=st.integers(0, 300),
)
def test_an_engine_that_hears_gets_the_sound_it_needs_and_no_more(
    lengths: list[int], timed: list[bool], rate: int, fps: int, first_frame: int
) -> None:
    """Where phonemes are missing, as much as others get."""
    made = {}
    for hears in (False, True):
        timeline = Timeline("a", VideoProfile(fps=fps), hears=hears, first_frame=first_frame)
        clauses = [spoken(length, rate, timed=is_timed) for length, is_timed in zip(lengths, timed, strict=False)]
        made[hears] = drained(timeline, clauses), timeline.sound(0)
    (plain, _), (chunks, sound) = made[False], made[True]
    shift = first_frame / fps
    for other, chunk in zip(plain, chunks, strict=True):
        if other.pcm:
            assert (chunk.pcm, chunk.pcm_start_s) == (other.pcm, other.pcm_start_s)
            continue
        assert chunk.phonemes == other.phonemes
        begin, end = chunk.start_frame / fps - shift, (chunk.start_frame + chunk.frames) / fps - shift
        at = round((chunk.pcm_start_s - shift) * rate)
        assert chunk.pcm == sound[2 * at : 2 * at + len(chunk.pcm)]
        assert at / rate == pytest.approx(max(0.0, begin - HEARING_S), abs=2 / rate)
        known = len(sound) / 2 / rate
        assert at / rate + len(chunk.pcm) / 2 / rate <= min(known, end + HEARING_S) + 1 / rate
