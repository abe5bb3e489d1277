"""Stored personas: cards under an id, and drafts of them from a picture or a clip."""

from __future__ import annotations

from fastapi import APIRouter, Request

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.store import Store
from comps.cores.proto.avatar import AvatarRequest, Persona, PersonaDraft
from comps.cores.proto.wire import openapi_body, read_document
from comps.storage.page import Page
from comps.storage.personas import SavedPersona


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/personas", tags=["personas"])
    media = openapi_body(AvatarRequest, media_types=("image/*", "video/*"))

    @routes.post("", status_code=201)
    async def create_persona(card: Persona) -> SavedPersona:
        return await store.personas.create(card)

    @routes.post("/draft", status_code=201, openapi_extra=media)
    async def draft_persona(request: Request) -> SavedPersona:
        """A persona drafted from a picture or a clip, stored with its portrait as avatar; edit it with PUT."""
        asked = await read_document(request, AvatarRequest, media_field="media")
        answer = await chatbot.megaservice.client.call(chatbot.describe, AvatarRequest(media=asked.media))
        draft = PersonaDraft.model_validate(answer)
        avatar = await answering.register(draft.portrait)
        return await store.personas.create(draft.persona.model_copy(update={"avatar_id": avatar.avatar_id}))

    @routes.get("")
    async def list_personas(limit: int = 50, cursor: str | None = None) -> Page[SavedPersona]:
        return await store.personas.list(limit, cursor)

    @routes.get("/{persona_id}")
    async def get_persona(persona_id: str) -> SavedPersona:
        return await store.personas.get(persona_id)

    @routes.put("/{persona_id}")
    async def replace_persona(persona_id: str, card: Persona) -> SavedPersona:
        return await store.personas.replace(persona_id, card)

    @routes.delete("/{persona_id}", status_code=204)
    async def delete_persona(persona_id: str) -> None:
        await store.personas.delete(persona_id)

    return routes
