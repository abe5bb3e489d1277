"""The llm microservice over real HTTP, in front of each of its engines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest

from comps.cores.common.settings import LlmSettings
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.sse import Parser
from comps.llms import service
from tests.llms.conftest import LlamaServer, engine_for, misbehaving
from tests.llms.test_openai_compatible import answering, chunk, document, stream_of
from tests.serving import serving

CHAT = "/v1/chat/completions"


@contextmanager
def llm(**settings: Any) -> Iterator[str]:
    """The address of an llm service with these settings."""
    built = service.build(LlmSettings(port=0, **settings))
    with serving(built):
        yield built.base_url


@pytest.fixture(scope="module")
def responder() -> Iterator[httpx.Client]:
    with llm(engine="responder") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def events(body: bytes) -> list[Any]:
    """The data of a stream's events: JSON, or "[DONE]"."""
    return [event.data if event.data == "[DONE]" else json.loads(event.data) for event in Parser().feed(body)]


def ask(client: httpx.Client, **request: Any) -> httpx.Response:
    return client.post(CHAT, json=request)


def test_a_question_is_answered_by_the_host(responder: httpx.Client) -> None:
    answer = ask(responder, messages="Who are you?").json()
    assert answer["object"] == "chat.completion"
    assert answer["system_fingerprint"] == "responder"
    (choice,) = answer["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert "Aria" in choice["message"]["content"]
    assert answer["usage"]["completion_tokens"] == len(choice["message"]["content"].split())


def test_a_stream_says_the_same_word_by_word(responder: httpx.Client) -> None:
    request: dict[str, Any] = {"messages": [{"role": "user", "content": "What do you like?"}]}
    whole = ask(responder, **request).json()["choices"][0]["message"]["content"]
    response = ask(responder, **request, stream=True, stream_options={"include_usage": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, usage, done = events(response.content)
    assert done == "[DONE]"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == len(whole.split())
    deltas = [part["choices"][0]["delta"].get("content", "") for part in chunks]
    assert "".join(deltas) == whole
    assert len(deltas) > len(whole.split())
    assert len({part["id"] for part in chunks}) == 1
    assert [part["choices"][0].get("finish_reason") for part in chunks] == [None] * (len(chunks) - 1) + ["stop"]


def test_limits_and_stops_are_kept(responder: httpx.Client) -> None:
    (choice,) = ask(responder, messages="Who are you?", max_tokens=3).json()["choices"]
    assert (len(choice["message"]["content"].split()), choice["finish_reason"]) == (3, "length")
    (choice,) = ask(responder, messages="Who are you?", stop=["Aria"]).json()["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("I'm", "stop")


def test_the_persona_answers(responder: httpx.Client) -> None:
    persona = {"name": "Otto", "dislikes": ["Otto hates cheese."]}
    answer = ask(responder, messages="do you like cheese", persona=persona).json()
    assert answer["choices"][0]["message"]["content"] == "No, I hate cheese."


def test_a_system_message_describes_who_answers(responder: httpx.Client) -> None:
    messages = [
        {"role": "system", "content": "You are Nim, a lamp. You love the dark. Answer in one sentence."},
        {"role": "user", "content": [{"type": "text", "text": "what do you love"}]},
    ]
    assert ask(responder, messages=messages).json()["choices"][0]["message"]["content"] == "I love the dark."


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content"),
        ({"messages": "x", "temperature": 9}, "temperature"),
        ({"messages": "x", "top_p": 0}, "top_p"),
        ({"messages": "x", "max_tokens": 0}, "max_tokens"),
        ({"messages": "x", "n": 2}, "n"),
        ({"messages": "x", "stop": ["a"] * 5}, "stop"),
        ({"messages": "x", "persona": {"likes": 3}}, "persona.likes"),
    ],
)
def test_bad_requests_name_the_field(responder: httpx.Client, request_: dict[str, Any], field: str) -> None:
    response = responder.post(CHAT, json=request_)
    assert response.status_code == 422
    assert response.json()["field"] == field


def test_models_and_readiness(responder: httpx.Client) -> None:
    assert [model["id"] for model in responder.get("/v1/models").json()["data"]] == ["responder"]
    assert responder.get("/health/ready").status_code == 200


def test_latencies_are_kept(responder: httpx.Client) -> None:
    ask(responder, messages="hello", stream=True)
    statistics = responder.get("/v1/statistics").json()[service.NAME]
    assert 0 < statistics["p50_latency_first_token"] <= statistics["p99_latency"]


def test_llama_behind_the_service(llama: LlamaServer) -> None:
    with llm(endpoint=llama.url) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert client.get("/health/ready").status_code == 200
        answer = ask(client, messages="hello", max_tokens=5).json()
        assert (answer["choices"][0]["finish_reason"], answer["system_fingerprint"]) == ("length", "openai_compatible")
        *chunks, done = events(ask(client, messages="hello", max_tokens=5, stream=True).content)
        assert done == "[DONE]"
        assert chunks[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.anyio
async def test_a_client_that_leaves_frees_llama(llama: LlamaServer) -> None:
    with llm(endpoint=llama.url) as url:
        async with (
            httpx.AsyncClient(base_url=url, timeout=30) as client,
            client.stream("POST", CHAT, json={"messages": "hello", "max_tokens": 7000, "stream": True}) as response,
        ):
            await anext(response.aiter_bytes())
        async with engine_for(llama.url) as engine:
            with anyio.fail_after(5):
                await engine.complete(ChatCompletionRequest(messages="hello", max_tokens=1))


def test_a_server_that_is_down_is_503_also_for_streams(closed_port: int) -> None:
    with llm(endpoint=f"http://127.0.0.1:{closed_port}") as url, httpx.Client(base_url=url, timeout=30) as client:
        for response in (ask(client, messages="x"), ask(client, messages="x", stream=True), client.get("/health/ready")):
            assert (response.status_code, response.json()["node"]) == (503, "llm")


@pytest.mark.anyio
async def test_an_error_before_the_first_word_keeps_its_status() -> None:
    overloaded = answering(stream_of('{"error": {"message": "Model is overloaded"}}', "[DONE]"))
    async with misbehaving(overloaded) as upstream:
        response = await asyncio.to_thread(_stream_from, upstream)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"


@pytest.mark.anyio
async def test_an_error_after_the_first_word_is_an_event_without_done() -> None:
    async with misbehaving(answering(stream_of(chunk("Hel"), chunk("lo")))) as upstream:
        response = await asyncio.to_thread(_stream_from, upstream)
    assert response.status_code == 200
    *chunks, error = events(response.content)
    assert [part["choices"][0]["delta"]["content"] for part in chunks] == ["Hel", "lo"]
    assert (error["status"], error["node"]) == (502, "llm")
    assert error["error"]["message"] == f"llm: {error['detail']}"


@pytest.mark.anyio
async def test_an_upstream_error_keeps_its_meaning() -> None:
    async with misbehaving(answering(document(429, {"error": "busy"}, "Retry-After: 9\r\n"))) as upstream:
        response = await asyncio.to_thread(_stream_from, upstream)
    assert (response.status_code, response.headers["retry-after"]) == (429, "9")


def _stream_from(upstream: str) -> httpx.Response:
    with llm(endpoint=upstream) as url, httpx.Client(base_url=url, timeout=30) as client:
        return ask(client, messages="x", stream=True)
