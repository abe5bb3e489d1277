"""OPEA's names, importable from ``comps``; and what importing it must not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

import comps


@pytest.mark.parametrize("name", comps.__all__)
def test_every_exported_name_exists(name: str) -> None:
    assert getattr(comps, name) is not None


def test_other_names_do_not() -> None:
    with pytest.raises(AttributeError):
        _ = comps.nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "module", ["comps.cores.workers.child", "comps.animation.warp.worker", "comps.tts.engines.espeak_worker"]
)
def test_workers_import_no_web_framework(module: str) -> None:
    found = f"import {module}, sys; print([m for m in ('fastapi', 'uvicorn', 'sqlalchemy', 'httpx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
