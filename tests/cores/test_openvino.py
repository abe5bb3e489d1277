"""OpenVINO in a process of its own, as workers import it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("openvino")


def test_nothing_is_reported_to_its_maker() -> None:
    """Neither is its telemetry there to report, nor does importing it leave a forked process that holds the worker's pipes."""
    imports = (
        "import os\n"
        "forked = []\n"
        "os.register_at_fork(before=lambda: forked.append(1))\n"
        "from comps.cores.openvino import ov\n"
        "from openvino.tools.ovc.telemetry_utils import tm\n"
        "print(tm.__name__, len(forked))\n"
    )
    done = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["openvino.tools.ovc.telemetry_stub", "0"]
