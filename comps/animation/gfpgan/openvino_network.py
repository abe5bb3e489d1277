"""The network in OpenVINO, on processors: graphs of one face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comps.animation.checkpoint import Tensors
from comps.animation.gfpgan.evaluation import Slices, evaluate
from comps.animation.gfpgan.folding import restorer
from comps.animation.gfpgan.layout import SIZE, WHOLE, Step, Steps
from comps.animation.gfpgan.windows import Window, plan
from comps.cores.devices import Device, processor_flags
from comps.cores.openvino import ops, ov

_SLOPE = np.float32(0.2)
_PRECISIONS = {"f32": ov.Type.f32, "bf16": ov.Type.bf16, "f16": ov.Type.f16}


class OpenvinoNetwork:
    """A ``RestoringNetwork`` on the processor. ``weights``: of ``folding.fold``."""

    sizes: tuple[int, ...] = ()

    def __init__(self, weights: Tensors, device: Device) -> None:
        self._layers = restorer(weights)
        self._weights, self._device = weights, device
        # int8 would need a calibration by real faces.
        fine = ov.Type.bf16 if {"avx512_bf16", "amx_bf16"} & set(processor_flags()) else ov.Type.f32
        self._precision = _PRECISIONS.get(device.dtype, fine)
        self._core = ov.Core()
        self._encoder: ov.InferRequest | None = None
        self._whole: ov.InferRequest | None = None
        self._parts: dict[Window, ov.InferRequest] = {}

    def still(self, face: NDArray[np.float32]) -> ov.Tensor:
        if self._encoder is None:
            self._encoder = self._compiled(self._layers.encoder(), Window.whole(WHOLE))
        return ov.Tensor(_drawn(self._encoder, face[None]).copy())

    def whole(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._whole is None:
            self._whole = self._compiled(self._layers.steps(part=False), Window.whole(SIZE))
        drawn = np.empty((len(faces), 3, SIZE, SIZE), np.float32)
        for face, into in zip(faces, drawn, strict=True):
            into[:] = _drawn(self._whole, face[None])[0]
        return drawn

    def part(self, faces: NDArray[np.float32], stills: Sequence[ov.Tensor], box: Window) -> NDArray[np.float32]:
        if box not in self._parts:
            self._parts[box] = self._compiled(self._layers.steps(part=True), box)
        request = self._parts[box]
        rows, columns = Window.whole(SIZE).slices(plan(self._layers.steps(part=True), box)[0])
        drawn = np.empty((len(faces), 3, box.y1 - box.y0, box.x1 - box.x0), np.float32)
        for face, still, into in zip(faces, stills, drawn, strict=True):
            into[:] = _drawn(request, np.ascontiguousarray(face[None, :, rows, columns]), still)[0]
        return drawn

    def _compiled(self, steps: Steps, box: Window) -> ov.InferRequest:
        windows = plan(steps, box)
        shown = windows[0]
        face = ops.parameter([1, 3, shown.y1 - shown.y0, shown.x1 - shown.x0], ov.Type.f32, name="face")
        still = ops.parameter([1, self._layers.channels[3], WHOLE, WHOLE], ov.Type.f32, name="still")
        drawn = evaluate(steps, windows, box, _Operations(self._weights), {"face": face, "still": still})
        inputs = [face, still] if any(step.kind == "still" for step in steps) else [face]
        how = {
            "INFERENCE_NUM_THREADS": self._device.threads,
            "INFERENCE_PRECISION_HINT": self._precision,
            "NUM_STREAMS": 1,
        }
        return self._core.compile_model(ov.Model([drawn], inputs, "gfpgan"), "CPU", how).create_infer_request()


def _drawn(request: ov.InferRequest, *inputs: NDArray[np.float32] | ov.Tensor) -> NDArray[np.float32]:
    request.infer(list(inputs), share_inputs=True)
    found: NDArray[np.float32] = request.get_output_tensor(0).data
    return found


class _Operations:
    """Adds each step to a graph."""

    def __init__(self, weights: Tensors) -> None:
        self._weights = weights

    def cropped(self, x: ov.Node, at: Slices) -> ov.Node:
        return _sliced(x, at, list(x.shape[2:]))

    def run(self, step: Step, inputs: list[ov.Node], padding: Window, at: Slices) -> ov.Node:  # noqa: PLR0911, PLR0912 - one case a kind
        match step.kind, inputs:
            case ("conv", [x]):
                return self._convolved(step, x, padding)
            case "leaky", [x]:
                return _leaky(self._convolved(step, x, padding))
            case "residual", [x, beside]:
                return ops.add(_leaky(self._convolved(step, x, padding)), beside)
            case "generate", [x, norm]:
                y = ops.multiply(self._convolved(step, x, padding, biased=False), _channels(norm))
                noise = ops.constant(np.ascontiguousarray(self._of(step, "noise")[:, :, *at]))
                return _leaky(ops.add(ops.add(y, noise), ops.constant(self._of(step, "bias").reshape(1, -1, 1, 1))))
            case "condition", [x, scale, shift, styles]:
                return _conditioned(x, scale, shift, _channels(styles))
            case "patch", [still, patch]:
                return _patched(still, patch, at)
            case (("first" | "second"), [x]):
                return _halves(x)[step.kind == "second"]
            case "add", [x, y]:
                return ops.add(x, y)
            case "scale", [x, styles]:
                return ops.multiply(x, _channels(styles))
            case "half", [x]:
                return ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], exclude_pad=True)
            case "double", [x]:
                sides = [2 * side for side in x.shape[2:]]
                return _sliced(_doubled(x), at, sides)
            case "constant", []:
                return ops.constant(self._weights["constant.weight"])
            case "latents", [x]:
                return self._linear(ops.reshape(x, _integers(1, -1), special_zero=False), step, "weight", "bias")
            case "style", [latents]:
                length = self._of(step, "style").shape[1]
                first = step.latent * length
                latent = ops.slice(latents, *map(_integers, (first, first + length, 1, 1)))
                return self._linear(latent, step, "style", "style_bias")
            case "norm", [styles]:
                sums = ops.matmul(ops.multiply(styles, styles), ops.constant(self._of(step, "squares")), False, False)
                return ops.power(ops.add(sums, ops.constant(np.float32(1e-8))), ops.constant(np.float32(-0.5)))
        raise ValueError(step)

    def _of(self, step: Step, part: str) -> NDArray[np.float32]:
        return self._weights[f"{step.name}.{part}"]

    def _convolved(self, step: Step, x: ov.Node, padding: Window, biased: bool = True) -> ov.Node:
        weight = ops.constant(self._of(step, "weight"), shared_memory=True)
        y = ops.convolution(x, weight, [1, 1], [padding.y0, padding.x0], [padding.y1, padding.x1], [1, 1])
        bias = self._weights.get(f"{step.name}.bias") if biased else None
        return y if bias is None else ops.add(y, ops.constant(bias.reshape(1, -1, 1, 1)))

    def _linear(self, x: ov.Node, step: Step, weight: str, bias: str) -> ov.Node:
        y = ops.matmul(x, ops.constant(self._of(step, weight), shared_memory=True), False, True)
        return ops.add(y, ops.constant(self._of(step, bias)[None]))


def _integers(*values: int) -> ov.Node:
    return ops.constant(np.array(values, np.int64))


def _leaky(x: ov.Node) -> ov.Node:
    return ops.prelu(x, ops.constant(np.array([_SLOPE])))


def _halves(x: ov.Node) -> list[ov.Output]:
    """Of the channels."""
    halves: list[ov.Output] = ops.split(x, ops.constant(np.int64(1)), 2).outputs()
    return halves


def _channels(vector: ov.Node) -> ov.Node:
    """A factor for each channel of a map."""
    return ops.unsqueeze(vector, _integers(2, 3))


def _doubled(x: ov.Node) -> ov.Node:
    return ops.interpolate(
        x,
        ops.constant(np.array([2.0, 2.0], np.float32)),
        "linear_onnx",
        "scales",
        coordinate_transformation_mode="half_pixel",
        axes=_integers(2, 3),
    )


def _sliced(x: ov.Node, at: Slices, sides: Sequence[int]) -> ov.Node:
    """Rows and columns ``at`` of a map with ``sides``."""
    for axis, wanted, side in zip((2, 3), at, sides, strict=True):
        if (wanted.start, wanted.stop) != (0, side):
            x = ops.slice(x, *map(_integers, (wanted.start, wanted.stop, 1, axis)))
    return x


def _patched(whole: ov.Node, patch: ov.Node, at: Slices) -> ov.Node:
    """``patch`` in place of the rows and columns ``at`` of ``whole``, along one axis after the other."""
    side = whole.shape[2]
    rows, columns = at
    all_ = slice(0, side)
    for axis, wanted, others in ((3, columns, rows), (2, rows, all_)):
        band = _sliced(whole, (others, all_) if axis == 3 else (all_, all_), (side, side))
        before, after = (
            [] if low == high else [ops.slice(band, *map(_integers, (low, high, 1, axis)))]
            for low, high in ((0, wanted.start), (wanted.stop, side))
        )
        patch = ops.concat([*before, patch, *after], axis) if before or after else patch
    return patch


def _conditioned(x: ov.Node, scale: ov.Node, shift: ov.Node, styles: ov.Node) -> ov.Node:
    kept, changed = _halves(x)
    first, second = _halves(styles)
    changed = ops.multiply(ops.add(ops.multiply(changed, scale), shift), second)
    return ops.concat([ops.multiply(kept, first), changed], 1)
