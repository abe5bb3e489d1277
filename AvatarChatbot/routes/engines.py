"""Who can draw: the engines of the animation service."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.drawer import drawn_by
from AvatarChatbot.store import Store
from comps.cores.proto.avatar import DrawingWish, VideoProfile


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/engines", tags=["engines"])

    @routes.get("")
    async def list_engines(asked: Annotated[DrawingWish, Query()]) -> dict[str, Any]:
        """Who draws a profile that names ``engine`` and ``restore``, or none; and who else there is."""
        told = await drawn_by(chatbot, VideoProfile(**asked.model_dump()))
        return told.model_dump(exclude={"id"})

    return routes
