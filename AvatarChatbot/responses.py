"""Answers as HTTP responses that are sent while they are made."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import count
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from AvatarChatbot.answering import Answered, Answering
from AvatarChatbot.events import AnswerEvent, DoneEvent, ErrorEvent, FragmentEvent
from AvatarChatbot.playhead import FreePlayhead
from AvatarChatbot.request import AvatarChatRequest
from comps.cores.errors import Problem
from comps.cores.proto import sse

#: Video id → where it is: the members ``id``, ``video_path`` and ``video_url`` of the JSON representation.
Addresses = Callable[[str], dict[str, str]]


class StreamedAnswer(Response):
    """What both have: an answer that is made within the call that sends it, which the request's guard ends with the client.

    The status goes out with the first thing that was made, so that a failure before it keeps its own.
    """

    def __init__(self, answering: Answering, asked: AvatarChatRequest, owner: str, addresses: Addresses) -> None:
        super().__init__(headers={"Vary": "Accept", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._answering = answering
        self._asked = asked
        self._owner = owner
        self._addresses = addresses
        self._playhead = FreePlayhead()
        self._started = False
        self._asked_at = time.perf_counter()
        self._is_shown = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._answering.stream(self._asked, self._owner, playhead=self._playhead) as answered:
                async with aclosing(answered.stream.events()) as events:
                    await self._send_events(send, answered, events)
                await self._send_end(send, answered)
        except Problem as problem:
            if not self._started:
                raise
            await self._send_failure(send, problem)
        await send({"type": "http.response.body", "body": b""})

    async def _send_events(self, send: Send, answered: Answered, events: AsyncGenerator[AnswerEvent, None]) -> None:
        raise NotImplementedError

    async def _send_end(self, send: Send, answered: Answered) -> None:
        await self._answering.keep_if_there_is_room(answered)

    async def _send_failure(self, send: Send, problem: Problem) -> None:
        """Cut the body short, so that nobody takes it for complete: the problem is kept under the turn's id."""
        raise ConnectionAbortedError(problem.code)

    async def _start(self, send: Send, answered: Answered, content_type: str) -> None:
        if self._started:
            return
        self.headers["Content-Type"] = content_type
        self.headers["Content-Location"] = self._addresses(answered.video_id)["video_path"]
        self.headers["X-Turn-Id"] = answered.video_id
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        self._started = True

    def _shown(self) -> None:
        """A picture has been sent."""
        if not self._is_shown and self._answering.metrics is not None:
            self._answering.metrics.first_fragment(time.perf_counter() - self._asked_at)
        self._is_shown = True
        self._playhead.start()

    async def _body(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": True})


class Mp4Answer(StreamedAnswer):
    """``video/mp4``: the fragments as they are made."""

    async def _send_events(self, send: Send, answered: Answered, events: AsyncGenerator[AnswerEvent, None]) -> None:
        async for event in events:
            if isinstance(event, FragmentEvent):
                await self._start(send, answered, answered.stream.content_type)
                await self._body(send, event.data)
                if event.kind == "media":
                    self._shown()


class EventsAnswer(StreamedAnswer):
    """``text/event-stream``: all events, numbered; the last is ``done`` or ``error``."""

    def __init__(self, answering: Answering, asked: AvatarChatRequest, owner: str, addresses: Addresses) -> None:
        super().__init__(answering, asked, owner, addresses)
        self._numbers = count(1)

    async def _send_events(self, send: Send, answered: Answered, events: AsyncGenerator[AnswerEvent, None]) -> None:
        first: list[AnswerEvent] = []
        async for event in events:
            if not self._started and not first:
                # A typed question is known before anything was done: it does not decide on the status.
                first.append(event)
                continue
            await self._start(send, answered, sse.MEDIA_TYPE)
            for told in (*first, event):
                await self._body(send, self._event(told))
            first = []
            if isinstance(event, FragmentEvent) and event.kind == "media":
                self._shown()

    async def _send_end(self, send: Send, answered: Answered) -> None:
        answer = await self._answering.keep_if_there_is_room(answered)
        if answered.unkept is None:
            where: dict[str, Any] = {**self._addresses(answer.video_id)}
        else:
            where = {"id": answer.video_id, "not_kept": answered.unkept.document()}
        await self._body(send, self._event(DoneEvent(answer={**where, **answer.fields})))

    async def _send_failure(self, send: Send, problem: Problem) -> None:
        await self._body(send, self._event(ErrorEvent(problem=problem.document())))

    def _event(self, event: AnswerEvent | ErrorEvent) -> bytes:
        return sse.format_event(event.model_dump_json(exclude_none=True), event.type, next(self._numbers))
