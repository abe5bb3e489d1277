"""Mouth movement from sound alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic_speech import Spoken, espeak, flite, flite_voices
from comps.animation.motion import audio, visemes
from comps.animation.motion.frames import frame_states
from comps.animation.motion.mel import log_mel
from comps.animation.motion.spectrum import Sound
from comps.cores.proto.avatar import CONTEXT_S, ChunkRequest, VideoProfile

TEXT = "Nobody believed that a penguin could play the piano, but Bobby proved them wrong."
FPS = 25


@pytest.fixture(scope="module")
def spoken() -> Spoken:
    return espeak(TEXT, "en-us+f4")


def request(spoken: Spoken, start: int, frames: int, fps: int = FPS) -> ChunkRequest:
    """A chunk with the sound that the wire carries: CONTEXT_S on either side, cut to whole samples of the speech."""
    first = max(0, int((start / fps - CONTEXT_S) * spoken.rate))
    last = min(len(spoken.samples), int(((start + frames) / fps + CONTEXT_S) * spoken.rate))
    return ChunkRequest(
        avatar_id="anyone",
        profile=VideoProfile(fps=fps),
        start_frame=start,
        frames=frames,
        pcm=(spoken.samples[first:last] * 32768).astype("<i2").tobytes(),
        pcm_start_s=first / spoken.rate,
        sample_rate=spoken.rate,
    )


def test_chunks_are_drawn_as_the_whole(spoken: Spoken) -> None:
    count = int(len(spoken.samples) / spoken.rate * FPS)
    samples = (spoken.samples * 32768).astype("<i2").astype(np.float32) / 32768
    whole = audio.tracks(Sound(samples, spoken.rate, 0), 0, count, FPS)
    for start in range(0, count, 12):
        for state in frame_states(request(spoken, start, min(12, count - start))):
            np.testing.assert_allclose(state.mouth, whole.mouth[state.frame], atol=1e-4)
            assert state.activity == pytest.approx(float(whole.activity[state.frame]), abs=1e-4)


def correlation(spoken: Spoken) -> tuple[float, float]:
    """With the opening drawn from the timings: the best correlation within ±200 ms, and its lag in ms."""
    count = int(len(spoken.samples) / spoken.rate * 100)
    drawn = audio.tracks(Sound(spoken.samples, spoken.rate, 0), 0, count, 100).mouth[:, 0]
    known = visemes.tracks(spoken.phonemes, 0, count, 100).mouth[:, 0]
    by_lag = {lag: float(np.corrcoef(drawn[20 + lag : count - 20 + lag], known[20 : count - 20])[0, 1]) for lag in range(-20, 21)}
    best = max(by_lag, key=by_lag.__getitem__)
    return by_lag[best], best * 10.0


def test_voices_that_training_never_heard(spoken: Spoken) -> None:
    r, lag = correlation(spoken)
    assert r >= 0.8
    assert abs(lag) <= 20


def test_a_recorded_voice_that_training_never_heard() -> None:
    if "slt" not in flite_voices():
        pytest.skip("flite is not installed")
    r, lag = correlation(flite(TEXT, "slt"))
    assert r >= 0.65
    assert abs(lag) <= 20


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_spectra_do_not_depend_on_the_rate(rate: int) -> None:
    """A tone's own band looks the same at every rate."""

    def tone(rate: int) -> Sound:
        time = np.arange(rate) / rate
        return Sound((0.3 * np.sin(2 * np.pi * 500 * time) * (1 + np.sin(2 * np.pi * 3 * time))).astype(np.float32), rate, 0)

    reference, here = log_mel(tone(16_000), 20, 60), log_mel(tone(rate), 20, 60)
    np.testing.assert_allclose(here[:, 6], reference[:, 6], atol=0.02)


def test_silence_rests() -> None:
    """Without speech the face stays as it is in the picture, in hiss too."""
    hiss = np.random.default_rng(0).normal(0, 1e-3, 48_000).astype(np.float32)
    for samples in (np.zeros(48_000, np.float32), hiss):
        motion = audio.tracks(Sound(samples, 16_000, 0), 0, 75, FPS)
        assert motion.activity.max() < 0.5
        assert motion.mouth[:, 0].max() < 0.06


def test_loudness_does_not_matter(spoken: Spoken) -> None:
    loud = audio.tracks(Sound(spoken.samples, spoken.rate, 0), 0, 75, FPS).mouth
    quiet = audio.tracks(Sound(spoken.samples * np.float32(0.1), spoken.rate, 0), 0, 75, FPS).mouth
    assert np.corrcoef(loud[:, 0], quiet[:, 0])[0, 1] > 0.95


def test_phonemes_go_before_sound(spoken: Spoken) -> None:
    """Where a timeline says what is spoken, the sound beside it (for another clause) changes nothing."""
    asked = request(spoken, 12, 12)
    both = asked.model_copy(update={"phonemes": spoken.phonemes})
    timed = asked.model_copy(update={"phonemes": spoken.phonemes, "pcm": b""})
    for a, b in zip(frame_states(both), frame_states(timed), strict=True):
        np.testing.assert_array_equal(a.mouth, b.mouth)
