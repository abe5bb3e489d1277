"""OpenAI's API at the gateway: the stages of the mesh one by one, for OpenAI's clients (API reference: Chat, Audio, Models).

Each request goes to the stage's service, and the answer comes back as it is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import Field

from AvatarChatbot import avatars, faces
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.owner import Owner
from AvatarChatbot.rates import AddressRates
from AvatarChatbot.store import Store
from comps.cores.errors import NotFound
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.streamed import Body, StreamedResponse
from comps.cores.proto import sse
from comps.cores.proto.api_protocol import ChatCompletionRequest, ChatCompletionResponse, ModelCard, ModelList
from comps.cores.proto.audio_requests import SPEECH_RESPONSES, TRANSCRIPTION_RESPONSES, AudioSpeechRequest, TranscriptionRequest
from comps.cores.proto.avatar import Persona
from comps.cores.proto.wire import JSON, openapi_body, read_document

#: Before the name of one of our own characters, which answers as a model.
_OURS = "avatarchatbot/"
#: Of a service's answer, what its client is told beside the body.
_TOLD = ("X-Voice", "X-Engine", "X-Sample-Rate")


class ChatRequest(ChatCompletionRequest):
    """``persona``: who answers, a card or the id of a stored one. ``model``: one of /v1/models (``avatarchatbot/NAME``: one of
    our own characters); any other name is left to the llm service.
    """

    persona: Persona | str | None = Field(None)  # type: ignore[assignment]


def router(store: Store, chatbot: AvatarChatbot, rates: AddressRates) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["openai"])
    client = chatbot.megaservice.client

    def relayed(request: Request, node: MicroService, document: Any, path: str) -> Response:
        rates.charge(request.client.host if request.client else "")
        return StreamedResponse(partial(_relayed, chatbot, node, document, path))

    @routes.post(
        "/chat/completions",
        response_model=ChatCompletionResponse,
        responses={200: {"content": {sse.MEDIA_TYPE: {}}}},
        openapi_extra=openapi_body(ChatRequest),
    )
    async def chat(request: Request, owner: Owner) -> Response:
        """The llm stage: a conversation is continued. With ``stream`` the answer comes as server-sent events."""
        asked = await read_document(request, ChatRequest)
        persona = await faces.persona(asked.persona, store, owner)
        if asked.model and asked.model.startswith(_OURS):
            persona = persona or await to_thread.run_sync(_character, asked.model)
            asked.model = None
        document = asked.model_dump(mode="json", exclude={"id", "persona"}, exclude_none=True)
        if persona is not None:
            document["persona"] = persona.model_dump(mode="json", exclude={"id"})
        return relayed(request, chatbot.llm, document, "/v1/chat/completions")

    @routes.post(
        "/audio/transcriptions",
        response_model=None,
        responses=TRANSCRIPTION_RESPONSES,
        openapi_extra=openapi_body(TranscriptionRequest),
    )
    async def transcriptions(request: Request) -> Response:
        """The asr stage: what is said in a recording."""
        asked = await read_document(request, TranscriptionRequest)
        return relayed(request, chatbot.asr, asked, "/v1/audio/transcriptions")

    @routes.post("/audio/translations", include_in_schema=False)
    async def translations() -> None:
        raise NotFound("speech is not translated here; /v1/audio/transcriptions writes it in the language that is spoken")

    @routes.post(
        "/audio/speech", response_class=Response, responses=SPEECH_RESPONSES, openapi_extra=openapi_body(AudioSpeechRequest)
    )
    async def speech(request: Request) -> Response:
        """The tts stage: a text is spoken, the sound sent while it is made."""
        asked = await read_document(request, AudioSpeechRequest)
        return relayed(request, chatbot.tts, asked, "/v1/audio/speech")

    @routes.get("/audio/voices")
    async def voices() -> Any:
        """What ``voice`` may be by name; a language or a description does as well."""
        return await client.call(chatbot.tts, None, path="/v1/tts/voices", method="GET")

    @routes.get("/models")
    async def models() -> ModelList:
        """The models of the llm stage, and our own characters."""
        listed = ModelList.model_validate(await client.call(chatbot.llm, None, path="/v1/models", method="GET"))
        ours = [ModelCard(id=f"{_OURS}{name}") for name in await to_thread.run_sync(avatars.names)]
        return ModelList(data=[*listed.data, *ours])

    @routes.get("/models/{model:path}")
    async def model(model: str) -> ModelCard:
        found = next((card for card in (await models()).data if card.id == model), None)
        if found is None:
            raise _no_model()
        return found

    return routes


@asynccontextmanager
async def _relayed(chatbot: AvatarChatbot, node: MicroService, document: Any, path: str) -> AsyncIterator[Body]:
    async with chatbot.megaservice.client.relay(node, document, path=path) as answer:
        told = {name: answer.headers[name] for name in _TOLD if name in answer.headers}
        yield Body(answer, answer.headers.get("Content-Type", JSON), told)


def _character(model: str) -> Persona:
    """Raises NotFound."""
    try:
        return faces.card(model.removeprefix(_OURS))
    except KeyError:
        raise _no_model() from None


def _no_model() -> NotFound:
    return NotFound("model: there is none of that name; those there are: /v1/models", field="model")
