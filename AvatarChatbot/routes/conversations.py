"""Conversations and their turns; deleting one deletes its videos."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio
from fastapi import APIRouter

from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.cores.errors import NotFound
from comps.storage.conversations import Conversation, ConversationSummary
from comps.storage.page import Page


def router(path: str, store: Store, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/conversations", tags=["conversations"])

    @routes.get("")
    async def list_conversations(owner: Owner, limit: int = 50, cursor: str | None = None) -> Page[ConversationSummary]:
        return await store.conversations.list(limit, cursor, owner=owner)

    @routes.get("/{conversation_id}")
    async def get_conversation(conversation_id: str, owner: Owner) -> Conversation:
        return await store.conversations.get(conversation_id, owner=owner)

    @routes.delete("/{conversation_id}", status_code=204)
    async def delete_conversation(conversation_id: str, owner: Owner) -> None:
        # Whoever leaves before the answer has still asked for all of it to go.
        with anyio.CancelScope(shield=True):
            for video_id in await store.conversations.delete(conversation_id, owner=owner):
                # It may have been deleted by itself, or have expired.
                with contextlib.suppress(NotFound):
                    await store.owned.delete_video(owner, video_id)

    return routes
