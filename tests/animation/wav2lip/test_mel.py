"""The sound as Wav2Lip hears it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.synthetic_speech import espeak
from comps.animation.motion.spectrum import Sound
from comps.animation.wav2lip.mel import first_column, mel, windows
from comps.cores.proto.avatar import CONTEXT_S

TEXT = "Nobody believed that a penguin could play the piano, but Bobby proved them wrong."
RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)


@pytest.fixture(scope="module")
def speech() -> Sound:
    spoken = espeak(TEXT, "en-us+f4")
    return Sound(spoken.samples, spoken.rate, 0)


def librosa_mel(samples: NDArray[np.float32], pad_mode: str = "constant") -> NDArray[np.float64]:
    """The reference's ``audio.melspectrogram``, line for line."""
    librosa = pytest.importorskip("librosa")
    signal = pytest.importorskip("scipy.signal")
    emphasised = signal.lfilter([1, -0.97], [1], samples)
    stft = np.abs(librosa.stft(emphasised, n_fft=800, hop_length=200, win_length=800, pad_mode=pad_mode))
    bands = librosa.filters.mel(sr=16_000, n_fft=800, n_mels=80, fmin=55, fmax=7600) @ stft
    decibels = 20 * np.log10(np.maximum(np.exp(-100 / 20 * np.log(10)), bands)) - 20
    return np.asarray(np.clip(8 * ((decibels + 100) / 100) - 4, -4, 4).T)


@pytest.mark.parametrize("loudness", [1.0, 0.01])
def test_the_spectrum_is_librosas(speech: Sound, loudness: float) -> None:
    samples = speech.samples * np.float32(loudness)
    expected = librosa_mel(samples)
    got = mel(Sound(samples, 16_000, 0), 0, len(expected))
    assert np.abs(got - expected).max() <= 1e-6


def test_reflected_ends_differ_in_the_outermost_columns_only(speech: Sound) -> None:
    """The networks were trained with librosa 0.7, which reflects the sound at its ends. Here it is silent there."""
    expected = librosa_mel(speech.samples, "reflect")
    got = mel(Sound(speech.samples, 16_000, 0), 0, len(expected))
    assert np.abs(got[2:-2] - expected[2:-2]).max() <= 1e-6


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("fps", [5, 12, 25, 30])
def test_chunks_hear_what_the_whole_answer_would(speech: Sound, rate: int, fps: int) -> None:
    samples = speech.samples[: 3 * rate]
    count = int(len(samples) / rate * fps)
    whole = windows(Sound(samples, rate, 0), 0, count, fps)
    assert whole.shape == (count, 80, 16)
    assert whole.dtype == np.float32
    for start in range(0, count, 7):
        frames = min(7, count - start)
        first = max(0, int((start / fps - CONTEXT_S) * rate))
        last = min(len(samples), int(((start + frames) / fps + CONTEXT_S) * rate))
        chunk = windows(Sound(samples[first:last], rate, first), start, frames, fps)
        np.testing.assert_allclose(chunk, whole[start : start + frames], atol=1e-5)


@pytest.mark.parametrize("rate", [22_050, 24_000, 44_100, 48_000])
def test_a_tone_sounds_alike_at_every_rate(rate: int) -> None:
    """Up to where speech ends, and without a mirror image above it."""
    for hertz in (110.0, 1000.0, 5500.0):
        at_16, at_rate = (
            mel(Sound(0.3 * np.sin(2 * np.pi * hertz * np.arange(2 * r) / r).astype(np.float32), r, 0), 40, 80)
            for r in (16_000, rate)
        )
        assert np.abs(at_16 - at_rate).max() < 0.05
    above = Sound(0.3 * np.sin(2 * np.pi * 10_000.0 * np.arange(2 * rate) / rate).astype(np.float32), rate, 0)
    assert mel(above, 40, 80).max() < -3.5


def test_windows_begin_as_in_training() -> None:
    """At 25 fps one frame before the picture; at all rates at the same distance from the middle of the frame."""
    assert [first_column(frame, 25) for frame in range(1, 200)] == [int(80 * (frame - 1) / 25) for frame in range(1, 200)]
    for fps in range(5, 31):
        away = [first_column(frame, fps) - 80 * (frame + 0.5) / fps for frame in range(300)]
        assert min(away) > -5.8
        assert max(away) <= -4.8 + 1e-9


def test_every_frame_has_a_window_and_silence_is_silent() -> None:
    heard = windows(Sound(np.zeros(160_000, np.float32), 16_000, 0), 0, 250, 25)
    assert heard.shape == (250, 80, 16)
    assert (heard == -4.0).all()
