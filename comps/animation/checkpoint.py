"""Checkpoints of neural animators: read without executing what they hold, and compared with the layout that a network has.

Four formats: safetensors; PyTorch's archives and its older pickles (``torch.load`` with ``weights_only``, which refuses code);
and TorchScript archives, of which only the tensors are read, by a reader that knows no other names: their programs never run.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.cores.common.safetensors import array, map_safetensors
from comps.cores.errors import NodeUnavailable

Tensors = dict[str, NDArray[Any]]

#: How many names a message gives.
_NAMED = 3
_ZIP = b"PK\x03\x04"


class UnusableCheckpoint(NodeUnavailable):
    """A checkpoint is not there, is damaged, holds code, or is of another network."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, node="animation", field="checkpoint")


def read(path: Path, under: Sequence[str] = ("state_dict",)) -> Tensors:
    """The tensors of the checkpoint at ``path`` by name, float32 or int64, without the prefix ``module.``.

    ``under``: keys below which training states keep them. Raises UnusableCheckpoint.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise UnusableCheckpoint(f"the checkpoint {path} cannot be read: {error.strerror}") from None
    try:
        state = _by_format(path, head)
    except pickle.UnpicklingError as error:
        raise UnusableCheckpoint(
            f"the checkpoint {path} holds code or unknown objects, none of which was run: {_short(error)}"
        ) from None
    except Exception as error:
        raise UnusableCheckpoint(f"the checkpoint {path} is damaged or of an unknown format: {_short(error)}") from None
    for key in under:
        if isinstance(state.get(key), Mapping):
            state = state[key]
            break
    others = [str(name) for name, value in state.items() if not isinstance(value, np.ndarray) and not hasattr(value, "detach")]
    if others or not state:
        raise UnusableCheckpoint(f"the checkpoint {path} is no state dict: {_listed(others) or 'it is empty'}")
    return {str(name).removeprefix("module."): _plain(value) for name, value in state.items()}


def check(tensors: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int, ...]], network: str) -> None:
    """Raise UnusableCheckpoint, saying what differs, unless ``tensors`` are exactly those of ``shapes`` (names → shapes)."""
    wrong = [name for name, shape in shapes.items() if name in tensors and tensors[name].shape != shape]
    differences = (
        ("missing", [name for name in shapes if name not in tensors]),
        ("unknown", [name for name in tensors if name not in shapes]),
        ("of another shape", [f"{name} {list(tensors[name].shape)}, not {list(shapes[name])}" for name in wrong]),
    )
    told = [f"{len(names)} {kind}: {_listed(names)}" for kind, names in differences if names]
    if told:
        raise UnusableCheckpoint(f"the checkpoint is not {network}'s: of {len(shapes)} tensors, " + "; ".join(told))


def _by_format(path: Path, head: bytes) -> Mapping[str, Any]:
    if head.startswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                return dict(_flat(_TorchScript(archive).load()))
    elif head[8:9] == b"{":
        return map_safetensors(path)
    import torch  # noqa: PLC0415 - the other formats do without it

    state = torch.load(path, map_location="cpu", weights_only=True, mmap=head.startswith(_ZIP))
    if not isinstance(state, Mapping):
        raise ValueError(f"it holds one {type(state).__name__}")
    return state


class _Module:
    """Stands for every class of a TorchScript program: its attributes, and none of its code."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.attributes = state


class _TorchScript(pickle.Unpickler):
    """Reads the attributes of a TorchScript archive. Any name but those of tensors and the archive's own classes is refused."""

    _STORAGES = {  # noqa: RUF012
        "DoubleStorage": "F64",
        "FloatStorage": "F32",
        "HalfStorage": "F16",
        "BFloat16Storage": "BF16",
        "LongStorage": "I64",
        "IntStorage": "I32",
    }

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._root = next(name for name in archive.namelist() if name.endswith("/data.pkl")).removesuffix("data.pkl")
        super().__init__(io.BytesIO(archive.read(self._root + "data.pkl")))

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__."):
            return _Module
        if module == "torch" and name in self._STORAGES:
            return self._STORAGES[name]
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
            ("torch.jit._pickle", "build_intlist"): list,
            ("torch.jit._pickle", "build_doublelist"): list,
            ("torch.jit._pickle", "build_boollist"): list,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        _, dtype, key, *_ = pid
        return array(np.frombuffer(self._archive.read(f"{self._root}data/{key}"), np.uint8), dtype)


def _tensor(storage: NDArray[Any], offset: int, size: Sequence[int], stride: Sequence[int], *_: Any) -> NDArray[Any]:
    """A tensor of a storage; bounds are checked, since strides come from the file."""
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride), default=0) < 0 or (0 not in size and last >= storage.size):
        raise ValueError("a tensor is larger than its storage")
    bytes_ = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, bytes_, writeable=False)


def _parameter(tensor: NDArray[Any], *_: Any) -> NDArray[Any]:
    return tensor


def _flat(module: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Tensors below a module by their dotted names, as ``state_dict`` has them."""
    if not isinstance(module, _Module):
        raise ValueError("it holds no module")
    for name, value in module.attributes.items():
        if isinstance(value, np.ndarray):
            yield prefix + name, value
        elif isinstance(value, _Module):
            yield from _flat(value, f"{prefix}{name}.")


def _plain(value: Any) -> NDArray[Any]:
    if not isinstance(value, np.ndarray):
        value = value.detach()
        value = (value.float() if value.is_floating_point() else value.long()).numpy()
    return np.asarray(value, np.float32 if value.dtype.kind == "f" else np.int64)


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _short(error: Exception) -> str:
    """The first sentence: PyTorch's messages advise to load the file with its code."""
    text = " ".join(str(error).split())
    return text.split("Please file")[0].split(". ")[0][:200] or type(error).__name__
