"""Rigs as bytes: nested dataclasses of arrays and numbers, without pickles. Arrays are read in place: loading takes a few ms.

Layout: ``WARPRIG1``, 4 bytes of header length (little endian), the header (JSON: name → dtype, shape, offset), padding to 16
bytes, the arrays.
"""

from __future__ import annotations

import json
import struct
import types
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")

_MAGIC = b"WARPRIG1"
_ALIGN = 16


def pack(value: Any) -> bytes:
    """The dataclass ``value`` and all it holds: arrays, numbers, text, tuples of numbers, lists and optional parts."""
    arrays: dict[str, Any] = {}
    _collect(value, "", arrays)
    index, offset = {}, 0
    for name, array in arrays.items():
        index[name] = [array.dtype.str, array.shape, offset]
        offset += _padded(array.nbytes)
    header = json.dumps(index).encode()
    parts = [_MAGIC, struct.pack("<I", len(header)), header]
    parts.append(bytes(_padded(sum(map(len, parts))) - sum(map(len, parts))))
    for array in arrays.values():
        parts += [array.tobytes(), bytes(_padded(array.nbytes) - array.nbytes)]
    return b"".join(parts)


def unpack(kind: type[T], data: bytes) -> T:
    """Raises ValueError for bytes that ``pack`` did not make of a ``kind``. Arrays are views of ``data``, read-only."""
    start = len(_MAGIC) + 4
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("these bytes are no rig")
    try:
        (length,) = struct.unpack("<I", data[len(_MAGIC) : start])
        body = _padded(start + length)
        arrays = {
            name: _view(data, np.dtype(dtype), tuple(shape), body + offset)
            for name, (dtype, shape, offset) in json.loads(data[start : start + length]).items()
        }
        return cast("T", _restore(kind, "", arrays))
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError("these bytes are no rig") from error


def _padded(length: int) -> int:
    return -(-length // _ALIGN) * _ALIGN


def _view(data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> Any:
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(data, dtype, count, offset).reshape(shape) if count else np.empty(shape, dtype)


def _collect(value: Any, name: str, arrays: dict[str, Any]) -> None:
    if is_dataclass(value):
        for part in fields(value):
            _collect(getattr(value, part.name), f"{name}.{part.name}".lstrip("."), arrays)
    elif isinstance(value, list):
        arrays[f"{name}.count"] = np.array(len(value))
        for index, item in enumerate(value):
            _collect(item, f"{name}.{index}", arrays)
    elif value is not None:
        arrays[name] = np.asarray(value)


def _restore(kind: Any, name: str, arrays: dict[str, Any]) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        kind = get_args(kind)[0]
        # Optional parts are dataclasses or arrays; the first of their fields tells whether they are there.
        first = f"{name}.{fields(kind)[0].name}" if is_dataclass(kind) else name
        if first not in arrays:
            return None
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = {part.name: _restore(hints[part.name], f"{name}.{part.name}".lstrip("."), arrays) for part in fields(kind)}
        return cast("Any", kind)(**parts)
    if get_origin(kind) is list:
        item = get_args(kind)[0]
        return [_restore(item, f"{name}.{index}", arrays) for index in range(int(arrays[f"{name}.count"]))]
    if get_origin(kind) is tuple:
        return tuple(arrays[name].tolist())
    return arrays[name] if _is_array(kind) else arrays[name].item()


def _is_array(kind: Any) -> bool:
    return get_origin(kind) is np.ndarray
