"""Single turns by their id: how an answer that was cut short came to its end."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.storage.conversations import Turn


def router(path: str, store: Store, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/turns", tags=["conversations"])

    @routes.get("/{turn_id}")
    async def get_turn(turn_id: str, owner: Owner) -> Turn:
        """``X-Turn-Id`` of a streamed answer is this id; ``error`` holds the problem of one that failed."""
        return await store.conversations.get_turn(turn_id, owner=owner)

    return routes
