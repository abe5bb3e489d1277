"""Folded weights of a checkpoint, made in a process of their own and kept: reading a checkpoint takes PyTorch, which the process
that draws may never need."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from comps.animation.checkpoint import Tensors, UnusableCheckpoint

#: Of the stored form: raise it when a fold changes what it makes.
_VERSION = 3
_PATIENCE_S = 300
_REFUSED = 3


def folded(checkpoint: Path, network: str, cache: Path | None) -> Tensors:
    """What ``comps.animation.<network>.folding.fold`` makes of ``checkpoint``.

    ``cache``: a folder where it is kept by the checkpoint's SHA-256; None: it is not kept. Raises UnusableCheckpoint.
    """
    from safetensors.numpy import load_file  # noqa: PLC0415 - an extra

    if cache is None:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "folded.safetensors"
            _make(checkpoint, network, made)
            return dict(load_file(made))
    try:
        with checkpoint.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnusableCheckpoint(f"the checkpoint {checkpoint} cannot be read: {error.strerror}") from None
    kept = cache / f"{network}-{sha256}-{_VERSION}.safetensors"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / kept.name
            _make(checkpoint, network, made)
            made.replace(kept)
    return dict(load_file(kept))


def _make(checkpoint: Path, network: str, made: Path) -> None:
    command = [sys.executable, "-m", __name__, str(checkpoint), network, str(made)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise UnusableCheckpoint(f"the checkpoint {checkpoint} was not read in {_PATIENCE_S} s") from None
    if done.returncode == _REFUSED:
        raise UnusableCheckpoint(done.stdout.strip())
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise UnusableCheckpoint(f"the checkpoint {checkpoint} could not be read: {last}")


def main(checkpoint: str, network: str, made: str) -> int:
    from safetensors.numpy import save_file  # noqa: PLC0415 - an extra

    try:
        tensors = import_module(f"comps.animation.{network}.folding").fold(Path(checkpoint))
    except UnusableCheckpoint as error:
        print(error.detail)
        return _REFUSED
    save_file(tensors, made)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
