"""Mouth movement from speech without timings: log-mel spectra around each moment → a small network → mouth parameters.

The network (numpy only, about 1 ms a second of speech) is trained by ``benchmarks/train_audio2viseme.py`` on synthetic speech
whose timings are known; its targets are the tracks of ``visemes``. Depends on sound within CONTEXT_S of a frame, no more.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.mel import HZ, NORMALISE_S, log_mel
from comps.animation.motion.spectrum import Sound
from comps.animation.motion.visemes import LIPS, PARAMETERS, Motion
from comps.cores.proto.avatar import CONTEXT_S

_MODEL = Path(__file__).with_name("audio2viseme.npz")
#: The network sees spectra from 120 ms before to 120 ms after a moment, every second one.
REACH, _STEP = 12, 2
#: Its output is smoothed over ±60 ms (Gaussian, sigma 20 ms).
_SMOOTH = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
#: A pause of up to twice this keeps the lips closed; in a longer one the face rests as it is in the picture.
_HOLD = 35
#: Regression draws openings towards their mean: below the first figure lips are shut, above it they open this much more.
_SHUT, _GAIN = 0.045, 1.35
#: An opening that falls below this within a frame is a closure, and the frame shows it.
_CLOSURE = 0.01
_OVERSAMPLING = 4
#: The network opens the mouth this much too early: 51 videos of sound alone were 3.7 ms early on average.
_EARLY_S = 0.003

assert (REACH + len(_SMOOTH) // 2 + _HOLD + 2) / HZ + NORMALISE_S + 0.1 < CONTEXT_S


class Network(NamedTuple):
    """A multilayer perceptron: inputs are normalised by ``mean`` and ``deviation``, outputs multiplied by ``scale``."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: list[NDArray[np.float32]]
    biases: list[NDArray[np.float32]]

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [n, inputs] → float32 [n, 7]: the six mouth parameters and whether there is speech, 0 … 1."""
        hidden = (inputs - self.mean) / self.deviation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0.0)
        return np.asarray((hidden @ self.weights[-1] + self.biases[-1]) * self.scale, np.float32)

    @classmethod
    def load(cls, path: Path) -> Network:
        with np.load(path, allow_pickle=False) as stored:
            layers = sum(name.startswith("weight") for name in stored.files)
            return cls(
                stored["mean"],
                stored["deviation"],
                stored["scale"],
                [stored[f"weight{k}"].astype(np.float32) for k in range(layers)],
                [stored[f"bias{k}"].astype(np.float32) for k in range(layers)],
            )

    def save(self, path: Path) -> None:
        """Write the network, weights as float16: half the size, and far below what a frame can show."""
        layers: dict[str, Any] = {f"weight{k}": weight.astype(np.float16) for k, weight in enumerate(self.weights)}
        layers |= {f"bias{k}": bias.astype(np.float16) for k, bias in enumerate(self.biases)}
        np.savez_compressed(path, mean=self.mean, deviation=self.deviation, scale=self.scale, **layers)


@functools.cache
def _network() -> Network:
    return Network.load(_MODEL)


def tracks(sound: Sound, start_frame: int, frames: int, fps: int, network: Network | None = None) -> Motion:
    """The mouth at frames ``start_frame`` … ``start_frame + frames - 1`` of an answer of which ``sound`` is a stretch."""
    first = int(np.floor(start_frame / fps * HZ)) - 1
    count = int(np.ceil((start_frame + frames) / fps * HZ)) + 1 - first
    mouth, speech = _curves(sound, first, count, network or _network())
    index = np.arange(start_frame * _OVERSAMPLING, (start_frame + frames) * _OVERSAMPLING)
    position = ((index + 0.5) / (fps * _OVERSAMPLING) - _EARLY_S) * HZ - 0.5 - first
    samples = np.stack([np.interp(position, np.arange(count), curve) for curve in mouth.T], axis=1)
    framed = samples.reshape(frames, _OVERSAMPLING, -1)
    mean, lowest = framed.mean(axis=1), framed[:, :, 0].min(axis=1)
    shut = lowest < _CLOSURE
    mean[shut, 0] = np.minimum(mean[shut, 0], lowest[shut])
    mean[np.ix_(shut, LIPS)] = np.minimum(mean[np.ix_(shut, LIPS)], 0.0)
    activity = np.interp(position, np.arange(count), speech).reshape(frames, _OVERSAMPLING).mean(axis=1)
    return Motion(mean.astype(np.float32), activity.astype(np.float32))


def _curves(sound: Sound, first: int, count: int, network: Network) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mouth parameters [count, 6] and activity [count] at spectra ``first`` … ``first + count - 1``."""
    half = len(_SMOOTH) // 2
    spectra = log_mel(sound, first - half - _HOLD - REACH, count + 2 * (half + _HOLD + REACH))
    raw = network(stack(spectra))
    smooth = np.stack([np.convolve(curve, _SMOOTH / _SMOOTH.sum(), "valid") for curve in raw.T.astype(np.float64)], axis=1)
    mouth = smooth[_HOLD : _HOLD + count, : len(PARAMETERS)].copy()
    mouth[:, 0] = _expand(mouth[:, 0])
    return mouth, _activity(smooth[:, len(PARAMETERS)])


def stack(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [n + 2 · 12, BANDS] → [n, 13 · BANDS]: each spectrum with those around it, oldest first."""
    count = len(spectra) - 2 * REACH
    offsets = np.arange(0, 2 * REACH + 1, _STEP)
    return np.asarray(spectra[np.arange(count)[:, None] + offsets].reshape(count, -1))


def _expand(opening: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(opening > _SHUT, (opening - _SHUT) * _GAIN, (opening - _SHUT) * 0.6)


def _activity(speech: NDArray[np.float64]) -> NDArray[np.float64]:
    """Speech 0 … 1 [count + 2 · _HOLD] → activity [count]: held over short pauses, with ramps instead of steps."""
    certain = np.clip(speech * 2.0 - 0.4, 0.0, 1.0)
    distance = np.abs(np.arange(-_HOLD, _HOLD + 1)) / (_HOLD + 1)
    ramp = np.clip(2.0 * (1.0 - distance), 0.0, 1.0)
    around = np.lib.stride_tricks.sliding_window_view(certain, 2 * _HOLD + 1)
    return np.asarray((around * ramp).max(axis=1))
