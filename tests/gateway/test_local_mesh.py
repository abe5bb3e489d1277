"""The mesh on one machine, before it starts: its ports and its token."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from AvatarChatbot import ports
from AvatarChatbot.local import LocalMesh, ServiceFailedError
from AvatarChatbot.ports import GATEWAY, STAGES, Part, PortError, bind, close
from comps.cores.common.settings import ServiceSettings
from tests.e2e.mesh import free_port


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AVATARCHATBOT_API_KEY", "AVATARCHATBOT_KEYS", "MESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _token(mesh: LocalMesh) -> str:
    return mesh.gateway_settings().mesh.token.get_secret_value()


def test_meshes_that_choose_their_ports_at_once_share_none() -> None:
    with ThreadPoolExecutor(12) as threads:
        meshes = list(threads.map(lambda _: LocalMesh(sockets=bind(0)), range(24)))
    ports = [service.port for mesh in meshes for service in mesh.services]
    assert len(set(ports)) == len(ports) == 24 * 6


def test_ports_are_held_from_when_they_are_chosen() -> None:
    mesh = LocalMesh(sockets=bind(0))
    for service in mesh.services:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", service.port))


@contextmanager
def _taken() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_gateway_port_that_is_taken_is_named() -> None:
    with _taken() as port, pytest.raises(PortError, match=f"{port} of gateway.*another program.*AVATARCHATBOT_PORT"):
        bind(port)


@pytest.mark.parametrize("part", STAGES, ids=lambda part: part.name)
def test_a_port_that_a_setting_names_is_taken_or_refused_never_exchanged(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv(f"{part.prefix}PORT", str(port))
    sockets = bind(0)
    assert sockets[part].getsockname()[1] == port
    close(sockets.values())
    with _taken() as port:
        monkeypatch.setenv(f"{part.prefix}PORT", str(port))
        with pytest.raises(PortError, match=f"{port} of {part.name}.*{part.prefix}PORT"):
            bind(0)


@pytest.mark.parametrize("name", ["AVATARCHATBOT_PORT", "MEGA_SERVICE_PORT"])
def test_the_gateways_port_is_its_settings_unless_one_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port, other = free_port(), free_port()
    monkeypatch.setenv(name, str(port))
    for given, expected in ((None, port), (other, other)):
        sockets = bind(given)
        assert sockets[GATEWAY].getsockname()[1] == expected
        close(sockets.values())


def test_a_usual_port_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway is asked for at the llm stage's usual port, tts at that of asr."""
    usual = {part: free_port() for part in STAGES}
    stages = tuple(replace(part, settings=_with_port(part.settings, port)) for part, port in usual.items())
    monkeypatch.setattr(ports, "STAGES", stages)
    by_name = {part.name: port for part, port in usual.items()}
    monkeypatch.setenv("TTS_PORT", str(by_name["asr"]))
    sockets = bind(by_name["llm"])
    got = {part.name: bound.getsockname()[1] for part, bound in sockets.items()}
    close(sockets.values())
    assert (got["gateway"], got["tts"]) == (by_name["llm"], by_name["asr"])
    assert (got["describe"], got["animation"]) == (by_name["describe"], by_name["animation"])
    assert len(set(got.values())) == 6


def _with_port(settings: type[ServiceSettings], usual: int) -> type[ServiceSettings]:
    """These settings with another usual port: another mesh may be running at the real one."""
    return type(settings.__name__, (settings,), {"__annotations__": {"port": int}, "port": usual, "__module__": __name__})


def test_two_services_at_one_port_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("ASR_PORT", str(port))
    monkeypatch.setenv("TTS_PORT", str(port))
    with pytest.raises(PortError, match=f"{port} is asked for asr and for tts"):
        bind(0)


@pytest.mark.parametrize("value", ["plenty", "70000", "-1"])
def test_a_port_that_is_none_is_told(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PORT", value)
    with pytest.raises(PortError, match=r"llm.*LLM_.*port") as caught:
        bind(0)
    assert "plenty" not in str(caught.value)


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
