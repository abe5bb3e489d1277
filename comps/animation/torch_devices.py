"""What PyTorch's devices need beyond ``tensor.to(device)``: fixed batch sizes, recorded graphs, marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from comps.cores.devices import Device, habana

#: Batch sizes of devices that compile or record a program for each shape.
BUCKETS = (1, 2, 4, 8, 16, 32)
_TYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}

Program = Callable[..., Any]


class TorchDevice:
    """A device as its networks use it. This one is for CPU, XPU and MPS: any batch size, nothing recorded."""

    #: Largest batch in one call.
    largest = 16
    #: Batch sizes that have to be computed once before they are fast.
    sizes: tuple[int, ...] = ()
    #: How images lie in memory.
    memory_format = torch.channels_last

    def __init__(self, device: Device) -> None:
        self.device = _place(device.name)
        self.dtype = _TYPES[device.dtype]
        if device.name == "cpu":
            torch.set_num_threads(device.threads)

    def batch(self, count: int) -> int:
        """The batch size in which ``count`` frames (``largest`` at most) are computed; what is more than ``count`` is padding."""
        return count

    def program(self, function: Program) -> Program:
        """``function`` of tensors → a tensor, as this device runs it fastest."""
        return function

    def mark(self) -> None:
        """End of a step: where operations are collected, they run now."""


class CudaDevice(TorchDevice):
    """Graphs of fixed shapes, because a frame has some eighty small kernels, and starting them costs more than they take."""

    largest = BUCKETS[-1]
    sizes = BUCKETS

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        torch.backends.cudnn.benchmark = True
        if self.dtype == torch.float32:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False

    def batch(self, count: int) -> int:
        return bucket(count)

    def program(self, function: Program) -> Program:
        return _CudaGraphs(function)


class HpuDevice(TorchDevice):
    """Gaudi in lazy mode: operations are collected until a mark, and a recipe is compiled for every new shape; hence fixed batch
    sizes, and graphs that are recorded once."""

    largest = BUCKETS[-1]
    sizes = BUCKETS
    memory_format = torch.contiguous_format

    def __init__(self, device: Device) -> None:
        self._habana = habana()  # before anything is placed: it is what makes torch know the device
        super().__init__(device)

    def batch(self, count: int) -> int:
        return bucket(count)

    def program(self, function: Program) -> Program:
        module: Program = self._habana.hpu.wrap_in_hpu_graph(_Module(function))
        return module

    def mark(self) -> None:
        self._habana.core.mark_step()


def torch_device(device: Device) -> TorchDevice:
    return {"cuda": CudaDevice, "hpu": HpuDevice}.get(device.name, TorchDevice)(device)


def bucket(count: int) -> int:
    """The least of BUCKETS that holds ``count``."""
    return next(size for size in BUCKETS if size >= count)


def _place(name: str) -> torch.device:
    return torch.device(name)


class _Module(torch.nn.Module):  # type: ignore[misc]
    """A function in the form that ``wrap_in_hpu_graph`` takes."""

    def __init__(self, function: Program) -> None:
        super().__init__()
        self._function = function

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self._function(*inputs)


class _CudaGraphs:
    """Records ``function`` once for every set of shapes, and replays it on copies of its inputs."""

    def __init__(self, function: Program) -> None:
        self._function = function
        self._pool = torch.cuda.graph_pool_handle()  # of all: they never run at once, and what they draw is copied
        self._recorded: dict[tuple[torch.Size, ...], tuple[Any, list[torch.Tensor], torch.Tensor]] = {}

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        shapes = tuple(tensor.shape for tensor in inputs)
        if shapes not in self._recorded:
            self._recorded[shapes] = self._record(inputs)
        graph, copies, output = self._recorded[shapes]
        for copy, tensor in zip(copies, inputs, strict=True):
            copy.copy_(tensor)
        graph.replay()
        return output.clone()

    def _record(self, inputs: tuple[torch.Tensor, ...]) -> tuple[Any, list[torch.Tensor], torch.Tensor]:
        copies = [tensor.clone() for tensor in inputs]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # cuDNN chooses its algorithms before anything is recorded
            for _ in range(3):
                self._function(*copies)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            output = self._function(*copies)
        return graph, copies, output
