"""Services start without PyTorch where it is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

SERVICES = ["comps.asr.service", "comps.describe.service", "comps.llms.service", "comps.tts.service", "comps.animation.service"]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_no_service_nor_the_gateway_imports_pytorch() -> None:
    names = [*SERVICES, "AvatarChatbot.gateway", "comps.animation.warp.worker"]
    code = f"import sys, {', '.join(names)}; print(sorted({{'torch', 'openvino'}} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_pytorch_can_be_imported_afterwards() -> None:
    pytest.importorskip("torch")
    code = "import comps.cores.proto.base_doc, torch; torch.zeros(1)"
    subprocess.run([sys.executable, "-c", code], check=True)
