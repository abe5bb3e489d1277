"""Rigs as bytes: nested dataclasses of arrays and numbers in one NumPy archive, without pickles."""

from __future__ import annotations

import io
import types
import zipfile
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")


def pack(value: Any) -> bytes:
    """The dataclass ``value`` and all it holds: arrays, numbers, text, tuples of numbers, lists and optional parts."""
    arrays: dict[str, Any] = {}
    _collect(value, "", arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack(kind: type[T], data: bytes) -> T:
    """Raises ValueError for bytes that ``pack`` did not make of a ``kind``."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _restore(kind, "", arrays)  # type: ignore[no-any-return]
    except (KeyError, OSError, zipfile.BadZipFile, TypeError) as error:
        raise ValueError("these bytes are no rig") from error


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
        if not any(key == name or key.startswith(f"{name}.") for key in arrays):
            return None
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = {part.name: _restore(hints[part.name], f"{name}.{part.name}".lstrip("."), arrays) for part in fields(kind)}
        return kind(**parts)  # type: ignore[operator]
    if get_origin(kind) is list:
        item = get_args(kind)[0]
        return [_restore(item, f"{name}.{index}", arrays) for index in range(int(arrays[f"{name}.count"]))]
    if get_origin(kind) is tuple:
        return tuple(arrays[name].tolist())
    return arrays[name].item() if kind in {int, float, str, bool} else arrays[name]
