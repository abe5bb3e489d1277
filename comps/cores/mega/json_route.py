"""Routes whose JSON is quick: media travels in it as base64, megabytes at a time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from comps.cores.proto.wire import parse_json

_JSON = "application/json"


class JSONRequest(Request):
    """Its JSON is read with jiter. Raises json.JSONDecodeError, as Starlette's."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            # Of one part, join makes no copy.
            self._body = b"".join([part async for part in self.stream() if part])
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


class JSONRoute(APIRoute):
    """Hands a JSONRequest to the handler. What FastAPI would read by itself is read before: it hides why a body is refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_request(request: Request) -> Response:
            asked = JSONRequest(request.scope, request.receive, request._send)
            if self.body_field is not None and asked.headers.get("content-type", _JSON).startswith(_JSON):
                with contextlib.suppress(json.JSONDecodeError):
                    await asked.json()
            return await handle(asked)

        return handle_request


class PlainJSONResponse(JSONResponse):
    """Of a value that is made of dicts, lists and what JSON has; NaN becomes null."""

    def render(self, content: Any) -> bytes:
        try:
            return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:
            # Python's own writes numbers of more than 64 bits, too.
            return bytes(super().render(content))
