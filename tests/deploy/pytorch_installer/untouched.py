"""Run in an image built on the stand-in base: exits 1 unless Python, torch and habana_frameworks are the base's, unchanged."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from pathlib import Path

import habana_frameworks.torch.hpu
import torch

BASE = Path("/usr/local")


def main() -> None:
    assert torch.mark == "of the base image"
    assert Path(torch.__file__).is_relative_to(BASE)
    assert Path(habana_frameworks.torch.hpu.__file__).is_relative_to(BASE)
    assert Path(sys.base_prefix) == BASE
    assert Path(sys.executable).resolve().is_relative_to(BASE)
    assert [found.version for found in importlib.metadata.distributions(name="torch")] == [torch.__version__]
    recorded = dict(reversed(line.split("  ", 1)) for line in Path("/base.sha256").read_text().splitlines())
    there = {str(path) for path in BASE.rglob("*") if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"}
    assert there == recorded.keys(), there ^ recorded.keys()
    changed = [path for path, digest in recorded.items() if hashlib.sha256(Path(path).read_bytes()).hexdigest() != digest]
    assert not changed, changed
    print(f"torch {torch.__version__} and all {len(recorded)} files of the base are as they were")


if __name__ == "__main__":
    main()
