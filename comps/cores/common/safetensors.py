"""Weights in safetensors files (Hugging Face's format)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def map_safetensors(path: Path) -> dict[str, Floats]:
    """The float32 tensors of a safetensors file, as views of the mapped file.

    Mapped rather than read, so that processes share the pages and nothing is loaded before it is used. The format: 8 bytes of
    header length (little endian), a JSON header ``{name: {dtype, shape, data_offsets}}``, the data.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    return {name: _view(data, entry) for name, entry in header.items() if name != "__metadata__" and entry["dtype"] == "F32"}


def _view(data: NDArray[np.uint8], entry: Mapping[str, Any]) -> Floats:
    start, end = entry["data_offsets"]
    return np.asarray(data[start:end]).view(np.float32).reshape(entry["shape"])
