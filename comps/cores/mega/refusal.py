"""How a request is refused before its handler sees it."""

from __future__ import annotations

from starlette.types import Scope, Send

from comps.cores.errors import Problem
from comps.cores.mega.guard import problem_response

#: RFC 6455 §7.4.1. Before the handshake is over this is a 403.
_POLICY_VIOLATION = 1008
#: ASGI's extension: a handshake is answered with a status and a body.
_DENIAL = "websocket.http.response"


async def refuse(scope: Scope, problem: Problem, send: Send) -> None:
    """Answer a request, or the handshake of a WebSocket, with ``problem``."""
    kind = "http.response"
    if scope["type"] == "websocket":
        if _DENIAL not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        kind = _DENIAL
    status, headers, body = problem_response(problem)
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
