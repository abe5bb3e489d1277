"""Which hosts a service answers for. DNS rebinding makes a page's own name point here: only the Host header tells.

Addresses are always answered: a page that was loaded from an address is from whoever has that address, so it cannot be rebound.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from comps.cores.errors import MalformedRequest, Misdirected, Problem
from comps.cores.mega.authority import parse
from comps.cores.mega.gate import OPEN
from comps.cores.mega.refusal import refuse

_ANY = "*"
#: Host headers whose verdict is remembered.
_REMEMBERED = 256


class HostNames:
    """The names that a service answers for, beside ``localhost`` and all addresses.

    ``names``: host names, with or without a port; ``*.`` before one means whatever is under it; ``*`` means every name. Raises
    ValueError for what is no name.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {"localhost"}
        self._parents: list[str] = []
        self._takes_all = False
        for name in names:
            self._add(name)
        self.check = functools.lru_cache(_REMEMBERED)(self._check)

    def _add(self, name: str) -> None:
        if name == _ANY:
            self._takes_all = True
            return
        if _is_address(name):
            return
        found = parse(name.removeprefix("*."))
        if found is None or (found.is_address and name.startswith("*.")):
            raise ValueError(f"{name!r} is not the name of a host")
        if name.startswith("*."):
            self._parents.append(f".{found.host}")
        else:
            self._names.add(found.host)

    def __contains__(self, name: str) -> bool:
        return self._takes_all or name in self._names or any(name.endswith(parent) for parent in self._parents)

    def _check(self, header: bytes) -> Problem | None:
        """What is wrong with a Host header."""
        found = parse(header.decode("latin-1"))
        if found is None:
            return MalformedRequest("the Host header is not a host and a port", field="Host")
        if found.is_address or found.host in self:
            return None
        return Misdirected(
            f"this service does not answer for {found.host}; its operator can allow the name (docs/deploy.md)", field="Host"
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Hosts:
    """ASGI middleware. Refuses requests and sockets that name another host; not probes and metrics, which tell nothing."""

    def __init__(self, app: ASGIApp, *, names: HostNames) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and scope["path"] not in OPEN:
            named = [value for name, value in scope["headers"] if name == b"host"]
            # RFC 9112 §3.2
            one = self._names.check(named[0]) if len(named) == 1 else MalformedRequest("one Host header is needed", field="Host")
            if one is not None:
                await refuse(scope, one, send)
                return
        await self._app(scope, receive, send)
