"""The gateway tells which languages questions can be spoken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from comps.asr.service import build
from comps.cores.common.settings import AsrSettings
from tests.gateway.toy_mesh import PATH, toy_mesh
from tests.serving import serving

pytestmark = pytest.mark.anyio


async def test_those_of_the_asr_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(service := build(AsrSettings(port=0, engine="pocketsphinx"))):
        async with toy_mesh(tmp_path, monkeypatch, asr_url=service.base_url) as mesh, mesh.client() as client:
            answer = await client.get(f"{PATH}/languages")
    assert answer.status_code == 200
    assert answer.json() == {"languages": [{"language": "en", "name": "English"}], "detects": False, "any": False}


async def test_an_asr_service_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with toy_mesh(tmp_path, monkeypatch, asr_url="http://127.0.0.1:9") as mesh, mesh.client() as client:
        answer = await client.get(f"{PATH}/languages")
    assert (answer.status_code, answer.json()["code"]) == (503, "node_unavailable")
