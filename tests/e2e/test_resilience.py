"""Services that die, clients that leave, many at once."""

from __future__ import annotations

import base64
import io
import os
import signal
import socket
import threading
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from AvatarChatbot import avatars
from tests.e2e.mesh import Mesh
from tests.e2e.video import decode

PATH = "/v1/avatarchatbot"


@pytest.mark.parametrize("service", ["llm", "tts", "animation", "asr"])
def test_a_service_that_is_down_is_named_and_comes_back(mesh: Mesh, client: httpx.Client, question: bytes, service: str) -> None:
    body = {"audio": base64.b64encode(question).decode()} if service == "asr" else {"text": "Hello!"}
    os.kill(mesh.pid_of(service), signal.SIGKILL)
    answer = client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["node"], answer.json()["code"]) == (503, service, "node_unavailable")
    _until(lambda: client.post(PATH, json=body).status_code == 200, 30)


def _until(condition: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_eight_at_once_all_answer_and_none_is_mixed_up(client: httpx.Client) -> None:
    names = [*avatars.names(), *avatars.names()][:8]
    questions = [f"Hello number {word}!" for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")]

    def ask(pair: tuple[str, str]) -> dict[str, object]:
        name, question = pair
        answer = client.post(PATH, json={"text": question, "avatar": name}, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        said = dict(answer.json())
        said["frame"] = decode(client.get(str(said["video_path"])).content).frames[0]
        return said

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, zip(names, questions, strict=True)))
    assert [answer["transcript"] for answer in answers] == questions
    assert len({answer["id"] for answer in answers}) == 8
    faces = {name: _small(_picture(name)) for name in set(names)}
    for name, answer in zip(names, answers, strict=True):
        frame = _small(np.asarray(answer["frame"]))
        nearest = min(faces, key=lambda other: float(np.abs(faces[other] - frame).mean()))
        assert nearest == name


def _picture(name: str) -> np.ndarray:
    import cv2

    return np.asarray(cv2.cvtColor(cv2.imread(str(avatars.path(name))), cv2.COLOR_BGR2RGB))


def _small(image: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA), np.float32)


def _long_speech(question: bytes, seconds: int) -> bytes:
    """The question again and again."""
    with wave.open(io.BytesIO(question)) as once:
        parameters, pcm = once.getparams(), once.readframes(once.getnframes())
    repeated = io.BytesIO()
    with wave.open(repeated, "wb") as file:
        file.setparams(parameters)
        file.writeframes(pcm * (seconds * parameters.framerate * 2 // len(pcm)))
    return repeated.getvalue()


def test_all_work_stops_when_the_client_leaves(mesh: Mesh, client: httpx.Client, question: bytes) -> None:
    body = b'{"avatar": "%s", "audio": "%s"}' % (
        avatars.names()[0].encode(),
        base64.b64encode(_long_speech(question, 60)),
    )
    client.post(PATH, json={"text": "Hello!"})
    with socket.create_connection(("127.0.0.1", mesh.port)) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        before = mesh.cpu_seconds()
        _until(lambda: mesh.cpu_seconds() - before > 1.0, 20)
    time.sleep(1.0)
    settled = mesh.cpu_seconds()
    time.sleep(1.5)
    assert mesh.cpu_seconds() - settled < 0.3
    for service, address in mesh.addresses().items():
        metrics = httpx.get(f"{address}/metrics", trust_env=False).text
        # Asking for the metrics is itself a request in progress.
        assert "\nhttp_requests_in_progress 1.0" in metrics, service


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    mesh.wait_until_ready()
    with mesh.client() as client:
        assert client.post(PATH, json={"text": "Hello!"}).status_code == 200
    assert len(mesh.processes()) > 6
    mesh.stop()
    assert mesh.process.returncode == 0
    _until(lambda: not mesh.processes(), 3)


def test_killing_the_supervisor_ends_the_services(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    mesh.wait_until_ready()
    mesh.process.kill()
    mesh.process.wait()
    _until(lambda: not mesh.processes(), 15)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_requests_leave_no_temporary_files(mesh: Mesh, client: httpx.Client, question: bytes) -> None:
    def ask(number: int) -> tuple[int, str]:
        body: dict[str, object] = {"text": f"Hello {number}!", "profile": {"size": 128}}
        if number % 4 == 0:
            body = {"audio": base64.b64encode(question).decode(), "profile": {"size": 128}}
        if number % 5 == 0:
            body["avatar"] = base64.b64encode(b"not a picture, but long enough to be looked at as one").decode()
        answer = client.post(PATH, json=body)
        return answer.status_code, "" if answer.is_success else answer.text

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(100)))
    statuses = [status for status, _ in answers]
    assert statuses.count(415) == 20
    assert statuses.count(200) == 80, [answer for answer in answers if answer[0] not in (200, 415)]
    left = [path for path in (mesh.folder / "tmp").rglob("*") if path.is_file()]
    left += [path for path in (mesh.folder / "blobs" / ".tmp").rglob("*") if path.is_file()]
    assert not left
    assert threading.active_count() < 50
