"""A language model's answer as OPEA's ``schedule`` returns it: a StreamingResponse that reads on while it is sent."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from fastapi.responses import StreamingResponse

from comps.cores.errors import NodeError
from comps.cores.mega.begun import begun
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.dag import DAG
from comps.cores.proto import sse
from comps.opea.generators import EitherIterator, either
from comps.opea.sentences import DONE, sentences

if TYPE_CHECKING:
    from comps.cores.mega.orchestrator import ServiceOrchestrator

#: What takes no text sentence by sentence, or answers with none.
_NO_TEXT = frozenset({ServiceType.ASR, ServiceType.TTS, ServiceType.ANIMATION, ServiceType.IMAGE2VIDEO, ServiceType.TEXT2IMAGE})


def streams_into(orchestrator: ServiceOrchestrator, graph: DAG, node: str) -> str | None:
    """Where the answer of a model comes out when it streams: at itself, or at the one text service that it flows to and that is
    the last. None where neither is so: the answer is then waited for as any other, which OPEA fails at.
    """
    match graph.downstream(node):
        case []:
            return node
        case [only] if not graph.downstream(only) and orchestrator.services[only].service_type not in _NO_TEXT:
            return only
        case _:
            return None


async def answer_stream(
    orchestrator: ServiceOrchestrator, node: str, into: str, request: Any, started: float, kwargs: dict[str, Any]
) -> StreamingResponse:
    """Ask; returns once the first piece of the answer is there, so that failures before it keep their status.

    Raises as ``NodeClient.relay``. ``started``: of the request, ``time.time()``. What is not read to its end is closed when the
    response is dropped.
    """
    body = (
        _whole_answer(orchestrator, node, started, request)
        if into == node
        else _sentences(orchestrator, node, into, started, request)
    )
    aligned = either(orchestrator.align_generator(EitherIterator(body), **kwargs))
    return StreamingResponse(await begun(aligned), media_type=sse.MEDIA_TYPE)


def told_at_once(text: str) -> StreamingResponse:
    """A text that did not come from a model, as one that did."""
    return StreamingResponse(iter([f"data: b'{text}'\n\n", DONE]), media_type=sse.MEDIA_TYPE)


async def _whole_answer(
    orchestrator: ServiceOrchestrator, node: str, started: float, request: Any
) -> AsyncGenerator[bytes, None]:
    metrics, token_start, is_first = orchestrator.metrics, started, True
    metrics.pending_update(True)
    try:
        async with orchestrator.client.relay(orchestrator.services[node], request) as pieces:
            async for piece in pieces:
                token_start = metrics.token_update(token_start, is_first)
                is_first = False
                yield piece
        metrics.request_update(started)
    finally:
        metrics.pending_update(False)


async def _sentences(
    orchestrator: ServiceOrchestrator, node: str, into: str, started: float, request: Any
) -> AsyncGenerator[str, None]:
    """The answer sentence by sentence through the service that follows, word by word."""
    metrics, token_start, is_first = orchestrator.metrics, started, True
    metrics.pending_update(True)
    try:
        async with orchestrator.client.relay(orchestrator.services[node], request) as pieces:
            async for sentence in sentences(pieces):
                if sentence == DONE:
                    yield DONE
                    continue
                answer = await orchestrator.client.call(orchestrator.services[into], {"text": sentence})
                if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
                    raise NodeError(
                        "answered a sentence with something that holds no text", node=orchestrator.services[into].title
                    )
                for word in orchestrator.token_generator(answer["text"], token_start, is_first):
                    yield word
                token_start, is_first = time.time(), False
        metrics.request_update(started)
    finally:
        metrics.pending_update(False)
