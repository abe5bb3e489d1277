"""The image build prepares models before anything is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from comps.models.catalogue import MODELS

BARE = [sys.executable, "-I", "-S"]


def _bare(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Of a Python that has only its standard library, and this project."""
    code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); {code}"
    return subprocess.run([*BARE, "-c", code, *arguments], capture_output=True, text=True, check=False)


_STEPS = {model.finish.partition(":")[0] for model in MODELS.values() if model.finish}


@pytest.mark.parametrize("module", ["comps.models.prepare", "comps.models.__main__", *sorted(_STEPS)])
def test_nothing_but_the_standard_library_is_needed(module: str) -> None:
    done = _bare(f"import {module}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_tells_what_it_could_not_prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    code = "import runpy; runpy.run_module('comps.models', run_name='__main__', alter_sys=False)"
    done = _bare(code, str(tmp_path / "models"), "silero-vad")
    assert done.returncode == 1
    assert "silero-vad is not prepared" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_dockerfile_names_models_of_the_catalogue() -> None:
    named = re.findall(r"python -B -m comps\.models /\w+ ([\w-]+)", Path("docker/Dockerfile").read_text())
    assert set(named) == set(MODELS)
