"""Two versions: OPEA's, which services tell, and the project's own, which packages, images and chart have in common."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import httpx
import yaml
from setuptools.config.pyprojecttoml import read_configuration

import comps.version
from AvatarChatbot.live import asyncapi
from AvatarChatbot.version import __version__
from comps import MicroService
from tests.serving import serving


def test_the_packages_version_is_the_projects() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())
    module, _, name = project["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert getattr(importlib.import_module(module), name) == __version__
    assert read_configuration("pyproject.toml")["project"]["version"] == __version__


def test_the_charts_images_are_of_the_projects_version() -> None:
    chart = yaml.safe_load(Path("kubernetes/avatarchatbot/Chart.yaml").read_text())
    assert chart["appVersion"] == chart["version"] == __version__


def test_setup_runs_again_when_the_version_changes() -> None:
    assert "AvatarChatbot/version.py" in Path("scripts/setup").read_text()


def test_services_tell_opeas_version_and_the_socket_the_projects() -> None:
    service = MicroService("any", host="127.0.0.1", port=0)
    with serving(service), httpx.Client(base_url=service.base_url, trust_env=False) as client:
        told = client.get("/v1/health_check").json()["Version"]
        documented = client.get("/openapi.json").json()["info"]["version"]
    assert told == documented == comps.version.__version__ == "1.5"
    assert asyncapi.document("/x")["info"]["version"] == __version__
