"""The Dockerfile: lint, and a target with a healthcheck for every service."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCKERFILE = Path("docker/Dockerfile")


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, "--no-color", DOCKERFILE], check=False, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("service", ["asr", "describe", "llm", "tts", "animation", "gateway"])
def test_a_services_image_runs_it_as_somebody_and_is_asked_how_it_is(service: str) -> None:
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", DOCKERFILE.read_text(), re.M | re.S))
    body = stages[service]
    assert re.findall(r"^USER (.*)$", body, re.M)[-1] == "10001:10001"
    (port,) = re.findall(r"^EXPOSE (\d+)$", body, re.M)
    assert f'"comps.cores.health", "{port}"]' in body
    assert re.search(r'^CMD \["python", "-m", "(comps|AvatarChatbot)\.\w+', body, re.M)
