"""The sound that a recogniser got, against the file of what the microphone heard."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_speech import flite

RATE = 16_000
#: Sound before the onset that a recogniser needs, seconds.
BEFORE_S = 0.25
LEAST_SNR_DB = 30.0
SILENCE_AFTER_S = 0.7

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]


@functools.cache
def spoken(text: str, voice: str) -> Floats:
    """Speech at about −20 dB, from its first phoneme to its last."""
    said = flite(text, voice)
    sound = said.samples.astype(float) * 32768
    words = [phoneme for phoneme in said.phonemes if phoneme[2] != "_"]
    sound = sound[int(words[0][0] * said.rate) : int(words[-1][1] * said.rate)]
    return sound * 3000 / np.sqrt(np.mean(np.square(sound)))


def microphone(speech: Floats, lead_s: float, noise: float) -> Samples:
    """``noise``: root mean square, on the scale of int16."""
    sound = np.concatenate([np.zeros(int(lead_s * RATE)), speech, np.zeros(int(SILENCE_AFTER_S * RATE))])
    return np.clip(sound + np.random.default_rng(5).normal(0, noise, len(sound)), -32768, 32767).astype(np.int16)


def _lies_at(got: Samples, file: Samples) -> int:
    """The sample of ``file`` at which ``got`` fits best."""
    size = 2 ** (len(file) + len(got)).bit_length()
    spectra = np.fft.rfft(file.astype(float), size) * np.conj(np.fft.rfft(got.astype(float), size))
    at = int(np.argmax(np.fft.irfft(spectra, size)))
    return at if at < len(file) else at - size


def check(file: Samples, speech: Floats, lead_s: float, got: Samples) -> None:
    """``file``: what a file of the microphone's sound would give, at 16 kHz."""
    at, onset = _lies_at(got, file), int(lead_s * RATE)
    start, end = onset - int(BEFORE_S * RATE), onset + len(speech)
    assert at <= start
    assert at + len(got) >= end
    # A lost beginning is a small share of the whole: it is looked at alone, too.
    for stretch in (slice(start, end), slice(start, onset + int(0.3 * RATE))):
        wanted = file[stretch].astype(float)
        error = got[stretch.start - at : stretch.stop - at] - wanted
        snr_db = 10 * np.log10(np.mean(np.square(wanted)) / max(1e-9, np.mean(np.square(error))))
        assert snr_db >= LEAST_SNR_DB
