"""Voice activity: Silero VAD (Silero Team, MIT) in numpy, without torch or onnxruntime.

The weights lie in the wheel ``silero-vad``; the network is that of its ``tinygrad_model.py``: a short-time Fourier transform as a
convolution, four convolutions, an LSTM cell. Runs only inside worker processes: a window costs about 0.2 ms of CPU.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from comps.cores.common.safetensors import map_safetensors

Floats = NDArray[np.float32]

RATE = 16_000
#: Samples of a window: 32 ms.
WINDOW = 512
_CONTEXT = 64
_FFT, _HOP, _BINS = 256, 128, 129
_HIDDEN = 128
_PACKAGE = "silero_vad"


def weights() -> Path | None:
    """The installed weights; None when the wheel is not installed. Imports nothing."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "data" / "silero_vad_16k.safetensors"
    return path if path.is_file() else None


class Vad:
    """Of one microphone: it remembers what it heard. Raises FileNotFoundError when the wheel is not installed."""

    def __init__(self) -> None:
        path = weights()
        if path is None:
            raise FileNotFoundError(f"the package {_PACKAGE} (weights of Silero VAD) is not installed")
        tensors = map_safetensors(path)
        self._stft = np.ascontiguousarray(tensors["stft_conv.weight"][:, 0].T)
        self._layers = [
            (_matrix(tensors[f"conv{k}.weight"]), np.asarray(tensors[f"conv{k}.bias"]), stride)
            for k, stride in ((1, 1), (2, 2), (3, 2), (4, 1))
        ]
        self._cell = np.concatenate([tensors["lstm_cell.weight_ih"], tensors["lstm_cell.weight_hh"]], axis=1).T.copy()
        self._cell_bias = tensors["lstm_cell.bias_ih"] + tensors["lstm_cell.bias_hh"]
        self._final = np.asarray(tensors["final_conv.weight"][0, :, 0])
        self._final_bias = float(tensors["final_conv.bias"][0])
        self._context = np.zeros(_CONTEXT, np.float32)
        self._hidden = np.zeros(_HIDDEN, np.float32)
        self._state = np.zeros(_HIDDEN, np.float32)

    def probability(self, window: NDArray[np.int16]) -> float:
        """Of speech, 0 … 1, in the next ``WINDOW`` samples: int16 [512] at 16 kHz."""
        sound = np.concatenate([self._context, window.astype(np.float32) / 32768])
        self._context = sound[-_CONTEXT:]
        sound = np.pad(sound, (0, _CONTEXT), mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(sound, _FFT)[::_HOP]
        spectrum = frames @ self._stft
        features = np.hypot(spectrum[:, :_BINS], spectrum[:, _BINS:])
        for matrix, bias, stride in self._layers:
            features = np.maximum(_convolve(features, matrix, stride) + bias, 0.0)
        return self._remember(features[0])

    def _remember(self, features: Floats) -> float:
        gates = np.concatenate([features, self._hidden]) @ self._cell + self._cell_bias
        enter, forget, leave = (_sigmoid(gates[k * _HIDDEN : (k + 1) * _HIDDEN]) for k in (0, 1, 3))
        self._state = forget * self._state + enter * np.tanh(gates[2 * _HIDDEN : 3 * _HIDDEN])
        self._hidden = (leave * np.tanh(self._state)).astype(np.float32)
        return float(_sigmoid(np.maximum(self._hidden, 0.0) @ self._final + self._final_bias))


def _matrix(weight: Floats) -> Floats:
    """A convolution's weight [out, in, 3] → [3 · in, out], for frames laid side by side."""
    return np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))


def _convolve(features: Floats, matrix: Floats, stride: int) -> Floats:
    """[n, in] → [n / stride, out]; one frame of zeros on either side."""
    padded = np.pad(features, ((1, 1), (0, 0)))
    columns = np.concatenate([padded[:-2], padded[1:-1], padded[2:]], axis=1)[::stride]
    return cast("Floats", columns @ matrix)


def _sigmoid(x: Floats) -> Floats:
    return cast("Floats", 0.5 + 0.5 * np.tanh(0.5 * x))
