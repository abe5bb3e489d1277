"""The Dockerfiles: lint, a target with a healthcheck for every service, and package lists whose versions are pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCKERFILE, OF_GAUDI = Path("docker/Dockerfile"), Path("docker/Dockerfile.intel_hpu")
STAND_IN = Path("tests/deploy/pytorch_installer/Dockerfile")
PACKAGES = Path("docker/packages")


@pytest.mark.parametrize("file", [DOCKERFILE, OF_GAUDI, STAND_IN], ids=str)
def test_hadolint_finds_nothing(file: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, "--no-color", file], check=False, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def _stages(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", file.read_text(), re.M | re.S))


@pytest.mark.parametrize(
    ("file", "service"),
    [(DOCKERFILE, name) for name in ("asr", "describe", "llm", "tts", "animation", "gateway")] + [(OF_GAUDI, "animation")],
)
def test_a_services_image_runs_it_as_somebody_and_is_asked_how_it_is(file: Path, service: str) -> None:
    body = _stages(file)[service]
    assert re.findall(r"^USER (.*)$", body, re.M)[-1] == "10001:10001"
    (port,) = re.findall(r"^EXPOSE (\d+)$", body, re.M)
    assert f'"comps.cores.health", "{port}"]' in body
    assert re.search(r'^CMD \["python", "-m", "(comps|AvatarChatbot)\.\w+', body, re.M)


def test_both_images_of_animation_run_it_alike() -> None:
    ours, of_gaudi = (_stages(file)["animation"].splitlines() for file in (DOCKERFILE, OF_GAUDI))
    ours, of_gaudi = ([line for line in lines if line] for lines in (ours, of_gaudi))
    assert of_gaudi[-4:] == ours[-4:]


def _packages(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-"))]


def test_every_package_of_a_list_is_pinned() -> None:
    lines = Path("requirements/constraints.txt").read_text().splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    for file in PACKAGES.rglob("*.txt"):
        for package in _packages(file):
            name = package.partition("[")[0].lower().replace("_", "-")
            # An extra that no test installs.
            assert name in pinned | {"faster-whisper"}, f"{package} of {file}"


@pytest.mark.parametrize("engines", ["cpu", "cuda", "rocm"])
def test_pytorch_is_installed_by_itself_from_an_index_that_serves_nothing_else(engines: str) -> None:
    assert _packages(PACKAGES / engines / "torch.txt") == ["torch"]
    assert "torch" in _packages(PACKAGES / engines / "animation.txt")
    for file in PACKAGES.rglob("*.txt"):
        assert file.name == "torch.txt" or "--index-url" not in file.read_text()


def test_gaudi_gets_no_pytorch_but_the_base_images_own() -> None:
    for file in (PACKAGES / "gaudi").glob("*.txt"):
        assert "torch" not in _packages(file)
    body = _stages(OF_GAUDI)["animation"]
    assert "-m venv --system-site-packages" in body
    assert "/^torch==/d" in body
