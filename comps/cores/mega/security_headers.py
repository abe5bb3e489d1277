"""Headers on every answer that say what a browser may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: An answer that is no page loads nothing, runs nothing and is shown in no frame (https://www.w3.org/TR/CSP3/). A browser shows a
#: video by a page of its own making: media and the style are for that.
POLICY = (
    "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CSP = b"content-security-policy"
#: ``same-origin`` rather than ``no-referrer``, with which browsers send ``Origin: null`` for forms of our own pages.
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    # No page of another origin embeds it without CORS: pictures and videos that GET answers without an Origin.
    (b"cross-origin-resource-policy", b"same-origin"),
)
#: Where no handler and no page says otherwise; on answers that are written past all middleware, too.
UNSEEN = (*ALWAYS, (_CSP, POLICY.encode()))
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class SecurityHeaders:
    """ASGI middleware. What a handler sets itself stays.

    ``policies``: path, of one segment → the Content-Security-Policy of what is there and below; elsewhere ``POLICY``. By path
    rather than by handler, so that a redirect, a 304 or an error of a page has the page's policy too: browsers replace stored
    headers by those of a 304 (RFC 9111 §3.2).
    """

    def __init__(self, app: ASGIApp, *, policies: Mapping[str, str]) -> None:
        self._app = app
        self._ours = {path: (*ALWAYS, (_CSP, policy.encode())) for path, policy in policies.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] in _STARTS:
                given = message.get("headers", ())
                own = {name for name, _ in given}
                ours = self._ours.get("/" + scope["path"][1:].partition("/")[0], UNSEEN)
                message["headers"] = [*given, *(header for header in ours if header[0] not in own)]
            await send(message)

        await self._app(scope, receive, send_secured)
