"""Who may come in: what a service asks of a request before it reads its body."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from comps.cores.errors import Problem, Unauthorized
from comps.cores.mega.refusal import refuse
from comps.cores.telemetry import audit

#: What tells nothing about anybody, and what those ask who have no keys: probes and Prometheus.
OPEN = frozenset({"/health", "/health/live", "/health/ready", "/v1/health", "/v1/health_check", "/metrics"})


class Gate:
    """ASGI middleware. ``admit`` is given a request's headers and raises a Problem for one that may not come in. What it returns
    is the request's owner, which handlers find as ``request.state.owner``; None where requests have no owner.

    ``sockets``: whether WebSockets are asked too; else their handlers ask themselves. ``is_open``: of a path, whether nobody is
    asked there, beside ``OPEN``.
    """

    def __init__(
        self, app: ASGIApp, *, admit: Callable[[Headers], str | None], sockets: bool, is_open: Callable[[str], bool] | None = None
    ) -> None:
        self._app = app
        self._admit = admit
        self._kinds = {"http", "websocket"} if sockets else {"http"}
        self._is_open = is_open or (lambda path: False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in self._kinds and scope["path"] not in OPEN and not self._is_open(scope["path"]):
            try:
                owner = self._admit(Headers(scope=scope))
                if owner is not None:
                    scope.setdefault("state", {})["owner"] = owner
            except Problem as problem:
                if isinstance(problem, Unauthorized):
                    audit.refused(scope)
                await refuse(scope, problem, send)
                return
        await self._app(scope, receive, send)


def bearer(headers: Headers) -> str:
    """The token of an ``Authorization: Bearer`` header (RFC 6750); empty for none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def mesh_only(token: str) -> Callable[[Headers], None]:
    """Admits who shows the mesh's token."""

    def admit(headers: Headers) -> None:
        if not hmac.compare_digest(bearer(headers).encode(), token.encode()):
            raise Unauthorized("this service answers its own mesh alone", headers={"WWW-Authenticate": "Bearer"})

    return admit
