"""Our vocoder makes what the package's does, and stretches formants, not the F0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from comps.models.folder import model_folder
from comps.tts.engines.hibari_model import HOP, RATE, import_package
from comps.tts.engines.hibari_vocoder import Vocoder

_BINS = 601


@pytest.fixture(scope="module")
def dsp() -> Any:
    folder = model_folder("hibari")
    if folder is None:
        pytest.skip("the model hibari has not been prepared")
    import_package(folder)
    from hibari import dsp

    return dsp


class NoNoise(np.random.Generator):
    def __init__(self) -> None:
        super().__init__(np.random.PCG64())

    def standard_normal(self, size: Any = None, dtype: Any = np.float32, out: Any = None) -> Any:
        return np.zeros(size, dtype)


@pytest.mark.parametrize("frames", [6, 63, 64, 65, 200])
def test_the_sum_is_the_package_s(dsp: Any, frames: int) -> None:
    rng = np.random.default_rng(frames)
    spectra = [rng.normal(-2.0, 1.0, (_BINS, frames)).astype(np.float32) for _ in range(5)]
    f0 = np.where(rng.random(frames) < 0.3, 0.0, rng.uniform(80, 300, frames)).astype(np.float32)
    expected = dsp.synth(*spectra, f0, NoNoise())
    np.testing.assert_allclose(Vocoder(dsp).sound(spectra, f0, 1.0, NoNoise()), expected, atol=1e-5)


def test_formants_move_and_the_f0_stays(dsp: Any) -> None:
    frames = 80
    envelope = -2.0 - 0.5 * ((np.arange(_BINS) * RATE / 1200 - 1500) / 300) ** 2
    spectra = [np.full((_BINS, frames), -20.0, np.float32) for _ in range(5)]
    spectra[0] = np.repeat(np.maximum(envelope, -20)[:, None], frames, axis=1).astype(np.float32)
    spectra[1] = np.zeros_like(spectra[0])
    f0 = np.full(frames, 200.0, np.float32)
    for formant in (0.8, 1.0, 1.2):
        sound = Vocoder(dsp).sound(spectra, f0, formant, NoNoise())[10 * HOP : -10 * HOP]
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
        assert hertz @ power / power.sum() == pytest.approx(1500 * formant, rel=0.05)
        harmonics = hertz[power > power.max() * 1e-3]
        assert np.abs(harmonics / 200 - np.round(harmonics / 200)).max() < 0.05
