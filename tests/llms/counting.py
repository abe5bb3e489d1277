"""A language model's server that counts the tokens of every request and refuses those that are more than its context holds."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.llms.conftest import misbehaving
from tests.llms.test_openai_compatible import chunk, document, stream_of

#: Pieces of a word of up to four letters, signs, and each character of other scripts as one and a half tokens on average.
_PIECE = re.compile(r"[A-Za-z]{1,4}|[^\sA-Za-z]")
#: Around every message.
_TEMPLATE = 5

#: Of a request with so many tokens, more than the context holds; and whether it is a stream.
Refusal = Callable[[int, int, bool], bytes]


def openai_refusal(tokens: int, context: int, streams: bool) -> bytes:
    words = f"This model's maximum context length is {context} tokens. However, your messages resulted in {tokens} tokens."
    return document(400, {"error": {"message": words, "type": "invalid_request_error", "code": "context_length_exceeded"}})


def llama_refusal(tokens: int, context: int, streams: bool) -> bytes:
    words = f"request ({tokens} tokens) exceeds the available context size ({context} tokens), try increasing it"
    error = {"code": 400, "message": words, "type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": context}
    return document(400, {"error": error})


def tgi_refusal(tokens: int, context: int, streams: bool) -> bytes:
    words = f"Input validation error: `inputs` must have less than {context} tokens. Given: {tokens}"
    if not streams:
        return document(422, {"error": words, "error_type": "validation"})
    return stream_of(json.dumps({"error": {"message": words, "http_status_code": 422}}), "[DONE]")


def count(messages: list[dict[str, str]]) -> int:
    return sum(_TEMPLATE + tokens_of(message["content"]) for message in messages)


def tokens_of(text: str) -> int:
    return round(sum(1 if piece.isascii() else 1.5 for piece in _PIECE.findall(text)))


@dataclass
class CountingServer:
    """``tells``: path → what GET answers there."""

    context: int = 4096
    refusal: Refusal = openai_refusal
    tells: dict[str, Any] = field(default_factory=dict)
    says: str = "It is a fine day, and I have a long story about it to tell. "
    counts_usage: bool = False
    #: What was asked, with whether it was answered.
    asked: list[tuple[dict[str, Any], bool]] = field(default_factory=list)
    tokenized: int = 0
    url: str = ""

    @property
    def answered(self) -> list[dict[str, Any]]:
        return [request for request, was_answered in self.asked if was_answered]

    @property
    def refused(self) -> int:
        return sum(not was_answered for _, was_answered in self.asked)

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        method, path, _ = head.decode().split(" ", 2)
        if method == "GET":
            told = {"/v1/models": {"data": [{"id": "m"}]}, **self.tells}.get(path)
            writer.write(document(404, {}) if told is None else document(200, told))
            return
        asked = json.loads(body)
        if path == "/tokenize":
            self.tokenized += 1
            writer.write(
                document(
                    200,
                    {"tokens": [0] * tokens_of(next(asked[name] for name in ("content", "prompt", "inputs") if name in asked))},
                )
            )
            return
        tokens = count(asked["messages"])
        fits = tokens + asked.get("max_tokens", 0) <= self.context
        self.asked.append((asked, fits))
        writer.write(self._answer(asked, tokens) if fits else self.refusal(tokens, self.context, asked["stream"]))

    def _answer(self, asked: dict[str, Any], tokens: int) -> bytes:
        usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
        if not asked["stream"]:
            choice = {"message": {"content": self.says}, "finish_reason": "stop"}
            return document(200, {"model": "m", "choices": [choice], **({"usage": usage} if self.counts_usage else {})})
        counted = [json.dumps({"choices": [], "usage": usage})] if self.counts_usage else []
        return stream_of(chunk(self.says), chunk("", "stop"), *counted, "[DONE]")


@asynccontextmanager
async def counting(**how: Any) -> AsyncIterator[CountingServer]:
    server = CountingServer(**how)
    async with misbehaving(server.answer) as url:
        server.url = url
        yield server
