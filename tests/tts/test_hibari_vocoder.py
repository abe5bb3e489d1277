"""Our vocoder makes what the package's does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from comps.models.folder import model_folder
from comps.tts.engines.hibari_model import import_package
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
    np.testing.assert_allclose(Vocoder(dsp).sound(spectra, f0, NoNoise()), expected, atol=1e-5)
