"""Music, ring tones and alarms, made here. Mono int16 at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
_LEVEL = 9000
#: Semitones of a major scale.
_SCALE = (0, 2, 4, 5, 7, 9, 11)
#: First formants of vowels, Hz.
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
INSTRUMENTS = ("square", "saw", "organ", "flute", "bell", "marimba", "piano", "choir", "strings", "saxophone")

Sound = NDArray[np.float64]
Samples = NDArray[np.int16]


def _note(hertz: float, length: int, instrument: str, rng: np.random.Generator) -> Sound:
    seconds = np.arange(length) / RATE
    vibrato = 0.004 * np.sin(2 * np.pi * 5.5 * seconds) if instrument in ("choir", "strings", "flute", "saxophone") else 0.0
    phase = 2 * np.pi * np.cumsum(np.full(length, hertz) * (1 + vibrato)) / RATE
    harmonics = range(1, max(2, int(7500 / hertz)))
    match instrument:
        case "square":
            sound = sum(np.sin(k * phase) / k for k in harmonics if k % 2)
        case "organ":
            sound = sum(np.sin(k * phase) for k in harmonics if k in (1, 2, 3, 4, 6, 8))
        case "flute":
            sound = np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.05 * rng.normal(size=length)
        case "bell":
            sound = sum(np.sin(ratio * phase) * np.exp(-seconds * (2 + ratio)) for ratio in (1, 2.76, 5.4))
        case "marimba":
            sound = (np.sin(phase) + 0.4 * np.sin(4 * phase)) * np.exp(-9 * seconds)
        case "piano":
            sound = sum(np.sin(k * phase) / k**1.3 * np.exp(-seconds * (1.5 + 0.5 * k)) for k in harmonics if k < 12)
        case "choir":
            vowel = _VOWELS[int(rng.integers(len(_VOWELS)))]
            shape = zip(vowel, (1, 0.6, 0.3), strict=True)
            formants = [(formant, share) for formant, share in shape]
            sound = sum(
                np.sin(k * phase) * sum(share / (1 + ((k * hertz - formant) / 90) ** 2) for formant, share in formants)
                for k in harmonics
            )
        case "saxophone":
            sound = sum(np.sin(k * phase) / k**0.7 * np.exp(-(((k * hertz - 900) / 1200) ** 2)) for k in harmonics)
        case _:
            sound = sum(np.sin(k * phase) / k for k in harmonics)
    fades = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.015 * RATE))
    return np.asarray(sound) * fades


def melody(instrument: str, seed: int, seconds: float = 6.0) -> Samples:
    rng = np.random.default_rng(seed)
    beat, base = 60 / rng.uniform(70, 160), 220 * 2 ** (rng.integers(0, 12) / 12) * rng.choice([0.5, 1, 2])
    notes: list[Sound] = []
    while sum(map(len, notes)) < seconds * RATE:
        step = int(rng.integers(0, 14))
        hertz = base * 2 ** ((_SCALE[step % 7] + 12 * (step // 7)) / 12)
        notes.append(_note(hertz, int(beat * rng.choice([0.5, 1, 1, 2]) * RATE), instrument, rng))
    return _samples(np.concatenate(notes))


def band(seed: int, seconds: float = 8.0) -> Samples:
    """A tune, a bass and drums."""
    rng = np.random.default_rng(seed)
    length = int(seconds * RATE)
    sound = np.zeros(length + RATE)
    half = int(30 / rng.uniform(80, 160) * RATE)
    fading = np.arange(4000) / RATE
    for number, at in enumerate(range(0, length, half)):
        if number % 4 == 0:
            sound[at : at + 4000] += np.sin(2 * np.pi * 70 * fading) * np.exp(-12 * fading)
        if number % 4 == 2:
            sound[at : at + 4000] += 0.6 * rng.normal(size=4000) * np.exp(-18 * fading)
    for number, share in ((seed, 0.7), (seed + 3, 0.5)):
        tune = melody(INSTRUMENTS[number % len(INSTRUMENTS)], seed + 100, seconds)[:length]
        sound[: len(tune)] += share * tune / _LEVEL
    return _samples(sound[:length])


def rings() -> Iterator[tuple[str, Samples]]:
    """Telephones of several countries (ITU-T E.180, supplement 2), alarms, a mobile's tune."""
    seconds = np.arange(8 * RATE) / RATE
    tones = {
        "ringing, America": ((440, 480), seconds % 6 < 2),
        "ringing, Britain": ((400, 450), (seconds % 3 < 0.4) | ((seconds % 3 > 0.6) & (seconds % 3 < 1))),
        "ringing, Europe": ((425,), seconds % 5 < 1),
        "busy": ((480, 620), seconds % 1 < 0.5),
        "dial": ((350, 440), seconds >= 0),
        "alarm": ((2000, 2100), seconds % 0.25 < 0.12),
    }
    for name, (hertz, on) in tones.items():
        yield name, _samples(sum(np.sin(2 * np.pi * one * seconds) for one in hertz) * on)
    yield "siren", _samples(np.sin(2 * np.pi * np.cumsum(700 + 300 * np.sin(np.pi * seconds)) / RATE))
    notes = ((1319, 1), (1175, 1), (740, 2), (831, 2), (1109, 1), (988, 1), (587, 2), (659, 2), (988, 1), (880, 1), (554, 2))
    rng = np.random.default_rng(0)
    yield "mobile", _samples(np.concatenate([_note(hertz, beats * RATE // 8, "square", rng) for hertz, beats in notes] * 2))


def _samples(sound: Sound) -> Samples:
    return np.asarray(np.round(sound / np.abs(sound).max() * _LEVEL), np.int16)
