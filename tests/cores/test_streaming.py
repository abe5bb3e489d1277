"""A graph event by event: what streams into what, back-pressure, leaving early, failures; over real services on loopback."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from comps import MicroService, ServiceOrchestrator, ServiceType
from comps.cores.errors import NodeError, NoFace, RelayedProblem
from comps.cores.mega.channel import Channel
from comps.cores.mega.ordered_map import ordered_map
from comps.cores.mega.run import CHANNEL_MS, NodeEvent
from comps.cores.proto import sse
from tests.serving import serving

pytestmark = pytest.mark.anyio


class Backend:
    """``/count`` streams numbers, ``/double`` answers after a while that differs from request to request."""

    def __init__(self) -> None:
        self.service = MicroService("backend", host="127.0.0.1", port=0, timeout=20)
        for name in ("count", "cut", "double", "fails"):
            self.service.add_route(f"/{name}", getattr(self, name))
        self.counted = 0
        self.counting = 0
        self.doubling = 0
        self.doubled = 0
        self.most = 0

    async def count(self, request: Request) -> Response:
        last = (await request.json())["last"]

        async def numbers() -> AsyncIterator[bytes]:
            self.counting += 1
            try:
                for n in range(last):
                    yield sse.format_event(json.dumps({"n": n}))
                    self.counted += 1
                    await anyio.sleep(0.001)
                yield sse.format_event("[DONE]")
            finally:
                self.counting -= 1

        return StreamingResponse(numbers(), media_type=sse.MEDIA_TYPE)

    async def cut(self, request: Request) -> Response:
        return StreamingResponse(iter([sse.format_event('{"n": 0}')]), media_type=sse.MEDIA_TYPE)

    async def double(self, request: Request) -> dict[str, Any]:
        n = (await request.json())["n"]
        self.doubling += 1
        self.most = max(self.most, self.doubling)
        try:
            await anyio.sleep(0.02 * (n % 3))
        finally:
            self.doubling -= 1
        self.doubled += 1
        return {"n": 2 * n}

    async def fails(self, request: Request) -> dict[str, Any]:
        if (await request.json())["n"] == 3:
            raise NoFace("no face in the picture", field="media")
        return {"n": 0}

    def node(self, name: str, path: str, **kwargs: Any) -> MicroService:
        kwargs.setdefault("service_type", ServiceType.UNDEFINED)
        return MicroService.remote(name, self.service.base_url, path, **kwargs)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    made = Backend()
    with serving(made.service):
        yield made


@pytest.fixture
async def mega(backend: Backend) -> AsyncIterator[ServiceOrchestrator]:
    """count → double → again: a stream and two maps."""
    orchestrator = ServiceOrchestrator()
    nodes = [
        backend.node("count", "/count", streams=True),
        backend.node("double", "/double", map_over=True, max_parallel=3),
        backend.node("again", "/double", map_over=True, max_parallel=2),
    ]
    for node in nodes:
        orchestrator.add(node)
    for first, second in itertools.pairwise(nodes):
        orchestrator.flow_to(first, second)
    yield orchestrator
    await orchestrator.stop()


async def _settled(backend: Backend) -> None:
    """Wait until the backend has noticed that its callers left."""
    with anyio.fail_after(5):
        while backend.counting or backend.doubling:
            await anyio.sleep(0.005)


async def test_items_flow_through_before_the_stream_has_ended(mega: ServiceOrchestrator) -> None:
    events: list[NodeEvent] = []
    async with mega.stream({"last": 100}) as run:
        async for event in run:
            events.append(event)
    items = {name: [e.data["n"] for e in events if (e.node, e.kind) == (name, "item")] for name in run.results}
    assert items["count/MicroService"] == list(range(100))
    assert items["double/MicroService"] == [2 * n for n in range(100)]
    assert items["again/MicroService"] == [4 * n for n in range(100)]
    order = [(event.node.partition("/")[0], event.kind) for event in events]
    assert order.index(("again", "item")) < order.index(("count", "done"))
    assert run.results["again/MicroService"] == [{"n": 4 * n} for n in range(100)]


async def test_schedule_is_the_same_graph_to_its_end(mega: ServiceOrchestrator) -> None:
    results, graph = await mega.schedule({"last": 5})
    assert results["again/MicroService"] == [{"n": 4 * n} for n in range(5)]
    assert graph.all_leaves() == ["again/MicroService"]


async def test_an_item_is_told_before_what_follows_from_it(mega: ServiceOrchestrator) -> None:
    seen: dict[str, int] = {}
    async with mega.stream({"last": 30}) as run:
        async for event in run:
            if event.kind == "item":
                seen[event.node] = seen.get(event.node, 0) + 1
                assert seen.get("again/MicroService", 0) <= seen.get("double/MicroService", 0) <= seen["count/MicroService"]


async def test_parallel_and_in_order(mega: ServiceOrchestrator, backend: Backend) -> None:
    backend.most = 0
    await mega.schedule({"last": 30})
    assert 2 < backend.most <= 5


async def test_leaving_early_stops_everything(mega: ServiceOrchestrator, backend: Backend) -> None:
    async with mega.stream({"last": 100_000}) as run:
        async for event in run:
            if event.node.startswith("again"):
                break
    await _settled(backend)


async def _read(mega: ServiceOrchestrator, heard: Callable[[NodeEvent], None]) -> None:
    async with mega.stream({"last": 100_000}) as run:
        async for event in run:
            heard(event)


async def test_an_error_of_the_reader_stops_everything_and_is_raised_as_it_is(
    mega: ServiceOrchestrator, backend: Backend
) -> None:
    def heard(event: NodeEvent) -> None:
        if event.kind == "item":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await _read(mega, heard)
    await _settled(backend)


async def test_a_slow_reader_holds_the_nodes_back(mega: ServiceOrchestrator, backend: Backend) -> None:
    mega.media_ms = lambda item: 500.0  # type: ignore[method-assign]
    backend.doubled = 0
    async with mega.stream({"last": 100_000}) as run:
        await anext(run)
        # Channels for the events, and before each map; what each map has under way or in order.
        most = 3 * (CHANNEL_MS / 500 + 1) + 2 * 2 * 3
        await anyio.sleep(0.5)
        held = backend.doubled
        assert 0 < held <= most
        await anyio.sleep(0.2)
        assert backend.doubled == held
        for _ in range(200):
            await anext(run)
        assert backend.doubled > held
    await _settled(backend)


async def test_a_failure_is_raised_after_the_events_before_it(mega: ServiceOrchestrator, backend: Backend) -> None:
    failing = backend.node("fails", "/fails", map_over=True, max_parallel=1)
    mega.add(failing)
    mega.flow_to(mega.services["count/MicroService"], failing)
    events: list[NodeEvent] = []
    with pytest.raises(RelayedProblem, match="no face") as caught:
        await _read(mega, events.append)
    assert [(event.node, event.kind) for event in events].count(("fails/MicroService", "item")) == 3
    assert caught.value.document()["node"] == "fails"
    await _settled(backend)


async def test_a_stream_that_is_cut_is_a_failure(backend: Backend) -> None:
    mega = ServiceOrchestrator()
    mega.add(backend.node("cut", "/cut", streams=True))
    with pytest.raises(NodeError):
        await mega.schedule({"last": 5})
    await mega.stop()


async def test_a_node_takes_one_stream_at_most(mega: ServiceOrchestrator, backend: Backend) -> None:
    other = backend.node("other", "/count", streams=True)
    mega.add(other)
    mega.flow_to(other, mega.services["double/MicroService"])
    with pytest.raises(ValueError, match="at most one"):
        async with mega.stream({"last": 1}):
            pass


async def test_a_join_of_a_stream_and_a_unary_node_waits_for_the_unary_one(mega: ServiceOrchestrator, backend: Backend) -> None:
    unary = backend.node("unary", "/double")
    mega.add(unary)
    mega.flow_to(unary, mega.services["double/MicroService"])
    seen: list[str] = []

    class Joining(ServiceOrchestrator):
        async def align_items(
            self, feed: Any, inputs: Any, cur_node: str, *args: Any, **kwargs: Any
        ) -> AsyncGenerator[Any, None]:
            if cur_node.startswith("double"):
                seen.append(inputs["n"])
            async for item in feed:
                yield item

    mega.__class__ = Joining
    results, _ = await mega.schedule({"last": 3, "n": 7})
    assert seen == [14]
    assert results["double/MicroService"] == [{"n": 0}, {"n": 2}, {"n": 4}]


async def test_generators_are_aligned(mega: ServiceOrchestrator) -> None:
    class Even(ServiceOrchestrator):
        async def align_generator(self, gen: AsyncIterator[Any], **kwargs: Any) -> AsyncGenerator[Any, None]:
            async for item in gen:
                if item["n"] % 2 == 0:
                    yield item

    mega.__class__ = Even
    results, _ = await mega.schedule({"last": 6})
    assert results["double/MicroService"] == [{"n": 0}, {"n": 4}, {"n": 8}]


async def test_a_map_without_a_feed_takes_the_list_of_align_inputs(backend: Backend) -> None:
    mega = ServiceOrchestrator()
    mega.add(backend.node("m", "/double", map_over=True))
    mega.align_inputs = lambda *args, **kwargs: [{"n": 1}, {"n": 2}]  # type: ignore[method-assign]
    results, _ = await mega.schedule({})
    assert results["m/MicroService"] == [{"n": 2}, {"n": 4}]
    await mega.stop()


async def test_a_channel_is_bounded_by_weight_and_loses_nothing_when_waits_are_cancelled() -> None:
    rng = random.Random(3)
    channel: Channel[int] = Channel(10.0)
    received: list[int] = []

    async def send() -> None:
        for n in range(300):
            sent = False
            while not sent:
                with anyio.move_on_after(rng.choice([0, 0.001, 1])) as scope:
                    await anyio.lowlevel.checkpoint()
                    await channel.send(n, rng.choice([1.0, 4.0, 12.0]))
                    sent = True
                sent = sent or not scope.cancelled_caught
            assert channel._weight <= 10.0 + 12.0
        channel.close()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        ended = False
        while not ended:
            with anyio.move_on_after(rng.choice([0, 0.001, 1])):
                try:
                    received.append(await anext(channel))
                except StopAsyncIteration:
                    ended = True
    assert received == list(range(300))


async def test_a_released_channel_lets_its_senders_go() -> None:
    channel: Channel[int] = Channel(1.0)
    await channel.send(1)
    with anyio.fail_after(1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.send, 2)
            await anyio.lowlevel.checkpoint()
            channel.release()


async def test_an_ordered_map_reads_no_further_ahead_than_it_may() -> None:
    read = passed = 0

    async def requests() -> AsyncGenerator[int, None]:
        nonlocal read
        for n in range(50):
            read += 1
            yield n

    async def ask(n: int) -> int:
        await anyio.sleep(0.001 * (n % 4))
        return n

    async def pass_on(n: int) -> None:
        nonlocal passed
        assert n == passed
        passed += 1
        assert read - passed <= 2 * 3 + 1

    await ordered_map(requests(), ask, pass_on, 3)
    assert (read, passed) == (50, 50)


async def _read_to_its_end(mega: ServiceOrchestrator) -> None:
    async with mega.stream({}) as run:
        async for _ in run:
            pass


def _mapping_node(backend: Backend, path: str = "/fails", **kwargs: Any) -> ServiceOrchestrator:
    mega = ServiceOrchestrator()
    mega.add(backend.node("m", path, map_over=True, **kwargs))
    mega.align_inputs = lambda *args, **kwargs: [{"n": 3}, {"n": 3}]  # type: ignore[method-assign]
    return mega


@pytest.mark.parametrize("how", [{}, {"repeatable": True, "attempt_timeout": 0.1}], ids=["plain", "overtaking"])
async def test_a_graph_of_one_map_fails_with_the_error_itself(backend: Backend, how: dict[str, Any]) -> None:
    mega = _mapping_node(backend, **how)
    with pytest.raises(RelayedProblem, match="no face"):
        await mega.schedule({})
    with pytest.raises(RelayedProblem, match="no face"):
        await _read_to_its_end(mega)
    await mega.stop()


@pytest.mark.parametrize("hook", ["align_inputs", "align_outputs", "align_items", "align_failure", "media_ms"])
async def test_a_hook_that_fails_fails_with_its_own_error(backend: Backend, hook: str) -> None:
    mega = _mapping_node(backend, "/fails" if hook == "align_failure" else "/double")

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    setattr(mega, hook, fail)
    with pytest.raises(ZeroDivisionError):
        await mega.schedule({})
    with pytest.raises(ZeroDivisionError):
        await _read_to_its_end(mega)
    await mega.stop()


async def test_a_hook_with_a_task_group_of_its_own_fails_with_what_failed_in_it(backend: Backend) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    class Grouped(ServiceOrchestrator):
        async def align_inputs(self, *args: Any, **kwargs: Any) -> Any:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(fail)

    mega = Grouped()
    mega.add(backend.node("unary", "/double"))
    with pytest.raises(ZeroDivisionError):
        await mega.schedule({"n": 1})
    await mega.stop()
