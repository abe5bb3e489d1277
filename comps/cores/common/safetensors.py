"""Weights in safetensors files (Hugging Face's format)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}


def map_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file, as views of the mapped file; bfloat16, which NumPy has not, as float32 in memory.

    Mapped rather than read, so that processes share the pages and nothing is loaded before it is used. The format: 8 bytes of
    header length (little endian), a JSON header ``{name: {dtype, shape, data_offsets}}``, the data. Raises ValueError or KeyError
    where a file is not of it.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            found[name] = array(np.asarray(data[start:end]), entry["dtype"]).reshape(entry["shape"])
    return found


def array(raw: NDArray[np.uint8], dtype: str) -> NDArray[Any]:
    """Little-endian bytes → numbers; ``dtype`` as the format names it. bfloat16 is the upper half of a float32."""
    if dtype == "BF16":
        return (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)
    return raw.view(_DTYPES[dtype])
