"""Registered avatars. Deleting one deletes its rigs and the videos made with it; what others have of it stays."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest
from comps.cores.proto.face_report import FaceReport
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.storage.owned_blobs import Owned
from comps.storage.ownership import Kind
from comps.storage.page import Page


class AvatarItem(BaseModel):
    """``created_at``: when its owner registered it, Unix seconds."""

    avatar_id: str
    bytes: int
    created_at: float

    @classmethod
    def of(cls, owned: Owned) -> AvatarItem:
        return cls(avatar_id=owned.id, bytes=owned.about.get("bytes", 0), created_at=owned.created_at)


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/avatars", tags=["avatars"])
    body = openapi_body(AvatarRequest, media_types=("image/*", "video/*"))

    @routes.post("", response_model=AvatarInfo, openapi_extra=body, status_code=201)
    async def create_avatar(request: Request, owner: Owner) -> Response:
        asked = await read_document(request, AvatarRequest, media_field="media")
        return render(await answering.register(asked, owner), request, status=201)

    @routes.post("/check", openapi_extra=body)
    async def check_avatar(request: Request, owner: Owner) -> FaceReport:
        """What will look wrong with a face, and what to change, before it is used. Nothing is kept of it."""
        asked = await read_document(request, AvatarRequest, media_field="media")
        document = AvatarRequest(media=asked.media)
        answer = await chatbot.megaservice.client.call(chatbot.describe, document, path=f"{chatbot.describe.endpoint}/check")
        return FaceReport.model_validate(answer)

    @routes.get("")
    async def list_avatars(owner: Owner, limit: int = 50, cursor: str | None = None) -> Page[AvatarItem]:
        """Newest first."""
        found = await store.owned.list(owner, Kind.AVATAR, limit, cursor)
        return Page(items=[AvatarItem.of(owned) for owned in found.items], next_cursor=found.next_cursor)

    @routes.get("/{avatar_id}")
    async def get_avatar(avatar_id: str, owner: Owner) -> AvatarItem:
        return AvatarItem.of(await store.owned.get(owner, Kind.AVATAR, avatar_id))

    @routes.delete("/{avatar_id}", status_code=204)
    async def remove_avatar(avatar_id: str, owner: Owner) -> None:
        await store.owned.delete_avatar(owner, avatar_id)

    return routes
