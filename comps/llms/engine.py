"""What an engine of the llm stage does: it continues a conversation, at once or word by word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.api_protocol import ChatCompletionRequest, ModelFinishReason, UsageInfo

#: The name that errors of this stage carry.
NODE = "llm"


@dataclass(frozen=True)
class Completion:
    """A whole answer. ``model`` made it."""

    text: str
    finish_reason: ModelFinishReason
    model: str
    usage: UsageInfo


@dataclass(frozen=True)
class Delta:
    """A piece of an answer. The last one of a stream, and only it, has a ``finish_reason``.

    ``takes_back``: all before it were the model's thoughts, which only their end told.
    """

    text: str = ""
    finish_reason: ModelFinishReason | None = None
    model: str = ""
    usage: UsageInfo | None = None
    takes_back: bool = False


class LlmEngine(Engine, Protocol):
    """Continues conversations. All methods raise NodeError (or its kin) and Overloaded when the model cannot answer."""

    async def complete(self, request: ChatCompletionRequest) -> Completion:
        """The answer to the conversation's last message."""

    def stream(self, request: ChatCompletionRequest) -> AbstractAsyncContextManager[AsyncIterator[Delta]]:
        """The answer piece by piece. Leaving the context early stops the work; a stream that ends without a
        ``finish_reason`` does not occur: a cut one raises NodeError."""

    async def models(self) -> list[str]:
        """Names of the models that can be asked for."""


ENGINES: EngineRegistry[LlmEngine] = EngineRegistry(
    NODE,
    {
        "openai_compatible": "comps.llms.engines.openai_compatible:OpenAICompatible",
        "responder": "comps.llms.engines.responder:Responder",
    },
)
