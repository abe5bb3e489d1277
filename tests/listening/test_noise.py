"""Steady noise is taken out of speech; speech is left."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from comps.listening.noise import without_noise

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def speech() -> Floats:
    with wave.open(str(Path("AvatarChatbot/demo/who_are_you.wav"))) as file:
        return (np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768).astype(np.float32)


def _power(sound: Floats) -> float:
    return float(np.mean(np.square(sound, dtype=np.float64)))


def test_without_noise_speech_stays_as_it_is(speech: Floats) -> None:
    left = without_noise(speech, np.zeros(2560, np.float32))
    assert left.shape == speech.shape
    assert _power(left - speech) < 1e-6 * _power(speech)


def test_noise_is_taken_out_of_speech(speech: Floats) -> None:
    noise = np.random.default_rng(1).normal(0, np.sqrt(_power(speech) / 10), 2 * len(speech)).astype(np.float32)
    noisy = speech + noise[: len(speech)]
    left = without_noise(noisy, noise[len(speech) :])
    assert _power(left - speech) < 0.5 * _power(noisy - speech)


def test_noise_alone_becomes_quiet() -> None:
    noise = np.random.default_rng(2).normal(0, 0.01, 32_000).astype(np.float32)
    assert _power(without_noise(noise[16_000:], noise[:16_000])) < 0.3 * _power(noise)
