"""All that the asker has here at once: how much it is, and deleting it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.storage.everything import Belongings

#: How long one request deletes, seconds: shorter than clients and proxies wait.
_WITHIN_S = 20.0


def router(path: str, store: Store, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/everything", tags=["everything"])

    @routes.get("")
    async def count_everything(owner: Owner) -> Belongings:
        """How much there is of the asker's: what DELETE would delete."""
        return await store.everything.count(owner)

    @routes.delete("")
    async def delete_everything(owner: Owner) -> Belongings:
        """Delete all conversations, personas, avatars and videos of the asker's; the answer says how many those were.

        What takes too long, or cannot be deleted, is told (503, ``deleted`` and ``left``): ask again. At a gateway without keys
        all who ask are one owner. An answer that is being given meanwhile is given to its end, and not kept.
        """
        return await store.everything.delete(owner, _WITHIN_S)

    return routes
