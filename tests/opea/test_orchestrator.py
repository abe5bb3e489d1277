"""Megaservices as OPEA's users write them: streaming, hooks assigned on the class, services left out, documents as inputs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client import REGISTRY

from comps import LLMParams, MicroService, ServiceOrchestrator, ServiceType, TextDoc
from comps.cores.errors import NodeError
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.telemetry.opea_telemetry import tracer
from tests.serving import serving

pytestmark = pytest.mark.anyio


class Backend:
    """Small services of one process, each at a path."""

    def __init__(self) -> None:
        self.service = MicroService("backend", host="127.0.0.1", port=0)
        for name in ("model", "openai", "marked", "gate", "same", "speech", "failing"):
            self.service.add_route(f"/{name}", getattr(self, name), response_model=None)
        self.asked: list[dict[str, Any]] = []
        self.traces: list[str] = []

    async def model(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        self.traces.append(request.headers.get("traceparent", ""))
        if not asked["stream"]:
            return Response(json.dumps({"text": "All at once."}), media_type="application/json")

        async def said() -> Any:
            for piece in (" OPEA", " is", " great.", " I", " think ", " so."):
                yield piece
                await asyncio.sleep(0.01)

        return StreamingResponse(said(), media_type="text/event-stream")

    async def openai(self) -> Response:
        async def said() -> Any:
            for piece in ("It", " is 3", ".5 °C", ". Good", " night!"):
                yield f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(said(), media_type="text/event-stream")

    async def marked(self, document: TextDoc) -> dict[str, Any]:
        return {"text": f"{document.text} ~~~"}

    async def gate(self, document: TextDoc) -> TextDoc:
        black = {"Bye": [".*"], "Other": ["^left", "("]}
        return TextDoc(text=f"{document.text}!", downstream_black_list=black.get(str(document.text), []))

    async def same(self, request: ChatCompletionRequest) -> ChatCompletionRequest:
        return request

    async def speech(self, request: Request) -> dict[str, Any]:
        return {"tts_result": (await request.json())["text"]}

    async def failing(self) -> Response:
        return Response("out of memory", status_code=503)

    def node(self, name: str, path: str, kind: ServiceType = ServiceType.UNDEFINED) -> MicroService:
        return MicroService.remote(name, self.service.base_url, path, service_type=kind)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    made = Backend()
    with serving(made.service):
        yield made


def _chain(*nodes: MicroService, kind: type[ServiceOrchestrator] = ServiceOrchestrator) -> ServiceOrchestrator:
    mega = kind()
    for node in nodes:
        mega.add(node)
    for k in range(len(nodes) - 1):
        assert mega.flow_to(nodes[k], nodes[k + 1])
    return mega


async def _read(response: StreamingResponse) -> list[Any]:
    return [item async for item in response.body_iterator]


def _count(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def test_a_model_streams_through_the_service_after_it_sentence_by_sentence(backend: Backend) -> None:
    mega = _chain(backend.node("llm", "/model", ServiceType.LLM), backend.node("after", "/marked"))
    names = [f"megaservice_{what}_latency_count" for what in ("first_token", "inter_token", "request")]
    before = [_count(name) for name in names]
    results, graph = await mega.schedule({"text": "hello"})
    assert list(results) == ["after/MicroService"]
    assert graph.all_leaves() == ["after/MicroService"]
    words = [mega.extract_chunk_str(item).strip() for item in await _read(results["after/MicroService"])]
    assert words == ["OPEA", "is", "great.", "~~~", "I", "think", "so.", "~~~"]
    assert [_count(name) - was for name, was in zip(names, before, strict=True)] == [1, 7, 1]
    assert _count("megaservice_request_pending") == 0


async def test_openai_events_become_sentences_and_the_end_is_told(backend: Backend) -> None:
    mega = _chain(backend.node("llm", "/openai", ServiceType.LLM), backend.node("after", "/marked"))
    results, _ = await mega.schedule({"text": "hello"})
    told = await _read(results["after/MicroService"])
    assert told[-1] == "data: [DONE]\n\n"
    assert told[:5] == [_event("It "), _event("is "), _event("3.5 "), _event("°C. "), _event("~~~")]


def _event(word: str) -> str:
    return f"data: {word.encode()!r}\n\n"


async def test_a_models_answer_at_the_end_is_passed_on_as_it_comes(backend: Backend) -> None:
    mega = _chain(backend.node("llm", "/openai", ServiceType.LLM))
    results, _ = await mega.schedule({"text": "hello"})
    events = await _read(results["llm/MicroService"])
    assert len(events) == 6
    assert events[0].startswith(b'data: {"choices"')
    assert events[-1] == b"data: [DONE]\n\n"


async def test_a_plain_generator_may_align_a_stream(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def align_generator(self: ServiceOrchestrator, gen: Any, **kwargs: Any) -> Iterator[str]:
        for line in gen:
            text = line.decode()
            if "[DONE]" not in text:
                yield json.loads(text[text.find("{") : text.rfind("}") + 1])["choices"][0]["delta"]["content"] + kwargs["mark"]

    monkeypatch.setattr(ServiceOrchestrator, "align_generator", align_generator)
    mega = _chain(backend.node("llm", "/openai", ServiceType.LLM))
    results, _ = await mega.schedule({"text": "hello"}, mark="|")
    assert await _read(results["llm/MicroService"]) == ["It|", " is 3|", ".5 °C|", ". Good|", " night!|"]


async def test_a_stream_that_nobody_reads_is_closed_and_no_longer_pending(backend: Backend) -> None:
    mega = _chain(backend.node("llm", "/openai", ServiceType.LLM))
    results, _ = await mega.schedule({"text": "hello"})
    assert _count("megaservice_request_pending") == 1
    del results
    for _ in range(20):
        await asyncio.sleep(0.05)
        if not _count("megaservice_request_pending"):
            break
    assert _count("megaservice_request_pending") == 0


async def test_a_model_that_fails_before_it_answers_is_an_error_of_the_run(backend: Backend) -> None:
    mega = _chain(backend.node("llm", "/failing", ServiceType.LLM))
    with pytest.raises(NodeError) as caught:
        await mega.schedule({"text": "hello"})
    assert (caught.value.status, caught.value.node) == (503, "llm")
    assert _count("megaservice_request_pending") == 0


async def test_stream_parameters_work_through_speech(backend: Backend) -> None:
    """OPEA raises a TypeError there."""
    mega = _chain(backend.node("llm", "/model", ServiceType.LLM), backend.node("tts", "/speech", ServiceType.TTS))
    results, _ = await mega.schedule({"text": "hello"}, LLMParams(stream=True))
    assert results["tts/MicroService"] == {"tts_result": "All at once."}
    assert backend.asked[-1]["stream"] is False


@pytest.mark.parametrize(
    ("text", "reached"), [("Hi", {"gate", "left", "right", "last"}), ("Bye", {"gate"}), ("Other", {"gate", "right", "last"})]
)
async def test_an_output_may_name_services_that_it_does_not_go_to(backend: Backend, text: str, reached: set[str]) -> None:
    mega = ServiceOrchestrator()
    gate, left, right = backend.node("gate", "/gate"), backend.node("left", "/marked"), backend.node("right", "/marked")
    last = backend.node("last", "/marked")
    mega.add(gate).add(left).add(right).add(last)
    for first, second in ((gate, left), (gate, right), (left, last), (right, last)):
        mega.flow_to(first, second)
    results, graph = await mega.schedule({"text": text}, LLMParams(stream=False))
    names = {f"{name}/MicroService" for name in reached}
    assert set(results) == set(graph.graph) == names
    assert set(mega.get_all_final_outputs(results, graph)) == ({"gate/MicroService"} if text == "Bye" else {"last/MicroService"})


async def test_what_is_held_back_is_told_as_a_stream_where_one_is_expected(backend: Backend) -> None:
    mega = _chain(backend.node("gate", "/gate"), backend.node("llm", "/model", ServiceType.LLM))
    results, _ = await mega.schedule({"text": "Bye"})
    assert await _read(results["gate/MicroService"]) == ["data: b'Bye!'\n\n", "data: [DONE]\n\n"]


async def test_a_document_is_an_input_too(backend: Backend) -> None:
    mega = _chain(backend.node("same", "/same"))
    asked = ChatCompletionRequest.model_validate({"messages": [{"role": "user", "content": "What's up man?"}]})
    results, _ = await mega.schedule(initial_inputs=asked)
    assert results["same/MicroService"]["messages"] == [{"role": "user", "content": "What's up man?"}]
    assert results["same/MicroService"]["seed"] is None


async def test_hooks_assigned_on_the_class_get_the_schedules_arguments(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def align_inputs(self: ServiceOrchestrator, inputs: Any, cur_node: str, *args: Any, **kwargs: Any) -> Any:
        if self.services[cur_node].service_type == ServiceType.RETRIEVER:
            inputs["text"] += f" k={kwargs['retriever_parameters']}"
        return inputs

    def align_outputs(self: ServiceOrchestrator, data: Any, cur_node: str, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        data["asked"] = inputs["text"]
        return data

    monkeypatch.setattr(ServiceOrchestrator, "align_inputs", align_inputs)
    monkeypatch.setattr(ServiceOrchestrator, "align_outputs", align_outputs)
    mega = _chain(backend.node("retriever", "/marked", ServiceType.RETRIEVER), backend.node("after", "/marked"))
    asked = {"text": "hello"}
    results, _ = await mega.schedule(asked, retriever_parameters=8)
    assert results["after/MicroService"] == {"text": "hello k=8 ~~~ ~~~", "asked": "hello k=8 ~~~"}
    assert asked == {"text": "hello"}


async def test_a_request_carries_the_trace_that_it_is_a_part_of(backend: Backend) -> None:
    mega = _chain(backend.node("model", "/model"))
    with tracer.start_as_current_span("asked") as span:
        await mega.schedule({"text": "hello", "stream": False})
    assert backend.traces[-1].split("-")[1] == f"{span.get_span_context().trace_id:032x}"


def test_one_megaservice_serves_one_event_loop_after_the_other(backend: Backend) -> None:
    mega = _chain(backend.node("a", "/marked"))
    for _ in range(2):
        results, _graph = asyncio.run(mega.schedule({"text": "hello"}))
        assert results["a/MicroService"]["text"] == "hello ~~~"


def test_words_and_chunks_are_opeas() -> None:
    mega = ServiceOrchestrator()
    assert mega.extract_chunk_str("data: [DONE]\n\n") == ""
    assert mega.extract_chunk_str("data: b'example test.'\n\n") == "example test."
    sentence = "I write an example test.</s>"
    assert all(event.startswith("data: b'") for event in mega.token_generator(sentence=sentence, is_last=False))
    *_, last = mega.token_generator(sentence=sentence, token_start=1.0, is_first=True, is_last=True)
    assert last == "data: [DONE]\n\n"
    assert list(mega.wrap_iterable([1, 2])) == [1, 2]
