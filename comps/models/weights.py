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
    """Where a checkpoint lies, relative to the record's folder or absolute, and what it was when it was pulled."""

    path: str
    size: int
    sha256: str
    #: The commit of its repository that it came from.
    revision: str


def checkpoint(name: str) -> Path | None:
    """The file that was pulled for ``name``: an entry of the catalogue, or a network (wav2lip, gfpgan: its first entry there is).

    A file that was put by hand where ``models pull --into`` puts it counts too. None where there is none of the catalogue's size.
    """
    return next((path for entry in _named(name) if (path := file_of(entry)) is not None), None)


def file_of(entry: Checkpoint) -> Path | None:
    """As ``checkpoint``, of one entry."""
    path = place_of(entry)
    try:
        return path if path.is_file() and path.stat().st_size == entry.size else None
    except OSError:
        return None


def place_of(entry: Checkpoint) -> Path:
    """Where its file was put, or would be found."""
    known = read_record(entry)
    return models_folder() / entry.name / (known.path if known is not None else entry.file_name)


def unusable(network: str, configured: Path | None, acknowledged: bool) -> str | None:
    """Why ``network`` has no weights to run with, in one sentence, with what to type; None where it has.

    ``configured`` and ``acknowledged`` are the settings ``ANIMATION_…_CHECKPOINT`` and ``ANIMATION_NON_COMMERCIAL``.
    """
    entry = next(entry for entry in CHECKPOINTS.values() if entry.network == network)
    if configured is not None:
        if not configured.is_file():
            return f"there is no file {configured} (ANIMATION_{network.upper()}_CHECKPOINT)"
    elif checkpoint(network) is None:
        return f"it has no checkpoint: run `{COMMAND} {entry.name}`, or set ANIMATION_{network.upper()}_CHECKPOINT"
    if not acknowledged and not entry.licence.commercial:
        return f"its weights are not for commercial use: set ANIMATION_NON_COMMERCIAL=true once you have read {entry.licence.url}"
    return None


def read_record(entry: Checkpoint) -> Pulled | None:
    """What was written down when ``entry`` was pulled."""
    try:
        return Pulled(**json.loads((models_folder() / entry.name / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_record(entry: Checkpoint, pulled: Pulled, models: Path) -> None:
    """Into the entry's folder in ``models``. Raises OSError."""
    folder = models / entry.name
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{RECORD}"
    part.write_text(json.dumps(asdict(pulled), indent=1) + "\n")
    part.replace(folder / RECORD)


def _named(name: str) -> list[Checkpoint]:
    return [entry for entry in CHECKPOINTS.values() if name in {entry.name, entry.network}]
