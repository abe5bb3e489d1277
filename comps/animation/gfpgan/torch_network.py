"""The network in PyTorch: CPU, CUDA, Gaudi and the other devices that PyTorch has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from comps.animation.checkpoint import Tensors
from comps.animation.gfpgan.evaluation import Slices, evaluate
from comps.animation.gfpgan.folding import restorer
from comps.animation.gfpgan.layout import SIZE, WHOLE, Step, Steps
from comps.animation.gfpgan.windows import Window, plan
from comps.animation.torch_devices import TorchDevice, torch_device
from comps.cores.devices import Device

_SLOPE = 0.2
#: Styles scale every channel by the whole face: they are computed in float32 always.
_FINE = ("final_linear.", ".style", ".squares")
#: Most faces in a call on a device with memory of its own: each takes some 300 MB.
_LARGEST = 16


class TorchNetwork:
    """A ``RestoringNetwork`` on ``device``. ``weights``: of ``folding.fold``."""

    def __init__(self, weights: Tensors, device: Device) -> None:
        self._on = on = torch_device(device)
        self._layers = restorer(weights)
        self._operations = _Operations(weights, on)
        self._largest = 1 if device.name == "cpu" else _LARGEST
        self._encode = self._program(self._layers.encoder(), Window.whole(WHOLE))
        self._whole = self._program(self._layers.steps(part=False), Window.whole(SIZE))
        self._parts: dict[Window, Callable[..., Tensor]] = {}

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(size for size in self._on.sizes if size <= self._largest)

    def still(self, face: NDArray[np.float32]) -> Tensor:
        with torch.inference_mode():
            found = self._encode(self._sent(face[None], 1))
            self._on.mark()
            return found

    def whole(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        drawn = [self._batch(self._whole, faces[at], ()) for at in self._batches(len(faces))]
        return np.concatenate(drawn) if drawn else np.zeros((0, 3, SIZE, SIZE), np.float32)

    def part(self, faces: NDArray[np.float32], stills: Sequence[Tensor], box: Window) -> NDArray[np.float32]:
        if box not in self._parts:
            self._parts[box] = self._program(self._layers.steps(part=True), box)
        drawn = [self._batch(self._parts[box], faces[at], stills[at]) for at in self._batches(len(faces))]
        return np.concatenate(drawn) if drawn else np.zeros((0, 3, box.y1 - box.y0, box.x1 - box.x0), np.float32)

    def _batches(self, count: int) -> list[slice]:
        return [slice(at, at + self._largest) for at in range(0, count, self._largest)]

    def _batch(self, draw: Callable[..., Tensor], faces: NDArray[np.float32], stills: Sequence[Tensor]) -> NDArray[np.float32]:
        padded = self._on.batch(len(faces))
        beside = [torch.cat([*stills, *[stills[0]] * (padded - len(stills))])] if stills else []
        with torch.inference_mode():
            drawn = draw(self._sent(faces, padded), *beside)
            self._on.mark()
            return np.asarray(drawn[: len(faces)].float().cpu().contiguous().numpy())

    def _sent(self, faces: NDArray[np.float32], count: int) -> Tensor:
        padded = np.concatenate([faces, *[faces[:1]] * (count - len(faces))])
        found = torch.from_numpy(padded).to(self._on.device, self._on.dtype)
        return found.contiguous(memory_format=self._on.memory_format)

    def _program(self, steps: Steps, box: Window) -> Callable[..., Tensor]:
        windows = plan(steps, box)
        shown = Window.whole(SIZE).slices(windows[0])

        def run(face: Tensor, still: Tensor | None = None) -> Tensor:
            given = {"face": face[:, :, *shown]} | ({} if still is None else {"still": still})
            return evaluate(steps, windows, box, self._operations, given)

        # A face's kernels are few and large: CUDA's graphs would gain nothing, and keep GBs for each batch size.
        program: Callable[..., Tensor] = run if self._on.device.type == "cuda" else self._on.program(run)
        return program


class _Operations:
    """Computes each step as it comes."""

    def __init__(self, weights: Tensors, on: TorchDevice) -> None:
        self._weights = {}
        for name, value in weights.items():
            dtype = torch.float32 if any(part in name for part in _FINE) else on.dtype
            tensor = torch.from_numpy(value).to(on.device, dtype)
            self._weights[name] = tensor.contiguous(memory_format=on.memory_format) if tensor.ndim == 4 else tensor

    def cropped(self, x: Tensor, at: Slices) -> Tensor:
        return x[:, :, *at]

    def run(self, step: Step, inputs: list[Tensor], padding: Window, at: Slices) -> Tensor:  # noqa: PLR0911, PLR0912 - one case a kind
        match step.kind, inputs:
            case ("conv", [x]):
                return self._convolved(step, x, padding)
            case "leaky", [x]:
                return F.leaky_relu_(self._convolved(step, x, padding), _SLOPE)
            case "residual", [x, beside]:
                return F.leaky_relu_(self._convolved(step, x, padding), _SLOPE).add_(beside)
            case "generate", [x, norm]:
                y = self._convolved(step, x, padding, biased=False).mul_(_channels(norm, x))
                y.add_(self._of(step, "noise")[:, :, *at]).add_(_channels(self._of(step, "bias")[None], x))
                return F.leaky_relu_(y, _SLOPE)
            case "condition", [x, scale, shift, styles]:
                return _conditioned(x, scale, shift, _channels(styles, x))
            case "patch", [still, patch]:
                whole = still.clone()
                whole[:, :, *at] = patch
                return whole
            case (("first" | "second"), [x]):
                return x.chunk(2, 1)[step.kind == "second"]
            case "add", [x, y]:
                return x + y
            case "scale", [x, styles]:
                return x * _channels(styles, x)
            case "half", [x]:
                return F.avg_pool2d(x, 2)
            case "double", [x]:
                return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)[:, :, *at]
            case "constant", []:
                return self._weights["constant.weight"]
            case "latents", [x]:
                return F.linear(x.float().flatten(1), self._of(step, "weight"), self._of(step, "bias"))
            case "style", [latents]:
                weight = self._of(step, "style")
                latent = latents.unflatten(1, (-1, weight.shape[1]))[:, step.latent]
                return F.linear(latent, weight, self._of(step, "style_bias"))
            case "norm", [styles]:
                return torch.rsqrt(styles.square() @ self._of(step, "squares") + 1e-8)
        raise ValueError(step)

    def _of(self, step: Step, part: str) -> Tensor:
        return self._weights[f"{step.name}.{part}"]

    def _convolved(self, step: Step, x: Tensor, padding: Window, biased: bool = True) -> Tensor:
        left, above, right, below = padding
        if (left, above) != (right, below):
            x, left, above = F.pad(x, (left, right, above, below)), 0, 0
        bias = self._weights.get(f"{step.name}.bias") if biased else None
        return F.conv2d(x, self._of(step, "weight"), bias, padding=(above, left))


def _channels(vector: Tensor, like: Tensor) -> Tensor:
    """A factor or summand for each channel of a map."""
    return vector.to(like.dtype)[:, :, None, None]


def _conditioned(x: Tensor, scale: Tensor, shift: Tensor, styles: Tensor) -> Tensor:
    kept, changed = x.chunk(2, 1)
    y = torch.empty_like(x)
    torch.mul(kept, styles[:, : kept.shape[1]], out=y[:, : kept.shape[1]])
    torch.addcmul(shift, changed, scale, out=y[:, kept.shape[1] :]).mul_(styles[:, kept.shape[1] :])
    return y
