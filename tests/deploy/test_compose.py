"""The compose files' settings are explained in one place, and are settings of the services."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from AvatarChatbot.settings_table import rows

FILES = ("docker-compose.yaml", "docker-compose.gaudi.yaml", "docker-compose.rocm.yaml")
#: Read by the accelerators' own runtimes, and by MPI.
_OF_RUNTIMES = {"HABANA_VISIBLE_DEVICES", "OMPI_MCA_btl_vader_single_copy_mechanism", "HIP_VISIBLE_DEVICES"}
_OURS = ("asr", "describe", "llm", "tts", "animation", "gateway")


def _explained() -> set[str]:
    return set(re.findall(r"^([A-Z0-9_]+)=", Path(".env.example").read_text(), re.M))


@pytest.mark.parametrize("file", FILES)
def test_every_variable_is_explained(file: str) -> None:
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", Path(file).read_text())) <= _explained()


def test_nothing_else_is_explained() -> None:
    used = {name for file in FILES for name in re.findall(r"\$\{([A-Z0-9_]+)", Path(file).read_text())}
    assert _explained() <= used


@pytest.mark.parametrize("file", FILES)
def test_services_are_given_their_settings_alone(file: str) -> None:
    known = {name for name, _, _ in rows()} | {"WAV2LIP_ENDPOINT"} | _OF_RUNTIMES
    services: dict[str, Any] = yaml.safe_load(Path(file).read_text())["services"]
    for name in _OURS:
        assert set(services[name].get("environment", {})) <= known


def test_the_gateway_alone_is_published() -> None:
    services = yaml.safe_load(Path("docker-compose.yaml").read_text())["services"]
    assert [name for name in _OURS if "ports" in services[name]] == ["gateway"]
    assert services["gateway"]["ports"] == ["${PUBLISH_ADDRESS:-127.0.0.1}:${PUBLISH_PORT:-8888}:8888"]
    assert {name for name in _OURS if services[name]["networks"] == ["mesh"]} == set(_OURS) - {"gateway"}


@pytest.mark.parametrize("file", FILES)
def test_each_service_answers_for_the_name_that_the_gateway_asks_it_by(file: str) -> None:
    services: dict[str, Any] = yaml.safe_load(Path("docker-compose.yaml").read_text())["services"]
    told: dict[str, str] = services["gateway"]["environment"]
    for name in _OURS[:-1]:
        host = urlsplit(told[f"AVATARCHATBOT_{name.upper()}_URL"]).hostname
        assert services[name]["environment"]["MESH_HOSTS"] == host
    # The other file's services have the same settings and more.
    for name, service in yaml.safe_load(Path(file).read_text())["services"].items():
        if name in _OURS and "extends" in service:
            assert service["extends"] == {"file": "docker-compose.yaml", "service": name}
            assert "MESH_HOSTS" not in service.get("environment", {})


@pytest.mark.parametrize("file", FILES)
def test_each_file_has_all_services_and_their_volumes(file: str) -> None:
    described, ours = (yaml.safe_load(Path(name).read_text()) for name in (file, "docker-compose.yaml"))
    assert described["services"].keys() == ours["services"].keys()
    assert described["volumes"] == ours["volumes"]
    assert described["networks"] == ours["networks"]


@pytest.mark.parametrize(
    ("file", "given", "image"),
    [
        ("docker-compose.gaudi.yaml", {"runtime": "habana"}, {"dockerfile": "docker/Dockerfile.intel_hpu"}),
        ("docker-compose.rocm.yaml", {"devices": ["/dev/kfd", "/dev/dri"]}, {"args": {"ENGINES": "rocm"}}),
    ],
)
def test_the_accelerator_is_given_to_animation_alone(file: str, given: dict[str, Any], image: dict[str, Any]) -> None:
    services: dict[str, Any] = yaml.safe_load(Path(file).read_text())["services"]
    assert services["animation"].items() >= given.items()
    assert services["animation"]["build"].items() >= image.items()
    for name in _OURS:
        if name != "animation":
            assert services[name].keys() == {"extends"}


def test_animation_reads_checkpoints_from_a_folder_that_it_cannot_write_to() -> None:
    animation = yaml.safe_load(Path("docker-compose.yaml").read_text())["services"]["animation"]
    assert "${MODELS_FOLDER:-checkpoints}:/models:ro" in animation["volumes"]


def test_the_gateway_answers_for_where_it_is_published_and_for_names_in_the_settings() -> None:
    gateway = yaml.safe_load(Path("docker-compose.yaml").read_text())["services"]["gateway"]["environment"]
    assert gateway["AVATARCHATBOT_PUBLISHED_AT"] == "${PUBLISH_ADDRESS:-127.0.0.1}"
    for setting in ("AVATARCHATBOT_HOSTS", "AVATARCHATBOT_ORIGINS", "AVATARCHATBOT_PROXIES"):
        assert gateway[setting] == f"${{{setting}:-}}"


def _grafana(password: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What its container runs; in place of the image's own program one that says its password."""
    grafana = yaml.safe_load(Path("docker-compose.yaml").read_text())["services"]["grafana"]
    variables = {name: value.replace("${GRAFANA_PASSWORD:-}", password) for name, value in grafana["environment"].items()}
    program = folder / "run.sh"
    program.write_text("#!/bin/sh\necho started with $GF_SECURITY_ADMIN_PASSWORD\n")
    program.chmod(0o755)
    command = [part.replace("$$", "$").replace("/run.sh", str(program)) for part in grafana["entrypoint"]]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_grafana_starts_with_a_password_of_its_own_alone(tmp_path: Path) -> None:
    ran = _grafana("", tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "GRAFANA_PASSWORD" in ran.stderr
    ran = _grafana("a secret", tmp_path)
    assert (ran.returncode, ran.stdout.strip()) == (0, "started with a secret")


def test_no_password_stands_in_a_compose_file_and_none_is_wanted_of_other_profiles() -> None:
    for file in FILES:
        text = Path(file).read_text()
        assert re.findall(r"(?i)password[^\n]*:-[^}]", text) == []
        assert ":?" not in text, "Compose asks for such a variable whatever the profile"
    assert re.search(r"^GRAFANA_PASSWORD=$", Path(".env.example").read_text(), re.M)
