"""onnxruntime in a process of its own, as workers open it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from comps.models.folder import model_folder


@pytest.mark.parametrize("module", ["comps.cores.onnx", "comps.listening.vad"])
def test_nothing_is_reported_to_its_maker(module: str, tmp_path: Path) -> None:
    """Its telemetry keeps the session's number in a file of the temporary folder, ``.ses``."""
    folder = model_folder("silero-vad")
    if folder is None:
        pytest.skip("silero-vad has not been prepared")
    model = str(folder / "silero_vad_16k_op15.onnx")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    opens = f"import {module}\nfrom pathlib import Path\nfrom comps.cores.onnx import session\nsession(Path({model!r}))\n"
    subprocess.run([sys.executable, "-c", opens], env=environment, check=True)
    assert not list(tmp_path.iterdir())
