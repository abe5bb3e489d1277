"""The course of F0 that a voice is to have: its own height, range and tremor, and a rise where a question asks for it.

F0 is in Hz [frames of 12.5 ms], 0 where unvoiced.
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
#: An old voice trembles about five times a second; a second, slower wave keeps it from sounding like a machine.
_TREMOR_HZ, _WANDER_HZ = 5.2, 1.7

#: A question ends this many semitones above the median, and at least as many above where its last stressed vowel began.
_ENDS_ST, _RISES_ST = 5.0, 5.0
#: Where that vowel begins, semitones: a question that begins its rise high up sounds surprised.
_BEGINS_ST = (-3.0, 0.5)
#: How long F0 takes to get from its own course to where the rise begins.
_APPROACH_S = 0.08
#: A rise is over when the voice is this much softer than at its loudest: later it would not be heard.
_HEARD_DB = 18.0


def with_pitch(f0: Float, voice: HibariVoice) -> Float:
    """The range is about the model's median, so that a voice is the same in every clause."""
    if voice.range != 1.0:
        voiced = np.maximum(f0, 1.0) / MEDIAN_F0
        f0 = np.where(f0 > VOICED_HZ, MEDIAN_F0 * voiced**voice.range, f0).astype(np.float32)
    if voice.tremor:
        at = 2 * np.pi * _HOP_S * np.arange(len(f0))
        wave = (np.sin(_TREMOR_HZ * at) + 0.5 * np.sin(_WANDER_HZ * at)) / 1.5
        f0 = (f0 * 2 ** (voice.tremor * wave / 12)).astype(np.float32)
    return (f0 * voice.f0).astype(np.float32)


def with_rise(f0: Float, samples: Float, begins_s: float) -> Float:
    """``f0`` rising from ``begins_s`` to the end, as a question for a yes or a no does: the model lets all of them fall.

    ``samples``: [frames · n], which tell where the voice is still heard.
    """
    begin = max(0, int(begins_s / _HOP_S))
    powers = np.mean(samples.reshape(len(f0), -1) ** 2, axis=1)
    heard = np.flatnonzero((f0 > VOICED_HZ) & (powers > powers.max() * 10 ** (-_HEARD_DB / 10)))
    if not len(heard) or heard[-1] < begin + 2:
        return f0
    first, end = int(heard[np.searchsorted(heard, begin)]), int(heard[-1]) + 1
    semitones = 12 * np.log2(np.maximum(f0, VOICED_HZ) / MEDIAN_F0)
    start = float(np.clip(semitones[first], *_BEGINS_ST))
    target = max(_ENDS_ST, start + _RISES_ST)
    course = semitones.copy()
    course[begin:] = target
    course[begin:end] = start + (target - start) * np.linspace(0, 1, end - begin) ** 1.2
    approach = np.arange(max(0, begin - int(_APPROACH_S / _HOP_S)), begin)
    course[approach] += (start - semitones[first]) * (np.arange(len(approach)) + 1) / (len(approach) + 1)
    return np.where(f0 > VOICED_HZ, MEDIAN_F0 * 2 ** (course / 12), f0).astype(np.float32)


def last_stress(letters: Sequence[str]) -> int | None:
    """The index of the last mark of main stress, or of any; None where no letter is stressed."""
    for mark in "ˈˌ":
        for index in range(len(letters) - 2, -1, -1):
            if letters[index] == mark:
                return index
    return None
