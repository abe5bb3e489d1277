"""Background tasks of handlers (FastAPI's ``BackgroundTasks``): they run to their end, whatever the client does."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import anyio
import httpx
import pytest
from fastapi import BackgroundTasks
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from comps import MicroService, ServiceRoleType
from tests.serving import serving

pytestmark = pytest.mark.timeout(30)

#: Longer than the service gives a request.
TAKES_S, TIMEOUT_S = 0.6, 0.3


class Served:
    """Its tasks end when ``may_end`` says so, or after a while."""

    def __init__(self, drain_s: float = 3.0) -> None:
        role = ServiceRoleType.MEGASERVICE
        self.service = MicroService("b", service_role=role, host="127.0.0.1", port=0, timeout=TIMEOUT_S, drain_s=drain_s)
        for handler in (self.plain, self.large, self.streamed, self.failing, self.long):
            self.service.add_route(f"/{handler.__name__}", handler, response_model=None)
        self.begun = threading.Event()
        self.done: list[str] = []

    async def _later(self, name: str) -> None:
        self.begun.set()
        await anyio.sleep(TAKES_S)
        self.done.append(name)

    def _later_in_a_thread(self, name: str) -> None:
        time.sleep(TAKES_S)
        self.done.append(name)

    async def plain(self, tasks: BackgroundTasks) -> dict[str, bool]:
        tasks.add_task(self._later, "async")
        tasks.add_task(self._later_in_a_thread, "sync")
        return {"ok": True}

    async def large(self, tasks: BackgroundTasks) -> dict[str, str]:
        tasks.add_task(self._later, "async")
        tasks.add_task(self._later_in_a_thread, "sync")
        return {"a": "b" * 200_000}

    async def streamed(self) -> StreamingResponse:
        tasks = BackgroundTasks()
        tasks.add_task(self._later, "async")
        tasks.add_task(self._later_in_a_thread, "sync")
        return StreamingResponse(iter([b"a", b"b"]), background=tasks)

    async def failing(self) -> StreamingResponse:
        def fail() -> None:
            raise ZeroDivisionError

        return StreamingResponse(iter([b"a"]), background=BackgroundTask(fail))

    async def long(self) -> StreamingResponse:
        async def forever() -> None:
            self.begun.set()
            try:
                await anyio.sleep(60)
            finally:
                self.done.append("ended")

        return StreamingResponse(iter([b"a"]), background=BackgroundTask(forever))


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    with serving(made.service):
        yield made


def _until_done(served: Served, names: list[str]) -> None:
    until = time.monotonic() + 10
    while served.done != names and time.monotonic() < until:
        time.sleep(0.01)
    assert served.done == names


def _in_progress(served: Served) -> float:
    text = httpx.get(f"{served.service.base_url}/metrics", trust_env=False).text
    line = next(line for line in text.splitlines() if line.startswith("http_requests_in_progress"))
    return float(line.rpartition(" ")[2])


@pytest.mark.parametrize("path", ["plain", "large", "streamed"])
def test_they_run_to_their_end(served: Served, path: str) -> None:
    with httpx.Client(base_url=served.service.base_url, trust_env=False) as client:
        body = b'{"a": "' + b"x" * 100_000 + b'"}'
        answer = client.post(f"/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200
        assert served.done == []
        # The connection serves others meanwhile, and none of it counts as a request.
        assert client.get("/health").status_code == 200
        assert _in_progress(served) == 1
        _until_done(served, ["async", "sync"])


@pytest.mark.parametrize("path", ["plain", "streamed"])
def test_also_where_the_client_leaves_at_once(served: Served, path: str) -> None:
    with socket.create_connection(("127.0.0.1", served.service.port)) as connection:
        connection.sendall(f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        answer = b""
        while not answer.endswith((b"}", b"0\r\n\r\n")):
            answer += connection.recv(1000)
        # Reset, rather than closed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _until_done(served, ["async", "sync"])


def test_one_that_fails_is_logged_and_fails_nothing_else(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client(base_url=served.service.base_url, trust_env=False) as client:
        assert client.post("/failing", json={}).text == "a"
        assert client.get("/health").status_code == 200
    until = time.monotonic() + 5
    while "ZeroDivisionError" not in caplog.text and time.monotonic() < until:
        time.sleep(0.01)
    assert "background task of POST /failing" in caplog.text


def test_the_services_stop_waits_for_them() -> None:
    served = Served()
    with serving(served.service):
        httpx.post(f"{served.service.base_url}/plain", json={}, trust_env=False)
    assert served.done == ["async", "sync"]


def test_but_no_longer_than_for_requests() -> None:
    served = Served(drain_s=1.0)
    started = time.monotonic()
    with serving(served.service):
        httpx.post(f"{served.service.base_url}/long", json={}, trust_env=False)
        assert served.begun.wait(5)
    assert served.done == ["ended"]
    assert time.monotonic() - started < 10
