"""hibari's network, inside a worker process: letters in, sound out, with the duration of each letter and the F0.

The package is imported from the folder of prepared models, by this process alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comps.cores import onnx
from comps.models.hibari import DURATIONS, TIMED
from comps.models.onnx_outputs import with_output
from comps.tts.engines.hibari_shape import VOICED_HZ, last_stress, with_pitch, with_rise
from comps.tts.engines.hibari_vocoder import Vocoder
from comps.tts.engines.hibari_voices import HibariVoice
from comps.tts.psola import shifted

RATE = 24_000
#: Samples a frame of the spectrum: 12.5 ms.
HOP = 300
HOP_S = HOP / RATE
#: The graph counts durations in 25 ms.
DURATION_S = 0.025

#: The model as it is speaks 197 words a minute, its pauses at ours (benchmarks/voices.py): this makes it 165.
_PACE = 0.8

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Sounded:
    """``samples``: float32 [frames · HOP] at RATE, about ±1, unlevelled; ``f0``: Hz [frames], 0 where unvoiced; ``durations``:
    seconds [letters + 2], of the silence before, each letter, and the silence after. They add up to the sound's length; what is
    heard of a letter begins and ends ``late_s`` earlier than they say. ``pace``: a factor on the model's own."""

    samples: Float
    f0: Float
    durations: NDArray[np.float64]
    pace: float = 1.0

    @property
    def late_s(self) -> float:
        return _late_s(self.pace)


class HibariModel:
    """``folder``: the prepared model's. Raises OSError and what onnxruntime raises when it cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        import_package(folder)
        from hibari import dsp

        self._vocoder = Vocoder(dsp)
        assets = folder / "hibari" / "assets"
        self._ids: dict[str, int] = json.loads((assets / "vocab.json").read_text("utf-8"))
        timed = folder / TIMED
        self._session = onnx.session(timed if timed.is_file() else with_output((assets / "hibari.onnx").read_bytes(), DURATIONS))

    def knows(self, letter: str) -> bool:
        """Whether the model has learnt the letter."""
        return letter in self._ids

    def sound(self, letters: Sequence[str], voice: HibariVoice, speed: float, seed: int, rise: bool = False) -> Sounded:
        """``letters``: one at least, all known to the model. A seed always gives the same samples. ``rise``: as a question."""
        ids = np.array([[0, *(self._ids[letter] for letter in letters), 0]], np.int64)
        pace = _PACE * speed
        *frames, durations = self._session.run(None, {"ids": ids, "speed": np.array([pace], np.float32)})
        *spectrum, f0 = (output[0] for output in frames)
        f0 = np.where(f0 > VOICED_HZ, f0, 0).astype(np.float32)
        samples = self._vocoder.sound(spectrum, f0, np.random.default_rng(seed))
        seconds = durations.reshape(-1) * DURATION_S
        wanted = f0
        stressed = last_stress(letters) if rise else None
        if stressed is not None:
            # Half of a stress mark's time is its vowel's.
            begins = seconds[: stressed + 1].sum() + seconds[stressed + 1] / 2 - _late_s(pace)
            wanted = with_rise(wanted, samples, float(begins))
        wanted = with_pitch(wanted, voice)
        # The network puts much of the voice's sound into spectra that F0 has no part in: pitch is changed in the sound.
        if voice.formant != 1.0 or not np.allclose(wanted, f0):
            samples = shifted(samples, RATE, f0, wanted, HOP, voice.formant)
        return Sounded(samples, wanted, seconds, pace)


def _late_s(pace: float) -> float:
    """How much later the durations say a sound begins than forced alignment hears it: fitted at paces from 0.55 to 1.6."""
    return 0.02 + 0.05 / pace


def import_package(folder: Path) -> None:
    """Let ``import hibari`` find the package in ``folder``."""
    if str(folder) in sys.path:
        return
    sys.path.insert(0, str(folder))
    # Its vocoder takes SciPy's FFT where it can, 20 MB that ours does not need.
    absent = object()
    scipy = sys.modules.get("scipy.fft", absent)
    sys.modules["scipy.fft"] = None  # type: ignore[assignment]
    try:
        import hibari.dsp  # noqa: F401
    finally:
        del sys.modules["scipy.fft"]
        if scipy is not absent:
            sys.modules["scipy.fft"] = scipy  # type: ignore[assignment]
