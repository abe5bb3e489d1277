"""Audit lines: who deleted what, and who came without a key. Never what people said or showed, nor a key."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = "audit"
_log = logging.getLogger(NAME)

#: Names of our paths. Whoever is refused may have put anything else into one, a key too.
_OURS = re.compile(r"[a-z0-9_.]{0,24}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_HIDDEN = "…"


def line(action: str, who: str, what: str, **more: Any) -> None:
    """Write an audit line. In JSON logs each is a field of its own."""
    fields = {"action": action, "who": who, "what": what, **more}
    said = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
    _log.info("%s", said, extra={"fields": fields})


def refused(scope: Scope) -> None:
    """A request, or a socket, without a key that is known."""
    path = "/".join(part if _OURS.fullmatch(part) else _HIDDEN for part in scope["path"].split("/"))
    line("refuse", "unknown", f"{scope.get('method', 'websocket')} {path}", address=address(scope))


def address(scope: Scope) -> str:
    """Where a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class AuditedDeletions:
    """ASGI middleware: a line for every DELETE that reached its route, with the status that it was answered with."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "DELETE":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if (path := getattr(scope.get("route"), "path", None)) is not None:
                who = scope.get("state", {}).get("owner", "unknown")
                line("delete", who, _filled(path, scope["path_params"]), status=status, address=address(scope))


def _filled(path: str, parameters: dict[str, Any]) -> str:
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", value if _ID.fullmatch(str(value)) else _HIDDEN)
    return path
