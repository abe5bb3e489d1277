"""The mesh on one machine, before it starts: its ports and its token."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from AvatarChatbot.local import LocalMesh, ServiceFailedError


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AVATARCHATBOT_API_KEY", "AVATARCHATBOT_KEYS", "MESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _token(mesh: LocalMesh) -> str:
    return mesh.gateway_settings().mesh.token.get_secret_value()


def test_meshes_that_choose_their_ports_at_once_share_none() -> None:
    with ThreadPoolExecutor(12) as threads:
        meshes = list(threads.map(lambda _: LocalMesh(gateway_port=0, fixed_ports=True), range(24)))
    ports = [service.port for mesh in meshes for service in mesh.services]
    assert len(set(ports)) == len(ports) == 24 * 6


def test_ports_are_held_from_when_they_are_chosen() -> None:
    mesh = LocalMesh(gateway_port=0)
    for service in mesh.services:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", service.port))


def test_a_gateway_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceFailedError, match=str(port)):
            LocalMesh(gateway_port=port)


def test_settings_that_are_wrong_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATARCHATBOT_KEY_RATE", "plenty")
    with pytest.raises(ServiceFailedError, match="key_rate") as caught:
        LocalMesh()
    assert "plenty" not in str(caught.value)


def test_a_token_is_made_where_clients_need_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _token(LocalMesh()) == ""
    monkeypatch.setenv("AVATARCHATBOT_API_KEY", "open sesame")
    made = {_token(LocalMesh()) for _ in range(3)}
    assert len(made) == 3
    assert all(len(token) > 30 for token in made)
    monkeypatch.delenv("AVATARCHATBOT_API_KEY")
    monkeypatch.setenv("AVATARCHATBOT_KEYS", str(tmp_path / "keys"))
    assert len(_token(LocalMesh())) > 30


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_token_that_is_given_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str) -> None:
    if where == "environment":
        monkeypatch.setenv("MESH_TOKEN", "ours")
    else:
        (tmp_path / ".env").write_text("MESH_TOKEN=ours\n")
    monkeypatch.setenv("AVATARCHATBOT_API_KEY", "open sesame")
    assert _token(LocalMesh()) == "ours"
