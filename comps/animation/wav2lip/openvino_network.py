"""The generator in OpenVINO, on processors: a graph of two frames, several of which run side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.animation.checkpoint import Tensors
from comps.animation.wav2lip import calibration
from comps.animation.wav2lip.face_input import face_input
from comps.animation.wav2lip.folding import generator, split
from comps.animation.wav2lip.jobs import FACE, MEL_BANDS, MEL_COLUMNS
from comps.animation.wav2lip.layout import Generator, Layer
from comps.animation.wav2lip.rows import plan
from comps.cores.devices import Device
from comps.cores.openvino import ops, ov

_PRECISIONS = {"f32": ov.Type.f32, "bf16": ov.Type.bf16, "f16": ov.Type.f16, "int8": ov.Type.f32}

#: Frames of a graph: weights are read once for both, which is a tenth faster; more gain little, and divide worse among cores.
_FRAMES = 2
#: What each joined layer adds to what it makes of the stage before it, for each frame of a graph: [2, channels, rows, columns].
FaceMaps = tuple[Any, ...]
#: The largest output of each layer.
Ranges = dict[str, float]
#: Of int8's ranges, beyond what the calibration reaches.
_MARGIN = 1.15


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
        self._voices.set_callback(_keep)
        self._embedding = layers.decoder[0][0].inputs
        model = _frames_model(layers, weights)
        if device.dtype == "int8":
            watched = _watch(model)
            ranges = self._ranges(compiled(model, ov.Type.f32, 1).create_infer_request(), watched, layers)
            model = _frames_model(layers, weights, ranges)
        self._compiled = compiled(model, _PRECISIONS[device.dtype], device.threads)
        self._frames = ov.AsyncInferQueue(self._compiled, device.threads)
        self._frames.set_callback(_keep)

    def face(self, crop: NDArray[np.uint8]) -> FaceMaps:
        self._face.infer([face_input(crop)], share_inputs=True)
        return tuple(ov.Tensor(output.data.repeat(_FRAMES, axis=0)) for output in self._face.output_tensors)

    def mouths(self, faces: Sequence[FaceMaps], mels: NDArray[np.float32]) -> NDArray[np.float32]:
        said, faces = self._said(mels), list(faces)
        if odd := len(faces) % _FRAMES:
            said, faces = np.concatenate([said, said[-1:].repeat(_FRAMES - odd, axis=0)]), faces + faces[-1:] * (_FRAMES - odd)
        drawn = np.empty((len(faces), 3, FACE // 2, FACE), np.float32)
        parts = [slice(first, first + _FRAMES) for first in range(0, len(faces), _FRAMES)]
        # Held until all is drawn: OpenVINO reads them where they are.
        inputs = [[said[part, 0], *_together(faces[part])] for part in parts]
        for part, shared in zip(parts, inputs, strict=True):
            self._frames.start_async(shared, drawn[part], share_inputs=True)
        self._frames.wait_all()
        return drawn[: len(mels)]

    def _said(self, mels: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the audio encoder makes of ``mels``: float32 [n, 1, channels, 1, 1]."""
        said = np.empty((len(mels), 1, self._embedding, 1, 1), np.float32)
        windows = np.ascontiguousarray(mels, np.float32).reshape(-1, 1, 1, MEL_BANDS, MEL_COLUMNS)
        for window, into in zip(windows, said, strict=True):
            self._voices.start_async([window], into, share_inputs=True)
        self._voices.wait_all()
        return said

    def _ranges(self, request: ov.InferRequest, watched: Sequence[str], layers: Generator) -> Ranges:
        """How large the outputs of the ``watched`` layers get on the calibration's faces and speech, with a margin for others."""
        said = self._said(calibration.mels())
        highs = {layers.audio_encoder[-1].name: float(said.max())}
        for crop in calibration.faces():
            maps = self.face(crop)
            for first in range(0, len(said), _FRAMES):
                embeddings = said[np.arange(first, first + _FRAMES) % len(said), 0]
                request.infer([embeddings, *maps], share_inputs=True)
                for layer, tensor in zip(watched, request.output_tensors[1:], strict=True):
                    highs[layer] = max(highs.get(layer, 0.0), float(tensor.data.max()))
        return {layer: _MARGIN * high for layer, high in highs.items()}

    def computed(self) -> list[str]:
        """What the convolutions of frames compute with here, as OpenVINO says: f32, bf16, u8 …"""
        nodes = (node.get_rt_info() for node in self._compiled.get_runtime_model().get_ops())
        kinds = ("Convolution", "Deconvolution")
        return [str(node["runtimePrecision"].astype(str)) for node in nodes if node["layerType"].astype(str) in kinds]


def _keep(request: ov.InferRequest, into: NDArray[np.float32]) -> None:
    into[:] = request.get_output_tensor(0).data


def _together(faces: Sequence[FaceMaps]) -> FaceMaps:
    """The maps of a graph's frames, by the maps of each frame's face."""
    if all(face is faces[0] for face in faces):
        return faces[0]
    return tuple(np.concatenate([tensor.data[:1] for tensor in tensors]) for tensors in zip(*faces, strict=True))


