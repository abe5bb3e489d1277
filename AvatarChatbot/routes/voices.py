"""The voices of the tts service."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.store import Store


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/voices", tags=["voices"])

    @routes.get("")
    async def list_voices(description: str | None = None) -> Any:
        """All voices, or with ``description`` the best for it first."""
        query = f"?description={quote(description)}" if description else ""
        client = chatbot.megaservice.client
        return await client.call(chatbot.tts, None, path=f"/v1/tts/voices{query}", method="GET")

    return routes
