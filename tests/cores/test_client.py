"""The client of the mesh: replicas, asking again, streams; over real services on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import anyio
import httpx
import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from comps import MicroService, ServiceType
from comps.cores.errors import NodeError, NodeTimeout, NodeUnavailable, NoFace, Overloaded, RelayedProblem
from comps.cores.mega.client import NodeClient
from comps.cores.mega.replicas import Replicas
from comps.cores.proto import sse
from tests.e2e.mesh import free_port
from tests.serving import serving

pytestmark = pytest.mark.anyio


class Backend:
    """A replica that does as it is told."""

    def __init__(self, name: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self.name = name
        self.service = MicroService(name, host=host, port=port, timeout=20, hosts=["animation.mesh.svc"])
        self.service.add_route("/ask", self.ask)
        self.service.add_route("/stream", self.stream)
        self.service.add_route("/nothing", self.nothing, status_code=204)
        self.asked = 0
        self.left = 0
        self.hosts: list[str] = []
        self.does: Any = None

    async def ask(self, request: Request) -> dict[str, Any]:
        self.asked += 1
        self.hosts.append(request.headers["host"])
        try:
            if isinstance(self.does, Exception):
                raise self.does
            await anyio.sleep(self.does or 0)
        except BaseException as error:
            self.left += not isinstance(error, Exception)
            raise
        return {"by": self.name}

    async def nothing(self) -> None:
        """No content, and no length of it."""

    async def stream(self, request: Request) -> Response:
        self.asked += 1
        if isinstance(self.does, Exception):
            raise self.does
        items: Sequence[bytes] = self.does

        async def body() -> AsyncIterator[bytes]:
            try:
                for item in items:
                    yield item
                    await anyio.sleep(0.005)
            except BaseException:
                self.left += 1
                raise

        return StreamingResponse(body(), media_type=sse.MEDIA_TYPE)


@pytest.fixture
def backends() -> Iterator[list[Backend]]:
    made = [Backend("a"), Backend("b"), Backend("c")]
    with serving(*(backend.service for backend in made)):
        yield made


@pytest.fixture
async def client() -> AsyncIterator[NodeClient]:
    client = NodeClient()
    yield client
    await client.stop()


def _node(backends: Sequence[Backend], path: str = "/ask", **kwargs: Any) -> MicroService:
    kwargs.setdefault("repeatable", True)
    urls = ",".join(backend.service.base_url for backend in backends)
    return MicroService.remote("node", urls, path, service_type=ServiceType.UNDEFINED, **kwargs)


@pytest.mark.timeout(20)
async def test_an_answer_without_content_is_none() -> None:
    backend, client = Backend("a"), NodeClient()
    with serving(backend.service):
        assert await client.call(MicroService.remote("a", backend.service.base_url, "/nothing"), {}) is None
        await client.stop()


async def test_the_least_loaded_is_asked(client: NodeClient, backends: list[Backend]) -> None:
    node = _node(backends)
    backends[0].does = 0.5
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.call, node, {})
        await anyio.sleep(0.2)
        for _ in range(8):
            await client.call(node, {})
    assert backends[0].asked == 1
    assert backends[1].asked + backends[2].asked == 10
    assert abs(backends[1].asked - backends[2].asked) <= 2


async def test_a_list_of_addresses_keeps_the_first_as_its_own() -> None:
    node = MicroService.remote("n", ["http://10.0.0.1:9066", "http://10.0.0.2:9067/"], "/v1/x")
    assert (node.host, node.port, node.endpoint_path()) == ("10.0.0.1", 9066, "http://10.0.0.1:9066/v1/x")
    assert node.base_urls == ("http://10.0.0.1:9066", "http://10.0.0.2:9067")


_VICTIM = """
import sys, anyio
from comps import MicroService
service = MicroService("victim", host="127.0.0.1", port=int(sys.argv[1]))
async def ask() -> dict[str, str]:
    print("asked", flush=True)
    await anyio.sleep(20)
    return {}
