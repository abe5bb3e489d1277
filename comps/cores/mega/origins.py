"""Which pages may ask a service through their visitor's browser: the service's own, and those of origins that are allowed.

A browser says for which page it asks: in ``Origin`` (all WebSockets, all methods but GET and HEAD, whatever a script wants to
read) and, where it trusts the address, in ``Sec-Fetch-Site`` (everything else: pictures, videos, scripts, links). Programs send
neither. Refusing what others ask, rather than keeping the answer from them, also stops requests that change something and that
browsers send without asking before ("simple requests": forms).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from comps.cores.errors import ForeignOrigin
from comps.cores.mega.authority import Origin, parse, parse_origin, port_of
from comps.cores.mega.refusal import refuse

#: What a script of an allowed origin may read beside the headers that every script may (Fetch §4.10).
_READABLE = ("Content-Location", "Content-Range", "ETag", "Retry-After", "X-Turn-Id")
#: Asked by the service's own page, or by the person: an address typed, a bookmark.
_OWN_SITES = frozenset({b"same-origin", b"none"})
_TOLD = frozenset({b"origin", b"host", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest"})


def parse_origins(texts: Iterable[str]) -> frozenset[Origin]:
    """Raises ValueError for what is no origin; ``*`` is none."""
    found = set()
    for text in texts:
        origin = parse_origin(text.removesuffix("/"))
        if origin is None:
            raise ValueError(f"{text!r} is not an origin such as https://page.example")
        found.add(origin)
    return frozenset(found)


class Origins:
    """ASGI middleware. ``allowed``: origins of other pages that may ask; they alone are answered with CORS headers.

    ``is_page``: of a path, whether a link on another site may open it.
    """

    def __init__(self, app: ASGIApp, *, allowed: frozenset[Origin], is_page: Callable[[str], bool]) -> None:
        self._app = app
        self._allowed = allowed
        self._is_page = is_page
        # No credentials: nothing here is known by a cookie.
        self._cors: ASGIApp = (
            app
            if not allowed
            else CORSMiddleware(
                app,
                allow_origins=[str(origin) for origin in allowed],
                allow_methods=["*"],
                allow_headers=["*"],
                allow_private_network=True,
                expose_headers=_READABLE,
            )
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
        elif self._may_ask(scope):
            await self._cors(scope, receive, send)
        else:
            await refuse(scope, ForeignOrigin("a page of another origin may not ask this service", field="Origin"), send)

    def _may_ask(self, scope: Scope) -> bool:
        told: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            if name in _TOLD:
                told.setdefault(name, []).append(value)
        sites = told.get(b"sec-fetch-site", ())
        is_own_site = all(site in _OWN_SITES for site in sites)
        if b"origin" not in told:
            return is_own_site or self._is_opened(scope, told)
        origin = parse_origin(told[b"origin"][0].decode("latin-1")) if len(told[b"origin"]) == 1 else None
        if origin is None:
            return False
        return origin in self._allowed or (is_own_site and _is_own(origin, scope["scheme"], told))

    def _is_opened(self, scope: Scope, told: dict[bytes, list[bytes]]) -> bool:
        """Whether a link opens a page in a window of its own: whoever has the link cannot read what it shows."""
        return (
            scope["type"] == "http"
            and scope["method"] in {"GET", "HEAD"}
            and told.get(b"sec-fetch-mode") == [b"navigate"]
            and told.get(b"sec-fetch-dest") == [b"document"]
            and self._is_page(scope["path"])
        )


def _is_own(origin: Origin, scheme: str, told: dict[bytes, list[bytes]]) -> bool:
    """Whether the page is from where the request goes. A proxy that ends TLS asks by HTTP for a page of HTTPS."""
    named = told.get(b"host", ())
    host = parse(named[0].decode("latin-1")) if len(named) == 1 else None
    if host is None or host.host != origin.host or port_of(host, origin.scheme) != origin.port:
        return False
    return origin.scheme == "https" or scheme in {"http", "ws"}
