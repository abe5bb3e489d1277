"""A megaservice over real services on loopback: joins, maps, provided outputs, failures, the caller's leaving."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from fastapi import Request, Response

from comps import MicroService, ServiceOrchestrator, ServiceType, TextDoc
from comps.cores.errors import BadInput, MalformedBody, NodeError, NodeTimeout, NodeUnavailable, NoFace, RelayedProblem
from comps.cores.mega.dag import DAG
from comps.cores.proto.docarray import LLMParams
from tests.serving import serving

pytestmark = pytest.mark.anyio


class Backend:
    """One service that behaves as its path says, and counts what it is asked."""

    def __init__(self) -> None:
        self.service = MicroService("backend", host="127.0.0.1", port=0, timeout=20)
        for name in ("echo", "same", "cut", "choosy", "no_face", "broken", "html", "hang"):
            self.service.add_route(f"/{name}", getattr(self, name))
        self.running = 0
        self.most = 0
        self.cancelled = threading.Event()
        self.entered = threading.Event()
        self.authorization: list[str | None] = []

    async def echo(self, request: Request) -> dict[str, Any]:
        self.authorization.append(request.headers.get("authorization"))
        self.running += 1
        self.most = max(self.most, self.running)
        await anyio.sleep(0.02)
        self.running -= 1
        return {"heard": await request.json()}

    async def same(self, request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    async def cut(self, request: Request) -> Response:
        return Response((await request.body())[:-1], media_type="application/json")

    async def choosy(self, document: TextDoc) -> TextDoc:
        return document

    async def no_face(self) -> None:
        raise NoFace("no face in the picture", field="avatar")

    async def broken(self) -> None:
        raise RuntimeError

    async def html(self) -> Any:
        from fastapi.responses import HTMLResponse

        return HTMLResponse("<h1>bad gateway</h1>", status_code=502)

    async def hang(self) -> None:
        self.entered.set()
        try:
            await anyio.sleep(30)
        except BaseException:
            self.cancelled.set()
            raise

    def node(self, name: str, path: str, **kwargs: Any) -> MicroService:
        kwargs.setdefault("service_type", ServiceType.UNDEFINED)
        return MicroService.remote(name, self.service.base_url, path, **kwargs)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    made = Backend()
    with serving(made.service):
        yield made


@pytest.fixture
async def mega() -> AsyncIterator[ServiceOrchestrator]:
    orchestrator = ServiceOrchestrator()
    yield orchestrator
    await orchestrator.stop()


def _chain(mega: ServiceOrchestrator, *nodes: MicroService) -> None:
    for node in nodes:
        mega.add(node)
    for first, second in itertools.pairwise(nodes):
        assert mega.flow_to(first, second)


async def test_a_chain_passes_outputs_on(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, backend.node("a", "/echo"), backend.node("b", "/echo"))
    results, graph = await mega.schedule({"text": "hi"})
    assert results["b/MicroService"] == {"heard": {"heard": {"text": "hi"}}}
    assert graph.all_leaves() == ["b/MicroService"]


#: So much is not decoded on its way.
LARGE = "A" * 300_000


async def test_large_documents_are_passed_on_and_can_all_be_read(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, *(backend.node(name, "/same") for name in "abc"))
    results, _ = await mega.schedule({"text": LARGE})
    assert dict(results) == {f"{name}/MicroService": {"text": LARGE} for name in "abc"}


async def test_hooks_see_large_documents(mega: ServiceOrchestrator, backend: Backend) -> None:
    class Tagged(ServiceOrchestrator):
        def align_inputs(self, inputs: Any, cur_node: str, *args: Any, **kwargs: Any) -> Any:
            return {**inputs, cur_node: True}

    mega.__class__ = Tagged
    _chain(mega, backend.node("a", "/same"), backend.node("b", "/same"))
    results, _ = await mega.schedule({"text": LARGE})
    assert results["b/MicroService"] == {"text": LARGE, "a/MicroService": True, "b/MicroService": True}


async def test_a_large_document_may_prune_the_graph(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, backend.node("a", "/same"), backend.node("b", "/same"))
    results, graph = await mega.schedule({"text": LARGE, "downstream_black_list": ["^b"]})
    assert list(results) == graph.all_leaves() == ["a/MicroService"]


async def test_large_broken_json_is_the_fault_of_who_sent_it(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, backend.node("a", "/cut"), backend.node("b", "/choosy"))
    with pytest.raises(NodeError) as caught:
        await mega.schedule({"text": LARGE})
    assert caught.value.node == "a"


@pytest.mark.parametrize("body", ["text", 7, None, ["a"], True])
async def test_a_request_that_is_no_object_is_the_fault_of_who_sent_it(
    mega: ServiceOrchestrator, backend: Backend, body: Any
) -> None:
    mega.add(backend.node("a", "/echo"))
    asked = len(backend.authorization)
    with pytest.raises(MalformedBody):
        await mega.schedule(body)
    assert len(backend.authorization) == asked


async def test_a_join_merges_in_graph_order(mega: ServiceOrchestrator, backend: Backend) -> None:
    a, b, c = backend.node("a", "/echo"), backend.node("b", "/echo"), backend.node("c", "/echo")
    mega.add(a).add(b).add(c)
    mega.flow_to(a, c)
    mega.flow_to(b, c)

    class Tagged(ServiceOrchestrator):
        def align_outputs(self, data: Any, cur_node: str, *args: Any, **kwargs: Any) -> Any:
            return {cur_node: data, "last": cur_node}

    mega.__class__ = Tagged
    results, _ = await mega.schedule({"x": 1})
    heard = results["c/MicroService"]["c/MicroService"]["heard"]
    assert heard["last"] == "b/MicroService"
    assert {"a/MicroService", "b/MicroService"} <= heard.keys()


async def test_a_map_node_answers_each_in_order_with_bounded_parallelism(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, backend.node("m", "/echo", map_over=True, max_parallel=3))
    mega.align_inputs = lambda *args, **kwargs: [{"n": n} for n in range(12)]  # type: ignore[method-assign]
    mega.align_outputs = lambda data, *args, **kwargs: {"got": data}  # type: ignore[method-assign]
    backend.most = 0
    results, _ = await mega.schedule({})
    assert [item["got"]["heard"]["n"] for item in results["m/MicroService"]] == list(range(12))
    assert 1 < backend.most <= 3


async def test_a_node_whose_output_is_provided_does_not_run(mega: ServiceOrchestrator, backend: Backend) -> None:
    class Given(ServiceOrchestrator):
        def provided(self, cur_node: str, initial_inputs: Any, **kwargs: Any) -> Any:
            return {"text": "typed"} if cur_node.startswith("asr") else None

    mega.__class__ = Given
    _chain(mega, backend.node("asr", "/broken"), backend.node("b", "/echo"))
    results, _ = await mega.schedule({})
    assert results["b/MicroService"] == {"heard": {"text": "typed"}}


async def test_llm_parameters_reach_llm_nodes_only_and_leave_the_callers_dict_alone(
    mega: ServiceOrchestrator, backend: Backend
) -> None:
    _chain(mega, backend.node("a", "/echo"), backend.node("llm", "/echo", service_type=ServiceType.LLM))
    request = {"text": "hi"}
    results, _ = await mega.schedule(request, LLMParams(stream=False))
    assert request == {"text": "hi"}
    assert "temperature" not in results["a/MicroService"]["heard"]
    assert results["llm/MicroService"]["heard"]["temperature"] == 0.01


async def test_no_key_means_no_authorization_header(mega: ServiceOrchestrator, backend: Backend) -> None:
    backend.authorization.clear()
    _chain(mega, backend.node("a", "/echo"))
    await mega.schedule({})
    assert backend.authorization == [None]


async def test_a_client_error_is_relayed_with_the_node(mega: ServiceOrchestrator, backend: Backend) -> None:
    _chain(mega, backend.node("animation", "/no_face"))
    with pytest.raises(RelayedProblem) as caught:
        await mega.schedule({})
    document = caught.value.document()
    assert (document["status"], document["code"], document["field"], document["node"]) == (422, "no_face", "avatar", "animation")


@pytest.mark.parametrize(("path", "status"), [("/broken", 502), ("/html", 502), ("/nowhere", 502)])
async def test_upstream_failures_name_the_node(mega: ServiceOrchestrator, backend: Backend, path: str, status: int) -> None:
    _chain(mega, backend.node("llm", path))
    with pytest.raises(NodeError) as caught:
        await mega.schedule({})
    assert caught.value.document()["node"] == "llm"
    assert caught.value.status == status


async def test_a_node_that_is_down_and_back(mega: ServiceOrchestrator, backend: Backend) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    node = MicroService.remote("tts", f"http://127.0.0.1:{port}", "/echo", service_type=ServiceType.UNDEFINED)
    _chain(mega, node)
    with pytest.raises(NodeUnavailable, match="cannot be reached"):
        await mega.schedule({})
    back = MicroService("tts", host="127.0.0.1", port=port)
    back.add_route("/echo", backend.echo)
    with serving(back):
        results, _ = await mega.schedule({"n": 1})
    assert results["tts/MicroService"] == {"heard": {"n": 1}}


async def test_a_slow_node_times_out_and_is_stopped(mega: ServiceOrchestrator, backend: Backend) -> None:
    backend.cancelled.clear()
    _chain(mega, backend.node("slow", "/hang", timeout=0.2))
    with pytest.raises((NodeTimeout, NodeError)) as caught:
        await mega.schedule({})
    assert caught.value.status == 504
    assert await anyio.to_thread.run_sync(backend.cancelled.wait, 1)


async def test_the_first_failure_stops_the_siblings(mega: ServiceOrchestrator, backend: Backend) -> None:
    backend.cancelled.clear()
    mega.add(backend.node("slow", "/hang")).add(backend.node("quick", "/no_face"))
    with pytest.raises(RelayedProblem):
        await mega.schedule({})
    assert not backend.entered.is_set() or await anyio.to_thread.run_sync(backend.cancelled.wait, 1)


async def test_cancelling_the_caller_stops_the_nodes(mega: ServiceOrchestrator, backend: Backend) -> None:
    """Not by a deadline: that goes along with the request, and the node may be the first to notice."""
    backend.cancelled.clear()
    backend.entered.clear()
    _chain(mega, backend.node("slow", "/hang"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mega.schedule, {})
        assert await anyio.to_thread.run_sync(backend.entered.wait, 5)
        tasks.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(backend.cancelled.wait, 1)


async def test_wiring_mistakes(mega: ServiceOrchestrator, backend: Backend) -> None:
    a, b = backend.node("a", "/echo"), backend.node("b", "/echo")
    _chain(mega, a, b)
    assert mega.flow_to(b, a) is False
    assert mega.flow_to(a, backend.node("c", "/echo")) is False
    with pytest.raises(ValueError, match="already"):
        mega.add(backend.node("a", "/echo"))
    assert isinstance(mega.copy_graph(), DAG)


@pytest.mark.parametrize("value", [10**400, -(2**70), "\ud800", {"a": ["\udfff"]}, [[10**20]]], ids=lambda value: str(value)[:10])
@pytest.mark.parametrize("how", [{}, {"binary": True}])
async def test_what_cannot_be_sent_on_is_the_clients_fault(
    mega: ServiceOrchestrator, backend: Backend, value: Any, how: dict[str, Any]
) -> None:
    _chain(mega, backend.node("a", "/echo", **how))
    with pytest.raises(BadInput) as caught:
        await mega.schedule({"text": "hi", "top_k": value})
    assert (caught.value.status, str(caught.value.extra["field"]).partition(".")[0]) == (422, "top_k")
