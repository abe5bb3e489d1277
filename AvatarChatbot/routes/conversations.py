"""Conversations and their turns; deleting one deletes its videos."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from AvatarChatbot.store import Store
from comps.storage.conversations import Conversation, ConversationSummary
from comps.storage.page import Page


def router(path: str, store: Store, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/conversations", tags=["conversations"])

    @routes.get("")
    async def list_conversations(limit: int = 50, cursor: str | None = None) -> Page[ConversationSummary]:
        return await store.conversations.list(limit, cursor)

    @routes.get("/{conversation_id}")
    async def get_conversation(conversation_id: str) -> Conversation:
        return await store.conversations.get(conversation_id)

    @routes.delete("/{conversation_id}", status_code=204)
    async def delete_conversation(conversation_id: str) -> None:
        for video_id in await store.conversations.delete(conversation_id):
            await store.blobs.delete("videos", video_id)

    return routes
