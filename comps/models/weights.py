"""Checkpoints of neural engines that ``avatarchatbot models pull`` fetched, found by name. Cheap: no file is read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from comps.models.checkpoints import CHECKPOINTS, Checkpoint
from comps.models.folder import models_folder

#: The command that fetches one.
COMMAND = "avatarchatbot models pull"
#: In the folder of a checkpoint among the models: what was pulled.
RECORD = "pulled.json"


@dataclass(frozen=True)
class Pulled:
    """Where a checkpoint lies, relative to its folder or absolute, and what it was when it was pulled."""

    path: str
    size: int
    sha256: str
    #: The commit of its repository that it came from, or nothing.
    revision: str


def checkpoint(name: str) -> Path | None:
    """The file that was pulled for ``name``, a checkpoint or a network (wav2lip, gfpgan: the first in the catalogue's order).

    A file that was put by hand where ``models pull`` puts them counts too. None where there is none, or its size has changed.
    Cheap: the file is not read.
    """
    return next((path for entry in _named(name) if (path := _file(entry)) is not None), None)


def record(entry: Checkpoint) -> Pulled | None:
    """What was written down when ``entry`` was pulled."""
    try:
        return Pulled(**json.loads((folder(entry) / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_record(entry: Checkpoint, pulled: Pulled) -> None:
    folder(entry).mkdir(parents=True, exist_ok=True)
    part = folder(entry) / f".{RECORD}"
    part.write_text(json.dumps(asdict(pulled), indent=1) + "\n")
    part.replace(folder(entry) / RECORD)


def folder(entry: Checkpoint) -> Path:
    """Where the record of ``entry`` lies, and its file unless another place was asked for."""
    return models_folder() / entry.name


def _named(name: str) -> list[Checkpoint]:
    return [entry for entry in CHECKPOINTS.values() if name in {entry.name, entry.network}]


def _file(entry: Checkpoint) -> Path | None:
    known = record(entry)
    path = folder(entry) / (known.path if known is not None else entry.file_name)
    size = known.size if known is not None else entry.size
    try:
        return path if path.is_file() and size in {None, path.stat().st_size} else None
    except OSError:
        return None
