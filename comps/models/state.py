"""Whether a model is there to be used. Cheap: none of its files is read."""

from __future__ import annotations

import importlib.util
import json
from enum import StrEnum
from pathlib import Path

from comps.models.catalogue import MODELS, Model
from comps.models.folder import models_folder

#: The command that prepares what is missing.
COMMAND = "avatarchatbot models prepare"
#: In a model's folder: the fingerprint of the catalogue's entry that it was made by, and the size of each file.
STAMP = ".prepared"


class State(StrEnum):
    PREPARED = "prepared"
    #: Made by another entry of the catalogue, or by hand: may be used.
    OUTDATED = "outdated"
    #: Files are missing, or have another size than they had.
    DAMAGED = "damaged"
    MISSING = "missing"


def state(model: Model, models: Path) -> State:
    """Of ``model`` in ``models``, the folder of all models."""
    folder = models / model.name
    if not folder.is_dir():
        return State.MISSING
    entry, sizes = _stamp(folder)
    # What only a newer entry makes of the same files, engines make for themselves where it is missing.
    newer = set(model.made) - set(sizes)
    found = {path: _size(folder / path) for path in model.needed if path not in newer}
    if any(size is None or size != sizes.get(path, size) for path, size in found.items()):
        return State.DAMAGED
    return State.PREPARED if entry == model.fingerprint() else State.OUTDATED


def missing(name: str) -> str | None:
    """Why the model ``name`` cannot be used, in one sentence, with the command that mends it; None where it can."""
    if importlib.util.find_spec("onnxruntime") is None:
        return "the package onnxruntime is not installed"
    match state(MODELS[name], models_folder()):
        case State.MISSING:
            return f"its model {name} has not been prepared: run `{COMMAND}`"
        case State.DAMAGED:
            return f"files of its model {name} are missing or damaged: run `{COMMAND}`"
    return None


def stamp(model: Model, folder: Path) -> None:
    """Say in ``folder`` that ``model`` has been prepared there."""
    sizes = {path: _size(folder / path) for path in model.needed}
    (folder / STAMP).write_text(json.dumps({"entry": model.fingerprint(), "sizes": sizes}, indent=1) + "\n")


def _stamp(folder: Path) -> tuple[str, dict[str, int]]:
    try:
        content = json.loads((folder / STAMP).read_bytes())
        return str(content["entry"]), dict(content["sizes"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", {}


def _size(path: Path) -> int | None:
    """None where there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return None
