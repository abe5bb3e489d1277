"""The llm microservice: a conversation in, its next answer out. ``python -m comps.llms.service`` serves it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from comps.cores.common.settings import LlmSettings
from comps.cores.errors import Problem
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.proto import sse
from comps.cores.proto.api_protocol import (
    ChatCompletionRequest,
    ChatCompletionResponse,
    ChatCompletionResponseChoice,
    ChatCompletionResponseStreamChoice,
    ChatCompletionStreamResponse,
    ChatMessage,
    DeltaMessage,
    ModelCard,
    ModelList,
)
from comps.cores.proto.docarray import GeneratedDoc
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.cores.telemetry import logs
from comps.llms.engine import ENGINES, Completion, Delta, LlmEngine
from comps.opea.payloads import QueryOrChatRequest, query_events

NAME = "opea_service@llm"


class CompletionStream(Response):
    """An answer as server-sent events. The status is sent with the first words, so a failure before them keeps its own.

    A failure after them is an event with the problem's document (its member ``error`` is OpenAI's), and no ``[DONE]`` follows.
    The engine's stream is left when the client goes away (the request's guard cancels this call).
    """

    media_type = sse.MEDIA_TYPE

    def __init__(self, engine: LlmEngine, asked: QueryOrChatRequest) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._engine = engine
        self._asked = asked
        self._template = ChatCompletionStreamResponse(model="", choices=[], system_fingerprint=engine.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        async with self._engine.stream(self._asked) as deltas:
            first = await anext(deltas)
            first_token = time.perf_counter() - started
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with aclosing(self._events(first, deltas)) as events:
                async for event in events:
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        statistics_dict[NAME].append_latency(time.perf_counter() - started, first_token)

    async def _events(self, first: Delta, deltas: AsyncIterator[Delta]) -> AsyncGenerator[bytes, None]:
        if self._asked.query is not None:
            async for event in query_events(_texts(first, deltas)):
                yield event.encode()
            return
        try:
            yield self._chunk(first, DeltaMessage(role="assistant", content=first.text))
            async for delta in deltas:
                yield self._chunk(delta, DeltaMessage(content=delta.text or None, taken_back=delta.takes_back or None))
                if delta.usage is not None and self._asked.stream_options and self._asked.stream_options.include_usage:
                    yield _event(self._template.model_copy(update={"model": delta.model, "usage": delta.usage}))
        except Problem as problem:
            yield sse.format_event(json.dumps(problem.document()))
        else:
            yield sse.format_event("[DONE]")

    def _chunk(self, delta: Delta, message: DeltaMessage) -> bytes:
        choice = ChatCompletionResponseStreamChoice(delta=message, finish_reason=delta.finish_reason)
        return _event(self._template.model_copy(update={"model": delta.model, "choices": [choice]}))


async def _texts(first: Delta, deltas: AsyncIterator[Delta]) -> AsyncGenerator[str, None]:
    yield first.text
    async for delta in deltas:
        yield delta.text


def _event(document: BaseModel) -> bytes:
    return sse.format_event(document.model_dump_json(exclude_none=True))


def _response(completion: Completion, engine: LlmEngine) -> ChatCompletionResponse:
    message = ChatMessage.model_construct(role="assistant", content=completion.text)
    return ChatCompletionResponse(
        model=completion.model,
        choices=[ChatCompletionResponseChoice(message=message, finish_reason=completion.finish_reason)],
        usage=completion.usage,
        system_fingerprint=engine.name,
    )


def build(settings: LlmSettings) -> MicroService:
    """The service, its port bound, not yet serving."""
    engine = ENGINES.create(settings.engine, settings)

    service = registered(
        MicroService(
            name=NAME,
            service_type=ServiceType.LLM,
            endpoint="/v1/chat/completions",
            host=settings.host,
            port=settings.port,
            input_datatype=ChatCompletionRequest,
            output_datatype=ChatCompletionResponse,
            description="Language model",
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            token=settings.mesh.token.get_secret_value(),
        )
    )

    @service.route(
        service.endpoint,
        response_model=ChatCompletionResponse | GeneratedDoc,
        responses={200: {"content": {sse.MEDIA_TYPE: {}}}},
        openapi_extra=openapi_body(QueryOrChatRequest),
    )
    @register_statistics(names=[NAME])
    async def chat(request: Request) -> Response:
        """OpenAI's chat endpoint; with ``stream`` the answer comes as server-sent events. OPEA 1.1's ``query`` is answered in
        its shapes.
        """
        started = time.perf_counter()
        asked = await read_document(request, QueryOrChatRequest)
        if asked.stream:
            return CompletionStream(engine, asked)
        completion = await engine.complete(asked)
        statistics_dict[NAME].append_latency(time.perf_counter() - started)
        if asked.query is not None:
            return render(GeneratedDoc(text=completion.text, prompt=asked.query), request)
        return JSONResponse(_response(completion, engine).model_dump(mode="json", exclude_none=True))

    @service.route("/v1/models", ["GET"])
    async def models() -> ModelList:
        """OpenAI's list of models."""
        return ModelList(data=[ModelCard(id=name) for name in await engine.models()])

    service.add_resource(engine)
    return service


def main() -> None:
    logs.configure()
    build(LlmSettings()).start()


if __name__ == "__main__":
    main()
