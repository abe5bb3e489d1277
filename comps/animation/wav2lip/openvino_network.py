"""The generator in OpenVINO, on processors: a graph of one frame, several of which run side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as ops
from numpy.typing import NDArray

from comps.animation.checkpoint import Tensors
from comps.animation.wav2lip.face_input import face_input
from comps.animation.wav2lip.folding import generator, split
from comps.animation.wav2lip.jobs import FACE, MEL_BANDS, MEL_COLUMNS
from comps.animation.wav2lip.layout import Generator, Layer
from comps.animation.wav2lip.rows import plan
from comps.cores.devices import Device

_PRECISIONS = {"f32": ov.Type.f32, "bf16": ov.Type.bf16, "f16": ov.Type.f16, "int8": ov.Type.f32}

#: What each joined layer adds to what it makes of the stage before it: [1, channels, rows, columns].
FaceMaps = tuple[Any, ...]


class OpenvinoNetwork:
    """A ``MouthNetwork`` on the processor. ``weights``: of ``folding.fold``.

    A joined layer sees the decoder stage before it and the face encoder's features. Being linear, it is split: what it makes of
    the features is the face's alone, computed once and added to every frame. That and the audio encoder compute in float32
    always: the encoder is a twentieth of the work and would make most of bfloat16's error.
    """

    def __init__(self, weights: Tensors, device: Device) -> None:
        layers = generator(weights)
        core = ov.Core()

        def compiled(model: ov.Model, precision: ov.Type, streams: int) -> ov.CompiledModel:
            how = {"INFERENCE_NUM_THREADS": device.threads, "INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": streams}
            return core.compile_model(model, "CPU", how)

        self._face = compiled(_face_model(layers, weights), ov.Type.f32, 1).create_infer_request()
        self._voices = ov.AsyncInferQueue(compiled(_voice_model(layers, weights), ov.Type.f32, device.threads), device.threads)
        frame = compiled(_frame_model(layers, weights), _PRECISIONS[device.dtype], device.threads)
        self._frames = ov.AsyncInferQueue(frame, device.threads)
        self._voices.set_callback(_keep)
        self._frames.set_callback(_keep)
        self._embedding = layers.decoder[0][0].inputs

    def face(self, crop: NDArray[np.uint8]) -> FaceMaps:
        self._face.infer([face_input(crop)], share_inputs=True)
        return tuple(ov.Tensor(output.data.copy()) for output in self._face.output_tensors)

    def mouths(self, faces: Sequence[FaceMaps], mels: NDArray[np.float32]) -> NDArray[np.float32]:
        drawn = np.empty((len(faces), 1, 3, FACE // 2, FACE), np.float32)
        said = np.empty((len(faces), 1, self._embedding, 1, 1), np.float32)
        windows = np.ascontiguousarray(mels, np.float32).reshape(-1, 1, 1, MEL_BANDS, MEL_COLUMNS)
        for window, into in zip(windows, said, strict=True):
            self._voices.start_async([window], into, share_inputs=True)
        self._voices.wait_all()
        for embedding, maps, into in zip(said, faces, drawn, strict=True):
            self._frames.start_async([embedding, *maps], into, share_inputs=True)
        self._frames.wait_all()
        return drawn[:, 0]


def _keep(request: ov.InferRequest, into: NDArray[np.float32]) -> None:
    into[:] = request.get_output_tensor(0).data


def _face_model(layers: Generator, weights: Tensors) -> ov.Model:
    face = x = ops.parameter([1, 6, FACE, FACE], ov.Type.f32, name="face")
    features = []
    for stage in layers.face_encoder:
        x = _run(stage, x, weights)
        features.append(x)
    maps = []
    for (layer, before), x, rows in zip(layers.joined, reversed(features), plan(layers), strict=True):
        maps.append(_convolution(layer, split(weights, layer, before)[1], _below(x, rows.first)))
    return ov.Model(maps, [face], "wav2lip_face")


def _voice_model(layers: Generator, weights: Tensors) -> ov.Model:
    mel = ops.parameter([1, 1, MEL_BANDS, MEL_COLUMNS], ov.Type.f32, name="mel")
    return ov.Model([_run(layers.audio_encoder, mel, weights)], [mel], "wav2lip_voice")


def _frame_model(layers: Generator, weights: Tensors) -> ov.Model:
    voice = ops.parameter([1, layers.decoder[0][0].inputs, 1, 1], ov.Type.f32, name="voice")
    x = _run(layers.decoder[0], voice, weights)
    maps = []
    rests = (*(stage[1:] for stage in layers.decoder[1:]), ())
    for (layer, before), rest, rows in zip(layers.joined, rests, plan(layers), strict=True):
        y = _convolution(layer, split(weights, layer, before)[0], _below(x, rows.skipped))
        beside = ops.parameter(list(y.shape), ov.Type.f32, name=f"{layer.name}.beside")
        maps.append(beside)
        x = _run(rest, ops.relu(ops.add(y, beside)), weights)
    drawn = ops.sigmoid(_convolution(layers.colour, weights, _below(x, 1)))
    return ov.Model([drawn], [voice, *maps], "wav2lip_frame")


def _run(stage: Iterable[Layer], x: ov.Node, weights: Tensors) -> ov.Node:
    for layer in stage:
        y = _convolution(layer, weights, x)
        x = ops.relu(ops.add(y, x) if layer.residual else y)
    return x


def _convolution(layer: Layer, weights: Tensors, x: ov.Node) -> ov.Node:
    """The layer's convolution of ``x``, without what follows it."""
    weight = ops.constant(np.ascontiguousarray(weights[f"{layer.name}.weight"]), shared_memory=True)
    stride, padding = list(layer.stride), [layer.padding] * 2
    if layer.transposed:
        grown = [layer.output_padding] * 2
        y = ops.convolution_backprop_data(
            x, weight, stride, pads_begin=padding, pads_end=padding, dilations=[1, 1], output_padding=grown
        )
    else:
        y = ops.convolution(x, weight, stride, padding, padding, [1, 1])
    bias = weights.get(f"{layer.name}.bias")
    return y if bias is None else ops.add(y, ops.constant(bias.reshape(1, -1, 1, 1)))


def _below(x: ov.Node, row: int) -> ov.Node:
    """Rows of ``x`` from ``row`` on."""
    if not row:
        return x
    start, stop, step, axis = (ops.constant(np.array([value], np.int64)) for value in (row, np.iinfo(np.int64).max, 1, 2))
    return ops.slice(x, start, stop, step, axis)
