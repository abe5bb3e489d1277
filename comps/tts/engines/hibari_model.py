"""hibari's network and vocoder, inside a worker process: letters in, sound out, with the duration of each letter and the F0.

The package is imported from the folder of prepared models, by this process alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.cores import onnx
from comps.models.hibari import DURATIONS, TIMED
from comps.models.onnx_outputs import with_output
from comps.tts.engines.hibari_voices import HibariVoice

RATE = 24_000
#: Samples a frame of the spectrum: 12.5 ms.
HOP = 300
HOP_S = HOP / RATE
#: The graph counts durations in 25 ms.
DURATION_S = 0.025

#: F0 of the model as it is, Hz: the median over the sentences of benchmarks/voices.py. Ranges are widened and narrowed about it.
MEDIAN_F0 = 195.0
#: Below it the vocoder hears no voice.
_VOICED_HZ = 40.0

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Sounded:
    """``samples``: float32 [frames · HOP] at RATE, about ±1, unlevelled; ``f0``: Hz [frames], 0 where unvoiced; ``durations``:
    seconds [letters + 2], of the silence before, each letter, and the silence after. They add up to the sound's length."""

    samples: Float
    f0: Float
    durations: NDArray[np.float64]


class HibariModel:
    """``folder``: the prepared model's. Raises OSError and what onnxruntime raises when it cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        import_package(folder)
        from hibari import dsp

        self._synth: Any = dsp.synth
        assets = folder / "hibari" / "assets"
        self._ids: dict[str, int] = json.loads((assets / "vocab.json").read_text("utf-8"))
        timed = folder / TIMED
        self._session = onnx.session(timed if timed.is_file() else with_output((assets / "hibari.onnx").read_bytes(), DURATIONS))

    def knows(self, letter: str) -> bool:
        """Whether the model has learnt the letter."""
        return letter in self._ids

    def sound(self, letters: Sequence[str], voice: HibariVoice, speed: float, seed: int) -> Sounded:
        """``letters``: those that the model knows, at least one. The same seed gives the same samples."""
        ids = np.array([[0, *(self._ids[letter] for letter in letters), 0]], np.int64)
        pace = np.array([voice.speed * speed], np.float32)
        *frames, durations = self._session.run(None, {"ids": ids, "speed": pace})
        *spectrum, f0 = (output[0] for output in frames)
        if voice.formant != 1.0:
            spectrum = _with_formants(spectrum, voice.formant)
        f0 = _with_pitch(f0, voice)
        samples = self._synth(*spectrum, f0, np.random.default_rng(seed))
        return Sounded(samples, np.where(f0 > _VOICED_HZ, f0, 0).astype(np.float32), durations.reshape(-1) * DURATION_S)


def import_package(folder: Path) -> None:
    """Let ``import hibari`` find the package in ``folder``."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
        # Its vocoder takes SciPy's FFT where it can: NumPy's is as fast and gives the same samples wherever it runs.
        sys.modules.setdefault("scipy.fft", None)  # type: ignore[arg-type]


def _with_pitch(f0: Float, voice: HibariVoice) -> Float:
    """F0 with the voice's height and range; the range about the model's median, so that a voice is the same in every clause."""
    if voice.range != 1.0:
        voiced = np.maximum(f0, 1.0) / MEDIAN_F0
        f0 = np.where(f0 > _VOICED_HZ, MEDIAN_F0 * voiced**voice.range, f0)
    return (f0 * voice.f0).astype(np.float32)


def _with_formants(spectrum: Sequence[Float], factor: float) -> list[Float]:
    """The five spectra [bins, frames], stretched: magnitudes interpolated, the free phase taken from the nearest bin."""
    harmonic, phase, noise, free, free_phase = spectrum
    bins = len(harmonic)
    at = np.clip(np.arange(bins) / factor, 0, bins - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, bins - 1)
    share = (at - below)[:, None].astype(np.float32)

    def stretched(values: Float) -> Float:
        between: Float = values[below] * (1 - share) + values[above] * share
        return between

    return [stretched(harmonic), stretched(phase), stretched(noise), stretched(free), free_phase[np.round(at).astype(int)]]
