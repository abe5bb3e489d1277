"""The host and port that a request or an origin names (RFC 3986 §3.2, RFC 6454)."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

#: A name as DNS has it, underscores too: containers are named with them.
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:@/?#]+)(?::(?P<port>[0-9]{0,5}))?")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_LARGEST_PORT = 65535


class Authority(NamedTuple):
    """``host``: in lower case; of an address its shortest form, without brackets. ``port``: None where none is named."""

    host: str
    port: int | None
    is_address: bool


class Origin(NamedTuple):
    """Scheme, host and port of a page. ``port`` is the scheme's own where none is named."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As browsers write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")


def parse(text: str) -> Authority | None:
    """None for what is no host with or without a port."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    host, port = match["host"], int(match["port"]) if match["port"] else None
    if port is not None and port > _LARGEST_PORT:
        return None
    if host.startswith("["):
        address = _address(host[1:-1])
        return Authority(address, port, True) if address is not None and ":" in address else None
    # The root of DNS may be named: "localhost." is localhost.
    host = host.lower().removesuffix(".")
    if (address := _address(host)) is not None:
        return Authority(address, port, True)
    return Authority(host, port, False) if _NAME.fullmatch(host) else None


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def parse_origin(text: str) -> Origin | None:
    """None for what is no origin of a web page, as ``null``."""
    match = _ORIGIN.fullmatch(text)
    found = parse(match["authority"]) if match else None
    if match is None or found is None:
        return None
    scheme = match["scheme"].lower()
    return Origin(scheme, found.host, port_of(found, scheme))


def port_of(authority: Authority, scheme: str) -> int:
    """The port that is meant: the scheme's own where none is named."""
    return _DEFAULT_PORTS[scheme] if authority.port is None else authority.port
