"""What servers' errors mean, in the words that they were seen to use."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from comps.cores.errors import (
    BadInput,
    ConversationTooLong,
    KeyRefused,
    ModelNotFound,
    NodeError,
    NodeOverloaded,
    NodeTimeout,
    NodeUnavailable,
    OutOfMemory,
    Overloaded,
    Problem,
    QuotaUsedUp,
)
from comps.llms.answer.server_errors import ContentFiltered, OtherTokenName, is_error, problem_of, problem_of_page
from comps.llms.engines.openai_responses import refusal
from tests.llms.conftest import engine_for, misbehaving
from tests.llms.test_openai_compatible import HELLO, answering, document, stream_of, streamed

#: Where it was seen, status (200: in a stream, or as an answer), body, and what it is.
SEEN: list[tuple[str, int, Any, type[Problem]]] = [
    (
        "OpenAI, platform.openai.com/docs/guides/error-codes",
        400,
        {
            "error": {
                "message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                "type": "invalid_request_error",
                "param": "messages",
                "code": "context_length_exceeded",
            }
        },
        ConversationTooLong,
    ),
    (
        "vllm-project/vllm#20409",
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the "
            "messages, 10000 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        ConversationTooLong,
    ),
    (
        "vllm-project/vllm#4667",
        400,
        {"object": "error", "message": "max_tokens must be at least 1, got -186.", "type": "BadRequestError", "code": 400},
        ConversationTooLong,
    ),
    (
        "ggml-org/llama.cpp#15780",
        200,
        {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size. try increasing the context size",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 1407,
                "n_ctx": 256,
            }
        },
        ConversationTooLong,
    ),
    (
        "oobabooga/textgen#7257, by its type alone",
        200,
        {"error": {"code": 400, "message": "", "type": "exceed_context_size_error"}},
        ConversationTooLong,
    ),
    (
        "abetlen/llama-cpp-python#385",
        500,
        {"error": {"message": "Requested tokens (2285) exceed context window of 2048", "type": "internal_server_error"}},
        ConversationTooLong,
    ),
    (
        "TGI, router/src/validation.rs",
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens",
            "error_type": "validation",
        },
        ConversationTooLong,
    ),
    (
        "TGI, in a stream",
        200,
        {"error": {"message": "Input validation error: `inputs` must have less than 4096 tokens", "http_status_code": 422}},
        ConversationTooLong,
    ),
    (
        "lmstudio-ai/lmstudio-bug-tracker#546",
        200,
        {
            "error": "Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with "
            "context length of only 32768 tokens, which is not enough."
        },
        ConversationTooLong,
    ),
    (
        "Gitlawb/openclaude#353",
        400,
        {"error": "The number of tokens to keep from the initial prompt is greater than the context length (13055>= 4096)."},
        ConversationTooLong,
    ),
    (
        "Anthropic's OpenAI endpoint",
        400,
        {"error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}},
        ConversationTooLong,
    ),
    ("ollama/ollama#4144", 503, {"error": "server busy, please try again.  maximum pending requests exceeded"}, NodeOverloaded),
    ("TGI, router/src/infer", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, Overloaded),
    ("TGI, in a stream", 200, {"error": {"message": "Model is overloaded", "http_status_code": 422}}, Overloaded),
    (
        "fake_llm.py, SCN:err200",
        200,
        {"error": {"message": "model overloaded", "type": "server_error", "code": 503}},
        NodeOverloaded,
    ),
    (
        "OpenAI",
        429,
        {"error": {"message": "Rate limit reached for gpt-4o", "type": "requests", "code": "rate_limit_exceeded"}},
        Overloaded,
    ),
    (
        "openai/openai-python#630",
        429,
        {"error": {"message": "Request too large for gpt-4 on tokens per min (TPM): Limit 10000", "code": "rate_limit_exceeded"}},
        Overloaded,
    ),
    (
        "OpenAI",
        429,
        {"error": {"message": "You exceeded your current quota, please check your plan", "code": "insufficient_quota"}},
        QuotaUsedUp,
    ),
    ("DeepSeek", 402, {"error": {"message": "Insufficient Balance"}}, QuotaUsedUp),
    (
        "OpenAI",
        404,
        {"error": {"message": "The model `gpt-9` does not exist or you do not have access to it.", "code": "model_not_found"}},
        ModelNotFound,
    ),
    ("Ollama, server/routes.go", 404, {"error": {"message": 'model "x" not found, try pulling it first'}}, ModelNotFound),
    (
        "vLLM",
        404,
        {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
        ModelNotFound,
    ),
    (
        "OpenAI",
        401,
        {"error": {"message": "Incorrect API key provided: sk-x.", "type": "invalid_request_error", "code": "invalid_api_key"}},
        KeyRefused,
    ),
    ("vLLM with --api-key", 401, {"error": "Unauthorized"}, KeyRefused),
    (
        "llama.cpp with --api-key",
        401,
        {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}},
        KeyRefused,
    ),
    (
        "Azure OpenAI",
        400,
        {
            "error": {
                "code": "content_filter",
                "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
                "status": 400,
            }
        },
        ContentFiltered,
    ),
    (
        "ollama/ollama#15049",
        500,
        {"error": "model requires more system memory (338.1 GiB) than is available (328.0 GiB)"},
        OutOfMemory,
    ),
    (
        "fake_llm.py, SCN:errmid",
        200,
        {"error": {"message": "CUDA out of memory", "type": "server_error", "code": 500}},
        OutOfMemory,
    ),
    (
        "llama.cpp, tools/server",
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        NodeUnavailable,
    ),
    (
        "LM Studio",
        404,
        {"error": {"message": "No models loaded. Please load a model in the developer page", "type": "invalid_request_error"}},
        NodeUnavailable,
    ),
    ("envoy", 503, "no healthy upstream", NodeUnavailable),
    ("Cloudflare", 524, "error code: 524", NodeTimeout),
    (
        "OpenAI's o-series",
        400,
        {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}},
        OtherTokenName,
    ),
    ("FastAPI", 422, {"detail": [{"loc": ["body", "top_k"], "msg": "value is not a valid integer"}]}, BadInput),
    ("Starlette", 500, "Internal Server Error", NodeError),
    ("TGI, generation", 424, {"error": "Request failed during generation: Server error", "error_type": "generation"}, NodeError),
    ("nothing", 200, {"error": {}}, NodeError),
    ("a list", 200, [], NodeError),
]


@pytest.mark.parametrize(("source", "status", "body", "kind"), SEEN, ids=[f"{seen[0]} {seen[1]}" for seen in SEEN])
def test_words_of_servers(source: str, status: int, body: Any, kind: type[Problem]) -> None:
    problem = problem_of(body, status=status, headers={"Retry-After": "7"})
    assert type(problem) is kind
    assert problem.extra["node"] == "llm"
    if isinstance(problem, Overloaded | NodeOverloaded):
        assert problem.headers["Retry-After"] == "7"
    if isinstance(body, dict) and isinstance(body.get("error"), dict) and body["error"].get("message"):
        assert is_error(body)
        assert body["error"]["message"] not in problem.detail


@pytest.mark.parametrize(("source", "status", "body", "kind"), SEEN, ids=[f"{seen[0]} {seen[1]}" for seen in SEEN])
def test_bodies_with_a_status(source: str, status: int, body: Any, kind: type[Problem]) -> None:
    if status >= 400:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        assert type(refusal(httpx.Response(status, headers={"Retry-After": "7"}), content)) is kind


def test_pages_of_proxies() -> None:
    page = b"<html>\r\n<head><title>%s</title></head></html>"
    assert type(problem_of_page(page % b"502 Bad Gateway")) is NodeUnavailable
    assert type(problem_of_page(page % b"504 Gateway Time-out")) is NodeTimeout
    welcome = problem_of_page(page % b"Welcome to nginx!")
    assert type(welcome) is NodeError
    assert "LLM_ENDPOINT" in welcome.detail


def test_what_is_no_error() -> None:
    for answer in ({"choices": [{}]}, {"choices": [], "usage": {}}, {}, {"error": None, "choices": [{}]}, {"data": []}):
        assert not is_error(answer)


@pytest.mark.anyio
async def test_an_error_that_comes_as_an_answer() -> None:
    body = {"error": {"message": "model overloaded", "type": "server_error", "code": 503}}
    for response in (document(200, body), document(503, body), stream_of(json.dumps(body))):
        async with misbehaving(answering(response)) as url, engine_for(url) as engine:
            with pytest.raises(NodeOverloaded):
                await streamed(engine)
    for response in (document(200, body), document(503, body)):
        async with misbehaving(answering(response)) as url, engine_for(url) as engine:
            with pytest.raises(NodeOverloaded):
                await engine.complete(HELLO)
