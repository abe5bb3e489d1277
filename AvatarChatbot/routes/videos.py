"""Finished videos, with byte ranges (RFC 9110 §14), so that players can seek."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response

from AvatarChatbot.store import Store
from comps.cores.errors import PROBLEM_JSON, BadInput

_MP4 = "video/mp4"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
#: Digits of a place in a file; more are no place in any.
_MOST_DIGITS = 18


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
    async def list_videos() -> list[dict[str, Any]]:
        """Newest first."""
        found = sorted(await store.blobs.list("videos"), key=lambda blob: -blob.created_at)
        return [{"id": blob.key, "bytes": blob.size, "created_at": blob.created_at, **blob.meta} for blob in found]

    @routes.get(
        "/{video_id}",
        response_class=Response,
        responses={
            200: {"content": {_MP4: {}}},
            206: {"description": "The part that was asked for", "content": {_MP4: {}}},
            416: {"description": RangeNotSatisfiable.title, "content": {PROBLEM_JSON: {}}},
        },
    )
    async def get_video(video_id: str, request: Request) -> Response:
        info = await store.blobs.info("videos", video_id)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=86400", "ETag": f'"{video_id}"'}
        content_type = str(info.meta.get("content_type", _MP4))
        part = parse_range(request.headers.get("range"), info.size)
        if part is None:
            return Response(await store.blobs.get("videos", video_id), headers=headers, media_type=content_type)
        start, end = part
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
        return Response(await store.blobs.get("videos", video_id, start, end), 206, headers, content_type)

    @routes.delete("/{video_id}", status_code=204)
    async def delete_video(video_id: str) -> None:
        await store.blobs.info("videos", video_id)
        await store.blobs.delete("videos", video_id)

    return routes
