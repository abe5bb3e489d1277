"""Finished videos, with byte ranges (RFC 9110 §14), so that players can seek."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from AvatarChatbot.owner import Owner
from AvatarChatbot.store import Store
from comps.cores.errors import PROBLEM_JSON, BadInput, NotFound
from comps.storage.blobs import BlobInfo
from comps.storage.owned_blobs import Owned
from comps.storage.ownership import Kind
from comps.storage.page import Page

_MP4 = "video/mp4"
#: Where a key may be: a cache must not give one client's video to another's request.
_KEYS = "Authorization, X-API-Key"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
#: Digits of a place in a file; more are no place in any.
_MOST_DIGITS = 18


class VideoItem(BaseModel):
    """``created_at`` in Unix seconds; ``avatar_id``: whom it shows."""

    id: str
    bytes: int
    created_at: float
    avatar_id: str
    conversation_id: str
    content_type: str

    @classmethod
    def of(cls, owned: Owned) -> VideoItem:
        return cls(
            id=owned.id,
            bytes=owned.about.get("bytes", 0),
            created_at=owned.created_at,
            avatar_id=owned.avatar_id,
            conversation_id=str(owned.about.get("conversation_id", "")),
            content_type=str(owned.about.get("content_type", _MP4)),
        )


class RangeNotSatisfiable(BadInput):
    status = 416
    code = "range_not_satisfiable"
    title = "Range not satisfiable"


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """A single byte range as (start, end), end exclusive; None to send everything, as for what the RFC lets us ignore.

    Raises RangeNotSatisfiable (416) when it begins past the end, or its numbers are beyond any file.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if max(len(first), len(last)) > _MOST_DIGITS:
        raise _unsatisfiable(size)
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise _unsatisfiable(size)
    return start, end


def _unsatisfiable(size: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(f"the video has {size} bytes", field="Range", headers={"Content-Range": f"bytes */{size}"})


def router(path: str, store: Store, *_: Any) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/videos", tags=["videos"])

    @routes.get("")
    async def list_videos(owner: Owner, limit: int = 50, cursor: str | None = None) -> Page[VideoItem]:
        """Newest first."""
        found = await store.owned.list(owner, Kind.VIDEO, limit, cursor)
        return Page(items=[VideoItem.of(owned) for owned in found.items], next_cursor=found.next_cursor)

    @routes.get(
        "/{video_id}",
        response_class=Response,
        responses={
            200: {"content": {_MP4: {}}},
            206: {"description": "The part that was asked for", "content": {_MP4: {}}},
            416: {"description": RangeNotSatisfiable.title, "content": {PROBLEM_JSON: {}}},
        },
    )
    async def get_video(video_id: str, request: Request, owner: Owner) -> Response:
        await store.owned.get(owner, Kind.VIDEO, video_id)
        info = await _info(store, video_id)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=86400", "ETag": f'"{video_id}"', "Vary": _KEYS}
        content_type = str(info.meta.get("content_type", _MP4))
        part = parse_range(request.headers.get("range"), info.size)
        if part is None:
            return Response(await store.blobs.get("videos", video_id), headers=headers, media_type=content_type)
        start, end = part
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
        return Response(await store.blobs.get("videos", video_id, start, end), 206, headers, content_type)

    @routes.delete("/{video_id}", status_code=204)
    async def delete_video(video_id: str, owner: Owner) -> None:
        await store.owned.delete_video(owner, video_id)

    return routes


async def _info(store: Store, video_id: str) -> BlobInfo:
    """Raises NotFound, too where another service has made room."""
    try:
        return await store.blobs.info(Kind.VIDEO, video_id)
    except NotFound:
        raise NotFound("there is no such video", field="video_id") from None
