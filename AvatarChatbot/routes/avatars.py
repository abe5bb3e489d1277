"""Registered avatars. Deleting one deletes its rigs and the videos made with it."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from AvatarChatbot.answering import Answering
from AvatarChatbot.store import Store
from comps.cores.errors import NotFound
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.storage.retention import delete_avatar


def router(path: str, store: Store, answering: Answering, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/avatars", tags=["avatars"])
    body = openapi_body(AvatarRequest, media_types=("image/*", "video/*"))

    @routes.post("", response_model=AvatarInfo, openapi_extra=body, status_code=201)
    async def create_avatar(request: Request) -> Response:
        asked = await read_document(request, AvatarRequest, media_field="media")
        return render(await answering.register(asked.media, asked.points), request, status=201)

    @routes.get("")
    async def list_avatars() -> list[dict[str, Any]]:
        """Newest first."""
        found = sorted(await store.blobs.list("avatars"), key=lambda blob: -blob.created_at)
        return [{"avatar_id": blob.key, "bytes": blob.size, "created_at": blob.created_at} for blob in found]

    @routes.get("/{avatar_id}")
    async def get_avatar(avatar_id: str) -> dict[str, Any]:
        info = await store.blobs.info("avatars", avatar_id)
        return {"avatar_id": info.key, "bytes": info.size, "created_at": info.created_at}

    @routes.delete("/{avatar_id}", status_code=204)
    async def remove_avatar(avatar_id: str) -> None:
        if not await to_thread.run_sync(delete_avatar, store.blobs.blocking, avatar_id):
            raise NotFound("there is no such avatar", field="avatar_id")

    return routes
