"""Answers that are sent while they are made."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from comps.cores.errors import Problem
from comps.cores.proto import sse


@dataclass(frozen=True)
class Body:
    """``parts`` are sent one by one as they come."""

    parts: AsyncIterator[bytes]
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class StreamedResponse(Response):
    """The body that ``opened`` yields, made within the call that sends it: the request's guard ends both when the client leaves.

    The status goes out with the first part, so a failure before it keeps its own. After it, events end with the problem as one
    more; any other body is cut short, so that nobody takes it for complete.
    """

    def __init__(self, opened: Callable[[], AbstractAsyncContextManager[Body]]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opened() as body:
            first = await anext(body.parts, b"")
            self.headers.update({"Content-Type": body.media_type, **body.headers})
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await _send(send, first)
            try:
                async for part in body.parts:
                    await _send(send, part)
            except Problem as problem:
                if not body.media_type.startswith(sse.MEDIA_TYPE):
                    raise ConnectionAbortedError(problem.code) from problem
                await _send(send, sse.format_event(json.dumps(problem.document())))
        await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, part: bytes) -> None:
    if part:
        await send({"type": "http.response.body", "body": part, "more_body": True})