def _face_model(layers: Generator, weights: Tensors) -> ov.Model:
    graph = _Graph(weights)
    face = x = ops.parameter([1, 6, FACE, FACE], ov.Type.f32, name="face")
    features = []
    for stage in layers.face_encoder:
        x = graph.run(stage, x)
        features.append(x)
    maps = []
    for (layer, before), x, rows in zip(layers.joined, reversed(features), plan(layers), strict=True):
        maps.append(_Graph(split(weights, layer, before)[1]).convolution(layer, x, rows.first))
    return ov.Model(maps, [face], "wav2lip_face")


def _voice_model(layers: Generator, weights: Tensors) -> ov.Model:
    mel = ops.parameter([1, 1, MEL_BANDS, MEL_COLUMNS], ov.Type.f32, name="mel")
    return ov.Model([_Graph(weights).run(layers.audio_encoder, mel)], [mel], "wav2lip_voice")


def _frames_model(layers: Generator, weights: Tensors, ranges: Ranges | None = None) -> ov.Model:
    """``ranges``: for int8."""
    weights = dict(weights)
    for layer, before in layers.joined:
        weights |= split(weights, layer, before)[0]
        del weights[f"{layer.name}.bias"]
    graph = _Graph(weights, ranges)
    voice = ops.parameter([_FRAMES, layers.decoder[0][0].inputs, 1, 1], ov.Type.f32, name=layers.audio_encoder[-1].name)
    x = graph.run(layers.decoder[0], voice)
    maps = []
    rests = (*(stage[1:] for stage in layers.decoder[1:]), ())
    for (layer, _), rest, rows in zip(layers.joined, rests, plan(layers), strict=True):
        y = graph.convolution(layer, x, rows.skipped)
        beside = ops.parameter(list(y.shape), ov.Type.f32, name=f"{layer.name}.beside")
        maps.append(beside)
        x = graph.run(rest, ops.relu(ops.add(y, beside), name=layer.name))
    drawn = ops.sigmoid(_Graph(weights).convolution(layers.colour, x, 1))
    return ov.Model([drawn], [voice, *maps], "wav2lip_frames")


def _watch(model: ov.Model) -> list[str]:
    """Let ``model`` give the outputs of its layers too, after what it draws. Returns the layers' names in order."""
    nodes = [node for node in model.get_ordered_ops() if node.get_type_name() == "Relu"]
    model.add_outputs([node.output(0) for node in nodes])
    return [node.get_friendly_name() for node in nodes]


class _Graph:
    """Layers as OpenVINO's operations. What comes of a layer has its name.

    ``ranges``: compute with int8, inputs in 256 steps of the range of the layer that they come from, weights in 255 of each
    output channel's own.
    """

    def __init__(self, weights: Tensors, ranges: Ranges | None = None) -> None:
        self._weights, self._ranges = weights, ranges

    def run(self, stage: Iterable[Layer], x: ov.Node) -> ov.Node:
        for layer in stage:
            y = self.convolution(layer, x)
            x = ops.relu(ops.add(y, x) if layer.residual else y, name=layer.name)
        return x

    def convolution(self, layer: Layer, x: ov.Node, first: int = 0) -> ov.Node:
        """The layer's convolution of the rows of ``x`` from ``first`` on, without what follows it."""
        weights = np.ascontiguousarray(self._weights[f"{layer.name}.weight"])
        weight = ops.constant(weights, shared_memory=True)
        if self._ranges is not None:
            x = _in_steps(x, np.zeros(1, np.float32), np.array([self._ranges[x.get_friendly_name()]], np.float32), 256)
            axis = 1 if layer.transposed else 0
            largest = np.abs(weights).max(axis=tuple({0, 1, 2, 3} - {axis}), keepdims=True)
            weight = _in_steps(weight, -largest, largest, 255)
        x = _below(x, first)
        stride, padding = list(layer.stride), [layer.padding] * 2
        if layer.transposed:
            grown = [layer.output_padding] * 2
            y = ops.convolution_backprop_data(
                x, weight, stride, pads_begin=padding, pads_end=padding, dilations=[1, 1], output_padding=grown
            )
        else:
            y = ops.convolution(x, weight, stride, padding, padding, [1, 1])
        bias = self._weights.get(f"{layer.name}.bias")
        return y if bias is None else ops.add(y, ops.constant(bias.reshape(1, -1, 1, 1)))


def _in_steps(x: ov.Node, low: NDArray[np.float32], high: NDArray[np.float32], levels: int) -> ov.Node:
    return ops.fake_quantize(x, low, high, low, high, levels)


def _below(x: ov.Node, row: int) -> ov.Node:
    """Rows of ``x`` from ``row`` on."""
    if not row:
        return x
    start, stop, step, axis = (ops.constant(np.array([value], np.int64)) for value in (row, np.iinfo(np.int64).max, 1, 2))
    return ops.slice(x, start, stop, step, axis)
