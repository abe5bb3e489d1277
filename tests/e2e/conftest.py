"""One mesh for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.mesh import Mesh
from tests.e2e.web_page import chromium

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    mesh = Mesh(tmp_path_factory.mktemp("mesh"))
    try:
        mesh.wait_until_ready()
        yield mesh
    finally:
        mesh.stop()


@pytest.fixture(scope="session")
def client(mesh: Mesh) -> Iterator[httpx.Client]:
    with mesh.client() as client:
        yield client


@pytest.fixture(scope="session")
def question() -> bytes:
    """ "Who are you?", spoken (flite), as the demo asks it."""
    return Path("AvatarChatbot/demo/who_are_you.wav").read_bytes()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
