"""The generator in PyTorch: CPU, CUDA, Gaudi and the other devices that PyTorch has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from comps.animation.checkpoint import Tensors
from comps.animation.torch_devices import TorchDevice, torch_device
from comps.animation.wav2lip.face_input import face_input
from comps.animation.wav2lip.folding import generator, split
from comps.animation.wav2lip.jobs import FACE, MEL_BANDS, MEL_COLUMNS
from comps.animation.wav2lip.layout import Layer
from comps.animation.wav2lip.rows import plan
from comps.cores.devices import Device

#: What each joined layer adds to what it makes of the stage before it: [1, channels, rows, columns].
FaceMaps = tuple[Tensor, ...]


class TorchNetwork:
    """A ``MouthNetwork`` on ``device``. ``weights``: of ``folding.fold``.

    A joined layer sees the decoder stage before it and the face encoder's features. Being linear, it is split: what it makes of
    the features is the face's alone, computed once and added to every frame. That and the audio encoder compute in float32 (but
    on Gaudi): the encoder is a twentieth of the work and would make most of bfloat16's error.
    """

    def __init__(self, weights: Tensors, device: Device) -> None:
        self._on = on = torch_device(device)
        self._layers = layers = generator(weights)
        self._rows = plan(layers)
        self._fine = on.dtype if device.name == "hpu" else torch.float32
        self._face = {
            layer.name: _Convolution(layer, weights, self._fine, on) for stage in layers.face_encoder for layer in stage
        }
        self._voice = {layer.name: _Convolution(layer, weights, self._fine, on) for layer in layers.audio_encoder}
        frame = (*(layer for stage in layers.decoder for layer in stage), layers.colour)
        self._frame = {layer.name: _Convolution(layer, weights, on.dtype, on) for layer in frame}
        self._beside = []
        for layer, before in layers.joined:
            ours, theirs = split(weights, layer, before)
            self._frame[layer.name] = _Convolution(layer, ours, on.dtype, on)
            self._beside.append(_Convolution(layer, theirs, self._fine, on))
        self._encode, self._draw = on.program(self._maps), on.program(self._lower_halves)
        blank = np.zeros((FACE, FACE, 3), np.uint8)
        for size in on.sizes:
            mels = np.zeros((size, MEL_BANDS, MEL_COLUMNS), np.float32)
            face, other = self.face(blank), self.face(blank)
            self.mouths([face] * size, mels)
            self.mouths([other, *[face] * (size - 1)], mels)

    def face(self, crop: NDArray[np.uint8]) -> FaceMaps:
        with torch.inference_mode():
            maps = self._encode(torch.from_numpy(face_input(crop)).to(self._on.device, self._fine))
            self._on.mark()
            return tuple(part.to(self._on.dtype) for part in maps)

    def mouths(self, faces: Sequence[FaceMaps], mels: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            drawn = [self._batch(faces[at], mels[at]) for at in _batches(len(faces), self._on.largest)]
        return np.concatenate(drawn) if drawn else np.zeros((0, 3, FACE // 2, FACE), np.float32)

    def _batch(self, faces: Sequence[FaceMaps], mels: NDArray[np.float32]) -> NDArray[np.float32]:
        count = len(faces)
        padding = self._on.batch(count) - count
        padded = np.concatenate((mels, np.zeros((padding, *mels.shape[1:]), np.float32)))
        still = all(face is faces[0] for face in faces)  # its maps are then added to all frames
        maps = faces[0] if still else tuple(map(torch.cat, zip(*faces, *[faces[0]] * padding, strict=True)))
        drawn = self._draw(torch.from_numpy(padded[:, None]).to(self._on.device, self._fine), *maps)
        self._on.mark()
        return np.asarray(drawn[:count].float().cpu().contiguous().numpy())

    def _maps(self, face: Tensor) -> FaceMaps:
        x = face.contiguous(memory_format=self._on.memory_format)
        features = []
        for stage in self._layers.face_encoder:
            x = _run(stage, x, self._face)
            features.append(x)
        ours = zip(self._beside, reversed(features), self._rows, strict=True)
        return tuple(beside(x[:, :, rows.first :]) for beside, x, rows in ours)

    def _lower_halves(self, mels: Tensor, *maps: Tensor) -> Tensor:
        layers, on = self._layers, self._frame
        x = _run(layers.audio_encoder, mels.contiguous(memory_format=self._on.memory_format), self._voice)
        x = _run(layers.decoder[0], x.to(self._on.dtype), on)
        rests = (*(stage[1:] for stage in layers.decoder[1:]), ())
        for (layer, _), rest, rows, beside in zip(layers.joined, rests, self._rows, maps, strict=True):
            x = F.relu_(on[layer.name](x[:, :, rows.skipped :]).add_(beside))
            x = _run(rest, x, on)
        return torch.sigmoid(on[layers.colour.name](x[:, :, 1:]))


class _Convolution:
    """One layer's convolution on its device, without what follows it."""

    def __init__(self, layer: Layer, weights: Tensors, dtype: torch.dtype, on: TorchDevice) -> None:
        weight = torch.from_numpy(weights[f"{layer.name}.weight"]).to(on.device, dtype)
        bias = weights.get(f"{layer.name}.bias")
        self._layer = layer
        self._weight = weight.contiguous(memory_format=on.memory_format)
        self._bias = None if bias is None else torch.from_numpy(bias).to(on.device, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        layer = self._layer
        if layer.transposed:
            return F.conv_transpose2d(x, self._weight, self._bias, layer.stride, layer.padding, layer.output_padding)
        return F.conv2d(x, self._weight, self._bias, layer.stride, layer.padding)


def _run(stage: Iterable[Layer], x: Tensor, on: dict[str, _Convolution]) -> Tensor:
    for layer in stage:
        y = on[layer.name](x)
        x = F.relu_(y.add_(x) if layer.residual else y)
    return x


def _batches(count: int, largest: int) -> Iterator[slice]:
    for at in range(0, count, largest):
        yield slice(at, min(at + largest, count))
