"""What makes a voice out of the network's frames: formants, spectral tilt, and an F0 of its own height, range and tremor.

Frames are 12.5 ms; spectra are [601 bins of 20 Hz, frames], log magnitudes in nepers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comps.tts.engines.hibari_voices import HibariVoice

Float = NDArray[np.float32]

#: F0 of the model as it is, Hz: the median over the sentences of benchmarks/voices.py. Ranges are widened and narrowed about it.
MEDIAN_F0 = 195.0
#: Below it the vocoder hears no voice.
VOICED_HZ = 40.0
_HOP_S = 0.0125
#: The durations say a sound begins this much later than forced alignment hears it (tests/tts/test_hibari_alignment.py).
BIAS_S = 0.067
_BIN_HZ = 20.0
_DB = 20 / np.log(10)
#: Tilt turns about 1 kHz and ends below the first formant and above the sibilants.
_TILT_HZ = (200.0, 1000.0, 8000.0)
#: An old voice trembles about five times a second; a second, slower wave keeps it from sounding like a machine.
_TREMOR_HZ, _WANDER_HZ = 5.2, 1.7

#: A question ends this many semitones above the median, and at least as many above where its last stressed vowel began.
_ENDS_ST, _RISES_ST = 5.0, 5.0
#: Where that vowel begins, semitones: a question that begins its rise high up sounds surprised.
_BEGINS_ST = (-3.0, 0.5)
#: F0 turns so long before the stressed vowel.
STRESS_LEADS_S = 0.03
#: How long F0 takes to get from its own course to where the rise begins.
_APPROACH_S = 0.08
#: A voice is heard as long as it is not this much softer than at its loudest.
_HEARD_DB = 25.0


def with_timbre(spectrum: Sequence[Float], voice: HibariVoice) -> list[Float]:
    """``spectrum``: harmonic magnitude and phase, noise magnitude, free magnitude and phase."""
    harmonic, phase, noise, free, free_phase = spectrum
    if voice.formant != 1.0:
        harmonic, phase, noise, free, free_phase = _stretched(spectrum, voice.formant)
    if voice.tilt:
        low, turn, high = _TILT_HZ
        octaves = np.log2(np.clip(np.arange(len(harmonic)) * _BIN_HZ, low, high) / turn)
        tilt = (voice.tilt / _DB * octaves)[:, None].astype(np.float32)
        harmonic, noise, free = harmonic + tilt, noise + tilt, free + tilt
    return [harmonic, phase, noise, free, free_phase]


def with_pitch(f0: Float, voice: HibariVoice) -> Float:
    """``f0`` in Hz, 0 where unvoiced. The range is about the model's median, so that a voice is the same in every clause."""
    if voice.range != 1.0:
        voiced = np.maximum(f0, 1.0) / MEDIAN_F0
        f0 = np.where(f0 > VOICED_HZ, MEDIAN_F0 * voiced**voice.range, f0).astype(np.float32)
    if voice.tremor:
        at = 2 * np.pi * _HOP_S * np.arange(len(f0))
        wave = (np.sin(_TREMOR_HZ * at) + 0.5 * np.sin(_WANDER_HZ * at)) / 1.5
        f0 = (f0 * 2 ** (voice.tremor * wave / 12)).astype(np.float32)
    return (f0 * voice.f0).astype(np.float32)


def with_rise(f0: Float, harmonic: Float, begins_s: float) -> Float:
    """``f0`` rising from ``begins_s`` to the end, as a question for a yes or a no does: the model lets all of them fall.

    ``harmonic``: log magnitudes [bins, frames], which tell where the voice is still heard.
    """
    begin = max(0, int(begins_s / _HOP_S))
    powers = np.exp(2 * harmonic).sum(axis=0)
    heard = np.flatnonzero((f0 > VOICED_HZ) & (powers > powers.max() * 10 ** (-_HEARD_DB / 10)))
    if not len(heard) or heard[-1] < begin + 2:
        return f0
    first, end = int(heard[np.searchsorted(heard, begin)]), int(heard[-1]) + 1
    semitones = 12 * np.log2(np.maximum(f0, VOICED_HZ) / MEDIAN_F0)
    start = float(np.clip(semitones[first], *_BEGINS_ST))
    target = max(_ENDS_ST, start + _RISES_ST)
    course = semitones.copy()
    course[begin:] = target
    course[begin:end] = start + (target - start) * np.linspace(0, 1, end - begin) ** 1.5
    approach = np.arange(max(0, begin - int(_APPROACH_S / _HOP_S)), begin)
    course[approach] += (start - semitones[first]) * (np.arange(len(approach)) + 1) / (len(approach) + 1)
    return np.where(f0 > VOICED_HZ, MEDIAN_F0 * 2 ** (course / 12), f0).astype(np.float32)


def last_stress(letters: Sequence[str]) -> int | None:
    """The index of the last vowel with the main stress, or with any; None where no letter is stressed."""
    for mark in "ˈˌ":
        for index in range(len(letters) - 2, -1, -1):
            if letters[index] == mark:
                return index + 1
    return None


def _stretched(spectrum: Sequence[Float], factor: float) -> list[Float]:
    """The five spectra stretched along the frequencies: magnitudes interpolated, the free phase taken from the nearest bin."""
    *smooth, free_phase = spectrum
    bins = len(free_phase)
    at = np.clip(np.arange(bins) / factor, 0, bins - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, bins - 1)
    share = (at - below)[:, None].astype(np.float32)
    return [*(values[below] * (1 - share) + values[above] * share for values in smooth), free_phase[np.round(at).astype(int)]]
