"""``avatarchatbot up`` as a supervisor: ports that stay, a token where clients need keys."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest

from AvatarChatbot import avatars
from AvatarChatbot.local import LocalMesh
from comps.animation.avatars import avatar_id
from comps.cores.proto.avatar import AvatarRequest
from tests.e2e.mesh import Mesh, parent, ready

PATH = "/v1/avatarchatbot"
pytestmark = pytest.mark.timeout(180)


def test_a_service_that_died_keeps_its_port_and_refuses_at_once(mesh: Mesh) -> None:
    url = mesh.addresses()["tts"]
    port = urlsplit(url).port
    for _ in range(2):
        pid = mesh.pid_of("tts")
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.005)
        started = time.monotonic()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{url}/health/live", trust_env=False, timeout=30)
        assert time.monotonic() - started < 0.4, "who asks is not kept waiting for the next one"
        while time.monotonic() - started < 30:
            try:
                if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.05)
        assert mesh.pid_of("tts") != pid


def test_services_start_again_after_the_server_that_forks_them_was_killed(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    try:
        mesh.wait_until_ready()
        addresses = mesh.addresses()
        (forkserver,) = [pid for pid in mesh.processes() if "forkserver" in _command(pid) and parent(pid) == mesh.process.pid]
        os.kill(forkserver, signal.SIGKILL)
        os.kill(mesh.pid_of("tts"), signal.SIGKILL)
        for address in addresses.values():
            ready(address)
        with mesh.client() as client:
            assert client.post(PATH, json={"text": "Hello!", "profile": {"size": 128}}).status_code == 200
    finally:
        mesh.stop()
    until = time.monotonic() + 10
    while mesh.processes() and time.monotonic() < until:
        time.sleep(0.1)
    assert mesh.processes() == {}


@pytest.mark.anyio
async def test_a_service_that_could_not_be_started_again_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that forks services can be killed in the very moment of a start."""
    monkeypatch.setenv("STORAGE_BLOBS", str(tmp_path / "blobs"))
    async with LocalMesh() as mesh:
        tts = next(service for service in mesh.services if service.part.name == "tts")
        started = type(mesh._context.Process()).start
        failures: list[Exception] = [EOFError(), ConnectionRefusedError()]

        def start(process: Any) -> None:
            if failures:
                raise failures.pop()
            started(process)

        monkeypatch.setattr(type(mesh._context.Process()), "start", start)
        assert tts.process is not None
        assert tts.process.pid is not None
        os.kill(tts.process.pid, signal.SIGKILL)
        with anyio.fail_after(20):
            while failures:
                await anyio.sleep(0.1)
        await anyio.to_thread.run_sync(ready, tts.url)


def test_the_programs_own_faces_are_known_before_anybody_asks_for_one(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    try:
        mesh.wait_until_ready()
        known = f"{mesh.addresses()['animation']}/v1/animation/avatars"
        faces = {name: avatar_id(AvatarRequest(media=avatars.path(name).read_bytes())) for name in avatars.names()}
        until = time.monotonic() + 60
        while faces and time.monotonic() < until:
            faces = {
                name: face for name, face in faces.items() if httpx.get(f"{known}/{face}", trust_env=False).status_code == 404
            }
            time.sleep(0.1)
        assert faces == {}
    finally:
        mesh.stop()


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def test_with_keys_services_answer_their_own_mesh_alone(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path, AVATARCHATBOT_API_KEY="secret")
    try:
        mesh.wait_until_ready()
        for service, address in mesh.addresses().items():
            answer = httpx.get(f"{address}/v1/statistics", trust_env=False)
            assert answer.status_code == 401, service
            assert httpx.get(f"{address}/health/ready", trust_env=False).status_code == 200
        with mesh.client(headers={"Authorization": "Bearer secret"}) as client:
            assert client.post(PATH, json={"text": "Hello!", "profile": {"size": 128}}).status_code == 200
        tokens = {_token(pid) for pid, command in mesh.processes().items() if "workers.child" in command}
    finally:
        mesh.stop()
    (token,) = tokens
    assert len(token) > 30
    assert token not in mesh.log.read_text()


def _token(worker: int) -> str:
    """The mesh's token, which workers inherit."""
    variables = Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
    return next(value for name, _, value in (entry.decode().partition("=") for entry in variables) if name == "MESH_TOKEN")
