"""Stored personas: cards under an id, and drafts of them from a picture or a clip."""

from __future__ import annotations

from fastapi import APIRouter, Request

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.faces import check_card
from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.cores.proto.avatar import AvatarRequest, Persona, PersonaDraft
from comps.cores.proto.wire import openapi_body, read_document
from comps.storage.page import Page
from comps.storage.personas import SavedPersona


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/personas", tags=["personas"])
    media = openapi_body(AvatarRequest, media_types=("image/*", "video/*"))

    @routes.post("", status_code=201)
    async def create_persona(card: Persona, owner: Owner) -> SavedPersona:
        await check_card(card, store, owner)
        return await store.personas.create(card, owner=owner)

    @routes.post("/draft", status_code=201, openapi_extra=media)
    async def draft_persona(request: Request, owner: Owner) -> SavedPersona:
        """A persona drafted from a picture or a clip, stored with its portrait as avatar; edit it with PUT."""
        asked = await read_document(request, AvatarRequest, media_field="media")
        answer = await chatbot.megaservice.client.call(chatbot.describe, AvatarRequest(media=asked.media))
        draft = PersonaDraft.model_validate(answer)
        avatar = await answering.register(AvatarRequest(media=draft.portrait), owner)
        card = draft.persona.model_copy(update={"avatar_id": avatar.avatar_id})
        return await store.personas.create(card, owner=owner)

    @routes.get("")
    async def list_personas(owner: Owner, limit: int = 50, cursor: str | None = None) -> Page[SavedPersona]:
        return await store.personas.list(limit, cursor, owner=owner)

    @routes.get("/{persona_id}")
    async def get_persona(persona_id: str, owner: Owner) -> SavedPersona:
        return await store.personas.get(persona_id, owner=owner)

    @routes.put("/{persona_id}")
    async def replace_persona(persona_id: str, card: Persona, owner: Owner) -> SavedPersona:
        before = await store.personas.get(persona_id, owner=owner)
        # A card may go on naming an avatar that was deleted.
        if card.avatar_id != before.avatar_id:
            await check_card(card, store, owner)
        return await store.personas.replace(persona_id, card, owner=owner)

    @routes.delete("/{persona_id}", status_code=204)
    async def delete_persona(persona_id: str, owner: Owner) -> None:
        await store.personas.delete(persona_id, owner=owner)

    return routes
