"""Routes whose JSON is quick: media travels in it as base64, megabytes at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic_core import from_json


class JSONRequest(Request):
    """Its JSON is read with jiter. Raises json.JSONDecodeError, as Starlette's."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            # Of one part, join makes no copy.
            self._body = b"".join([part async for part in self.stream() if part])
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = from_json(body)
            except ValueError:
                self._json = _patiently(body)
        return self._json


def _patiently(body: bytes) -> Any:
    """What jiter does not take, as half of a surrogate pair, json may."""
    try:
        return json.loads(body)
    except (RecursionError, UnicodeDecodeError) as error:
        raise json.JSONDecodeError(type(error).__name__, body.decode(errors="replace"), 0) from None


class JSONRoute(APIRoute):
    """Hands a JSONRequest to the handler."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_request(request: Request) -> Response:
            return await handle(JSONRequest(request.scope, request.receive, request._send))

        return handle_request


class PlainJSONResponse(JSONResponse):
    """Of a value that is made of dicts, lists and what JSON has; NaN becomes null."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
