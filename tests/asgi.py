"""One request to an ASGI application, header by header, as no HTTP client would send it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.types import ASGIApp


@dataclass
class Answer:
    """``status`` of a WebSocket: 101 where its handler accepted it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = json.loads(self.body)
        return found


async def asked(
    app: ASGIApp,
    path: str,
    headers: Sequence[tuple[str, str]],
    *,
    method: str = "GET",
    kind: str = "http",
    scheme: str = "http",
    body: bytes = b"",
    answer: Answer | None = None,
) -> Answer:
    """``kind``: http or websocket. ``answer`` is given what came before an error."""
    answer = Answer() if answer is None else answer
    scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}} if kind == "websocket" else {},
    }
    messages = [{"type": "websocket.connect"}] if kind == "websocket" else [{"type": "http.request", "body": body}]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if kind == "websocket":
            return {"type": "websocket.disconnect"}
        # Until the answer is there nobody leaves.
        return await anyio.sleep_forever()

    async def send(message: Any) -> None:
        match message["type"].rpartition("."):
            case ("http.response" | "websocket.http.response", _, "start"):
                answer.status = message["status"]
                names = [name for name, _ in message["headers"]]
                assert len(names) == len(set(names)), names
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            case ("http.response" | "websocket.http.response", _, "body"):
                answer.body += message.get("body", b"")
            case ("websocket", _, "accept"):
                answer.status = 101

    await app(scope, receive, send)
    return answer
