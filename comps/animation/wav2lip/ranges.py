"""How large the outputs of the generator's layers get, for int8: from the batch normalisations' statistics, without data.

A normalised output has mean ``bias`` and deviation ``weight`` in each channel (Nagel et al., Data-Free Quantization, 2019); a
residual layer adds its input, whose moments are those of a rectified normal distribution. The range is the one where clipping and
rounding to 8 bits together cost the least.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from comps.animation.checkpoint import Tensors
from comps.animation.wav2lip.layout import Generator, Layer

_STEPS = 255
#: Real activations have longer tails than normal ones.
_MARGIN = 1.25

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


def ranges(tensors: Tensors, generator: Generator) -> Tensors:
    """``<layer>.high``, float32 [1]: the range of a layer's outputs, for the decoder's layers and the audio encoder's last."""
    found: Tensors = {}
    for stage in ((generator.audio_encoder[-1],), *generator.decoder, (generator.output,)):
        found |= _of_stage(tensors, stage)
    return found


def _of_stage(tensors: Tensors, stage: Iterable[Layer]) -> Tensors:
    found: Tensors = {}
    before: Moments | None = None
    for layer in stage:
        normalisation = f"{layer.name}.conv_block.1"
        mean = tensors[f"{normalisation}.bias"].astype(np.float64)
        variance = tensors[f"{normalisation}.weight"].astype(np.float64) ** 2
        if layer.residual and before is not None:
            mean, variance = mean + before[0], variance + before[1]
        deviation = np.sqrt(np.maximum(variance, 1e-12))
        found[f"{layer.name}.high"] = np.array([_MARGIN * _cheapest(mean, deviation)], np.float32)
        before = _rectified(mean, deviation)
    return found


def _cheapest(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> float:
    """The range [0, high] that makes the least mean square error of a rectified normal distribution's numbers in 255 steps."""
    candidates = np.linspace(0.1, 1.0, 64) * float((mean + 6 * deviation).max())
    costs = [(high / _STEPS) ** 2 / 12 + _beyond(mean - high, deviation)[1].mean() for high in candidates]
    return float(candidates[int(np.argmin(costs))])


def _rectified(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Moments:
    """Mean and variance of max(x, 0)."""
    first, second = _beyond(mean, deviation)
    return first, np.maximum(second - first**2, 0)


def _beyond(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Moments:
    """E[max(x, 0)] and E[max(x, 0)²] of normal numbers."""
    at = mean / deviation
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    below = _normal(at)
    return mean * below + deviation * density, (mean**2 + deviation**2) * below + mean * deviation * density


def _normal(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal distribution function, within 1e-5 (Abramowitz and Stegun, 26.2.16)."""
    t = 1 / (1 + 0.33267 * np.abs(x))
    tail = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * t * (0.4361836 + t * (-0.1201676 + t * 0.9372980))
    below: NDArray[np.float64] = np.where(x >= 0, 1 - tail, tail)
    return below
