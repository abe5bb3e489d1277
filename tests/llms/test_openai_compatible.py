"""The client of language model servers, against a real llama.cpp and against faults that no real server can be made to show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from comps.cores.errors import (
    BadInput,
    ConversationTooLong,
    KeyRefused,
    NodeError,
    NodeTimeout,
    NodeUnavailable,
    Overloaded,
    Problem,
)
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.avatar import Persona
from comps.llms.engine import Delta
from comps.llms.engines.openai_compatible import OpenAICompatible
from tests.llms.conftest import Answer, LlamaServer, engine_for, misbehaving

pytestmark = pytest.mark.anyio

HELLO = ChatCompletionRequest(messages="hello", persona=Persona(name="Bo", dislikes=["rain"]), max_tokens=12)


def stream_of(*events: str) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return head + b"".join(f"data: {event}\n\n".encode() for event in events)


def chunk(text: str = "", finish: str | None = None) -> str:
    return json.dumps({"model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def answering(response: bytes, seen: list[bytes] | None = None) -> Answer:
    """Answers /models with one model, and everything else with ``response``."""

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /v1/models"):
            writer.write(document(200, {"data": [{"id": "m"}]}))
            return
        if seen is not None:
            seen.append(request)
        writer.write(response)

    return answer


def document(status: int, body: Any, headers: str = "") -> bytes:
    text = json.dumps(body)
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}"
    return f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode()


async def streamed(engine: OpenAICompatible, request: ChatCompletionRequest = HELLO) -> tuple[str, str | None]:
    async with engine.stream(request) as deltas:
        received = [delta async for delta in deltas]
    assert all(delta.finish_reason is None for delta in received[:-1])
    return "".join(delta.text for delta in received), received[-1].finish_reason


async def _drain(deltas: AsyncIterator[Delta]) -> None:
    async for _ in deltas:
        pass


# A real server


async def test_llama_completes(llama: LlamaServer) -> None:
    async with engine_for(llama.url) as engine:
        await engine.ready()
        completion = await engine.complete(HELLO)
    assert completion.text
    assert completion.finish_reason == "length"
    assert completion.usage.completion_tokens == 12
    assert completion.model.endswith("tiny.gguf")


async def test_llama_streams_what_it_completes(llama: LlamaServer) -> None:
    request = HELLO.model_copy(update={"temperature": 0.0, "seed": 1})
    request.model_fields_set.update({"temperature", "seed"})
    async with engine_for(llama.url) as engine:
        whole = await engine.complete(request)
        text, finish = await streamed(engine, request)
    assert finish == "length"
    assert text == whole.text


async def test_llama_is_told_who_it_is(llama: LlamaServer) -> None:
    plain = ChatCompletionRequest(messages="hello", persona=Persona(), max_tokens=1)
    async with engine_for(llama.url) as engine:
        without = (await engine.complete(plain)).usage.prompt_tokens
        told = (await engine.complete(HELLO)).usage.prompt_tokens
    # Its tokens are bytes: the name and the dislike are there, with the words around them.
    assert told > without + len("You are Bo. rain")


async def test_llama_refuses_what_is_too_long(llama: LlamaServer) -> None:
    request = ChatCompletionRequest(messages="x" * 20_000)
    async with engine_for(llama.url) as engine:
        with pytest.raises(BadInput, match="too long") as refused:
            await engine.complete(request)
        with pytest.raises(BadInput, match="too long"):
            await streamed(engine, request)
    assert refused.value.status == 422
    assert "xxx" not in refused.value.detail


async def test_leaving_a_llama_stream_early_frees_it(llama: LlamaServer) -> None:
    request = ChatCompletionRequest(messages="hello", max_tokens=7000)
    async with engine_for(llama.url) as engine:
        async with engine.stream(request) as deltas:
            await anext(deltas)
        # The server has one slot: it answers again at once only when the first answer was given up.
        with anyio.fail_after(5):
            await engine.complete(HELLO)


async def test_a_killed_llama_is_a_failure(llama: LlamaServer, llama_folder: Path) -> None:
    victim = LlamaServer(llama_folder)
    request = ChatCompletionRequest(messages="hello", max_tokens=7000)
    async with engine_for(victim.url) as engine:
        await engine.ready()
        async with engine.stream(request) as deltas:
            await anext(deltas)
            victim.kill()
            with pytest.raises(NodeError) as failure:
                await _drain(deltas)
        assert failure.value.status == 502
        assert failure.value.node == "llm"
        for attempt in (engine.ready(), engine.complete(HELLO)):
            with pytest.raises(NodeUnavailable):
                await attempt


# Faults


async def test_a_server_that_is_not_there(closed_port: int) -> None:
    async with engine_for(f"http://127.0.0.1:{closed_port}") as engine:
        for attempt in (engine.ready(), engine.complete(HELLO), streamed(engine)):
            with pytest.raises(NodeUnavailable) as failure:
                await attempt
            assert failure.value.status == 503


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((chunk("Hel"), chunk("lo")), NodeError),
        ((), NodeError),
        ((chunk("Hel"), "{broken"), NodeError),
        (
            (chunk("Hel"), '{"error": {"message": "Request failed during generation", "http_status_code": 422}}', "[DONE]"),
            NodeError,
        ),
        (('{"error": {"message": "Model is overloaded", "http_status_code": 422}}', "[DONE]"), Overloaded),
        (('{"error": {"message": "Input validation error: must have less than 9 tokens"}}', "[DONE]"), ConversationTooLong),
        (('{"error": "Request failed", "error_type": "generation"}',), NodeError),
        ((json.dumps({"choices": ["?"]}),), NodeError),
    ],
    ids=["cut", "empty", "broken", "error then done", "tgi overloaded", "tgi validation", "tgi generate", "odd choices"],
)
async def test_streams_that_fail_after_200(events: tuple[str, ...], expected: type[Problem]) -> None:
    async with misbehaving(answering(stream_of(*events))) as url, engine_for(url) as engine:
        with pytest.raises(expected) as failure:
            await streamed(engine)
    assert type(failure.value) is expected
    assert failure.value.extra["node"] == "llm"


@pytest.mark.parametrize(
    ("events", "text", "finish"),
    [
        ((chunk("Hi"), chunk("", "stop"), "[DONE]"), "Hi", "stop"),
        ((chunk("Hi"), chunk("", "length")), "Hi", "length"),
        ((chunk("Hi"), "[DONE]"), "Hi", "stop"),
        ((chunk("Hi"), chunk("!", "eos_token"), '{"choices": [], "usage": {"prompt_tokens": 1}}', "[DONE]"), "Hi!", "stop"),
    ],
    ids=["openai", "transformers serve", "only done", "tgi"],
)
async def test_ends_of_streams(events: tuple[str, ...], text: str, finish: str) -> None:
    async with misbehaving(answering(stream_of(*events))) as url, engine_for(url) as engine:
        assert await streamed(engine) == (text, finish)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, BadInput),
        (401, KeyRefused),
        (404, NodeError),
        (429, Overloaded),
        (500, NodeError),
        (503, NodeUnavailable),
        (504, NodeTimeout),
    ],
)
async def test_statuses(status: int, expected: type[Problem]) -> None:
    response = document(status, {"error": "no"}, "Retry-After: 7\r\n")
    async with misbehaving(answering(response)) as url, engine_for(url) as engine:
        for attempt in (engine.complete(HELLO), streamed(engine)):
            with pytest.raises(expected) as failure:
                await attempt
            assert type(failure.value) is expected
    if expected is Overloaded:
        assert failure.value.headers["Retry-After"] == "7"


@pytest.mark.parametrize("body", [[], {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": "x"}]}])
async def test_answers_without_sense(body: Any) -> None:
    async with misbehaving(answering(document(200, body))) as url, engine_for(url) as engine:
        with pytest.raises(NodeError):
            await engine.complete(HELLO)
        with pytest.raises(NodeError, match="something else"):
            await streamed(engine)


async def test_silence_before_the_first_token() -> None:
    async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET"):
            writer.write(document(200, {"data": [{"id": "m"}]}))
            return
        writer.write(stream_of())
        await writer.drain()
        await asyncio.sleep(5)

    async with misbehaving(silent) as url, engine_for(url, first_token_timeout_s=0.3) as engine:
        with pytest.raises(NodeTimeout) as failure:
            await streamed(engine)
    assert failure.value.status == 504


async def sent(request: ChatCompletionRequest, **settings: object) -> tuple[str, dict[str, Any]]:
    """Head and JSON of what the server gets for ``request``."""
    seen: list[bytes] = []
    answer = document(200, {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})
    async with misbehaving(answering(answer, seen)) as url, engine_for(url, **settings) as engine:
        await engine.complete(request)
    head, _, body = seen[-1].partition(b"\r\n\r\n")
    return head.decode().lower(), json.loads(body)


async def test_only_what_the_client_gave_is_sent() -> None:
    head, body = await sent(
        ChatCompletionRequest(messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}])
    )
    assert "authorization" not in head
    system, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}
    assert body == {"model": "m", "stream": False, "messages": [system, user]}


async def test_what_the_client_gave_is_sent() -> None:
    asked = ChatCompletionRequest(messages="hi", temperature=0, top_p=0.5, stop="x", seed=3, max_tokens=4, presence_penalty=0.5)
    head, body = await sent(asked, api_key="secret", model="mine")
    assert "authorization: bearer secret" in head
    body.pop("messages")
    given = {"temperature": 0, "top_p": 0.5, "stop": ["x"], "seed": 3, "max_tokens": 4, "presence_penalty": 0.5}
    assert body == {"model": "mine", "stream": False, **given}


async def test_what_tgi_refuses_is_not_sent() -> None:
    seen: list[bytes] = []

    async def tgi(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /info"):
            writer.write(document(200, {"router": "text-generation-router"}))
        else:
            await answering(document(200, {"choices": [{"message": {"content": "ok"}}]}), seen)(request, writer)

    async with misbehaving(tgi) as url, engine_for(url) as engine:
        await engine.complete(ChatCompletionRequest(messages="hi", top_p=1.0, presence_penalty=0.5))
    body = json.loads(seen[-1].partition(b"\r\n\r\n")[2])
    assert not {"top_p", "presence_penalty"} & body.keys()


def test_an_endpoint_is_needed() -> None:
    from comps.cores.common.settings import LlmSettings
    from comps.llms.engine import ENGINES

    assert ENGINES.choose("auto", LlmSettings(endpoint="")).name == "responder"
    assert ENGINES.choose("auto", LlmSettings(endpoint="http://127.0.0.1:1")).name == "openai_compatible"