service.add_route("/ask", ask)
service.start()
"""


async def test_a_replica_killed_in_the_middle_is_asked_elsewhere_with_one_warning(
    client: NodeClient, backends: list[Backend], caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    victim = subprocess.Popen([sys.executable, "-c", _VICTIM, str(port)], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
    answers: list[Any] = []
    try:
        async with httpx.AsyncClient(trust_env=False) as probe:
            with anyio.fail_after(20):
                while not await _answers(probe, port):
                    await anyio.sleep(0.05)
        urls = f"http://127.0.0.1:{port},{backends[0].service.base_url}"
        node = MicroService.remote("node", urls, "/ask", service_type=ServiceType.UNDEFINED, repeatable=True)

        async def ask() -> None:
            answers.append(await client.call(node, {}))

        assert victim.stdout is not None
        with caplog.at_level(logging.WARNING, "comps"):
            async with anyio.create_task_group() as tasks:
                for _ in range(2):
                    tasks.start_soon(ask)
                assert await anyio.to_thread.run_sync(victim.stdout.readline) == "asked\n"
                os.kill(victim.pid, signal.SIGKILL)
            for _ in range(3):
                await ask()
    finally:
        victim.kill()
        victim.communicate()
    assert answers == [{"by": "a"}] * 5
    assert len(caplog.records) == 1
    assert client.counts["node"].in_flight == 0
    assert client.counts["node"].retries == 1


async def _answers(probe: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await probe.get(f"http://127.0.0.1:{port}/health/live")).is_success
    except httpx.HTTPError:
        return False


async def test_all_down_is_said_at_once(client: NodeClient) -> None:
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(3)]
    node = MicroService.remote("node", urls, "/ask", service_type=ServiceType.UNDEFINED, repeatable=True)
    with anyio.fail_after(1), pytest.raises(NodeUnavailable, match="cannot be reached"):
        await client.call(node, {})


async def test_a_hanging_replica_is_overtaken_and_told(client: NodeClient, backends: list[Backend]) -> None:
    backends[0].does = 20
    node = _node(backends[:2], attempt_timeout=0.1)
    with anyio.fail_after(3):
        for _ in range(2):
            assert await client.call(node, {}) == {"by": "b"}
        while not backends[0].left:
            await anyio.sleep(0.01)


async def test_a_refusal_of_one_is_asked_elsewhere(client: NodeClient, backends: list[Backend]) -> None:
    backends[0].does = Overloaded("is full", retry_after=7)
    assert {(await client.call(_node(backends[:2]), {}))["by"] for _ in range(4)} == {"b"}


async def test_a_refusal_of_all_is_relayed_with_the_shortest_wait(client: NodeClient, backends: list[Backend]) -> None:
    for backend, seconds in zip(backends, (9, 3, 5), strict=True):
        backend.does = Overloaded("is full", retry_after=seconds)
    with pytest.raises(RelayedProblem) as caught:
        await client.call(_node(backends), {})
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "3")
    assert [backend.asked for backend in backends] == [1, 1, 1]


async def test_a_fault_of_the_request_is_not_repeated(client: NodeClient, backends: list[Backend]) -> None:
    for backend in backends:
        backend.does = NoFace("no face", field="media")
    with pytest.raises(RelayedProblem):
        await client.call(_node(backends), {})
    assert sum(backend.asked for backend in backends) == 1


async def test_what_is_not_repeatable_is_not_repeated(client: NodeClient, backends: list[Backend]) -> None:
    for backend in backends:
        backend.does = NodeUnavailable("down", node="node")
    with pytest.raises(NodeUnavailable):
        await client.call(_node(backends, repeatable=False), {})
    assert sum(backend.asked for backend in backends) == 1
    for backend in backends:
        backend.asked = 0
    with pytest.raises(NodeUnavailable):
        await client.call(_node(backends), {})
    assert [backend.asked for backend in backends] == [1, 1, 1]


async def test_what_was_not_sent_goes_elsewhere_even_so(client: NodeClient, backends: list[Backend]) -> None:
    urls = [f"http://127.0.0.1:{free_port()}", backends[0].service.base_url]
    node = MicroService.remote("node", urls, "/ask", service_type=ServiceType.UNDEFINED)
    assert await client.call(node, {}) == {"by": "a"}


async def test_connections_that_the_other_side_has_closed_are_not_noticed(client: NodeClient) -> None:
    together = anyio.Event()
    kept: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b"{}"))
        kept.append(1)
        if len(kept) == 3:
            together.set()
        await together.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        # As a server whose keep-alive time ends when the next request is on its way.
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        node = MicroService.remote("node", url, "/ask", service_type=ServiceType.UNDEFINED, repeatable=True)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(client.call, node, {})
        assert await client.call(node, {}) == {}
        assert len(kept) == 4


async def test_one_replica_can_be_asked_by_its_address(client: NodeClient, backends: list[Backend]) -> None:
    node = _node(backends)
    for address in await client.addresses(node):
        await client.call(node, {}, address=address)
    assert [backend.asked for backend in backends] == [1, 1, 1]


async def test_the_deadline_goes_with_the_request(client: NodeClient, backends: list[Backend]) -> None:
    for backend in backends:
        backend.does = 20
    with anyio.fail_after(5), pytest.raises((NodeTimeout, NodeError)) as caught:
        await client.call(_node(backends, timeout=0.3), {})
    assert caught.value.status == 504


async def test_a_name_with_several_addresses_is_several_replicas() -> None:
    port = free_port()
    backends = [Backend(f"127.0.0.{k}", f"127.0.0.{k}", port) for k in (1, 2, 3)]
    known = ["127.0.0.1", "127.0.0.2"]
    now = [100.0]

    async def resolve(host: str, _: int) -> Sequence[str]:
        assert host == "animation.mesh.svc"
        if not known:
            raise OSError
        return list(known)

    client = NodeClient(resolve=resolve, clock=lambda: now[0])
    node = MicroService.remote("n", f"http://animation.mesh.svc:{port}", "/ask", service_type=ServiceType.UNDEFINED)
    with ExitStack() as stack:
        stack.enter_context(serving(*(backend.service for backend in backends)))
        for _ in range(4):
            await client.call(node, {})
        assert [backend.asked for backend in backends] == [2, 2, 0]
        assert set(backends[0].hosts) == {f"animation.mesh.svc:{port}"}
        known.append("127.0.0.3")
        now[0] += 6
        await client.call(node, {})
        await anyio.wait_all_tasks_blocked()
        for _ in range(6):
            await client.call(node, {})
        assert backends[2].asked >= 2
        known.clear()
        now[0] += 6
        await client.call(node, {})
        await anyio.wait_all_tasks_blocked()
        await client.call(node, {})
        await client.stop()


def test_a_replica_that_failed_comes_back_after_a_while_one_request_at_a_time() -> None:
    now = [0.0]
    replicas = Replicas(["http://127.0.0.1:1", "http://127.0.0.1:2"], clock=lambda: now[0])
    first = replicas.pick([])
    assert first is not None
    for expected in (1, 2, 4, 8, 16, 30, 30):
        replicas.failed(first)
        assert replicas.pick([]) is not first
        now[0] += expected - 0.01
        assert replicas.pick([]) is not first
        now[0] += 0.02
        picks = {id(replicas.pick([])) for _ in range(4)}
        assert id(first) in picks
        first.in_flight = 1
        assert all(replicas.pick([]) is not first for _ in range(4))
        first.in_flight = 0
    replicas.succeeded(first)
    assert first in {replicas.pick([]) for _ in range(4)}
    assert replicas.pick(replicas.all) is None


def _event(item: Any) -> bytes:
    return sse.format_event(json.dumps(item))


DONE = sse.format_event("[DONE]")


async def _read(client: NodeClient, node: MicroService) -> list[Any]:
    async with client.stream(node, {}) as objects:
        return [item async for item in objects]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([_event({"n": 1}), _event({"n": 2}), DONE], [{"n": 1}, {"n": 2}]),
        ([_event({"choices": [{"finish_reason": "stop"}]})], [{"choices": [{"finish_reason": "stop"}]}]),
        ([DONE], []),
    ],
)
async def test_a_stream_is_read_to_its_end(
    client: NodeClient, backends: list[Backend], body: list[bytes], expected: list[Any]
) -> None:
    backends[0].does = body
    assert await _read(client, _node(backends[:1], "/stream")) == expected
    assert client.counts["node"].in_flight == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([_event({"n": 1})], 502),
        ([_event({"n": 1}), b"data: {broken\n\n"], 502),
        ([_event({"n": 1}), _event({"error": {"message": "x", "http_status_code": 422}}), DONE], 502),
        ([_event(NodeUnavailable("down", node="llm").document())], 503),
        ([_event(Overloaded("is full", retry_after=1).document())], 429),
    ],
)
async def test_a_stream_that_fails_or_is_cut_raises(
    client: NodeClient, backends: list[Backend], body: list[bytes], status: int
) -> None:
    backends[0].does = body
    with pytest.raises((NodeError, RelayedProblem)) as caught:
        await _read(client, _node(backends[:1], "/stream"))
    assert caught.value.status == status


async def test_a_node_that_does_not_stream_gives_its_one_answer(client: NodeClient, backends: list[Backend]) -> None:
    assert await _read(client, _node(backends[:1], "/ask")) == [{"by": "a"}]


async def test_a_stream_begins_elsewhere_where_one_replica_fails(client: NodeClient, backends: list[Backend]) -> None:
    backends[0].does = NodeUnavailable("down", node="node")
    backends[1].does = [_event({"n": 1}), DONE]
    for _ in range(2):
        assert await _read(client, _node(backends[:2], "/stream")) == [{"n": 1}]


async def test_a_stream_that_has_begun_is_not_asked_again(client: NodeClient, backends: list[Backend]) -> None:
    for backend in backends:
        backend.does = [_event({"n": 1})]
    with pytest.raises(NodeError):
        await _read(client, _node(backends, "/stream"))
    assert sum(backend.asked for backend in backends) == 1


async def test_leaving_a_stream_closes_it(client: NodeClient, backends: list[Backend]) -> None:
    backends[0].does = [_event({"n": n}) for n in range(10_000)]
    async with client.stream(_node(backends[:1], "/stream"), {}) as objects:
        assert await anext(objects) == {"n": 0}
    with anyio.fail_after(3):
        while not backends[0].left:
            await anyio.sleep(0.01)
    assert client.counts["node"].in_flight == 0


async def test_counts_are_right_after_any_cancellation(client: NodeClient, backends: list[Backend]) -> None:
    rng = random.Random(5)
    for backend in backends:
        backend.does = 0.01
    for _ in range(100):
        # The replica is told the deadline, and may be the first to say that it has passed.
        with anyio.move_on_after(rng.uniform(0, 0.02)), contextlib.suppress(NodeTimeout):
            await client.call(_node(backends), {})
    assert client.counts["node"].in_flight == 0
    assert all(replica.in_flight == 0 for replica in next(iter(client._replicas.values())).all)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
async def test_events_are_relayed_one_by_one_whatever_ends_their_lines(client: NodeClient, end: bytes) -> None:
    read = asyncio.Semaphore(0)
    events = [b"data: %d" % number + 2 * end for number in range(4)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for event in events:
            writer.write(event)
            await writer.drain()
            # The next is sent once this one has been read: what is held back would be waited for in vain.
            await read.acquire()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        node = MicroService.remote("node", url, "/x", service_type=ServiceType.UNDEFINED)
        with anyio.fail_after(5):
            async with client.relay(node, {}) as pieces:
                for event in events:
                    assert await anext(pieces) == event
                    read.release()
