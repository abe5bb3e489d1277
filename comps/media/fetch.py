"""Fetching a picture or clip from an address that a client named, without becoming their way into this network.

The name is resolved here, every address it has is checked, and the connection goes to the very address that was checked: a name
that answers differently the second time (DNS rebinding) gains nothing. Redirects are followed by hand, each checked anew.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import anyio
import anyio.to_thread
import httpx

from comps.cores.errors import FetchFailed, Forbidden, TooLarge

#: Redirects that are followed before giving up.
MAX_REDIRECTS = 3

#: Host and port → IP addresses, as text. May raise OSError.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS = {"http": 80, "https": 443}
#: An IPv4 address inside an IPv6 one, reached through a translator (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: Not public, though Python's ``is_global`` says so: 6to4 relays (RFC 7526) and documentation (RFC 9637).
_NOT_PUBLIC = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("3fff::/20"))


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's resolver."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float,
    allow_private: bool = False,
    field: str = "avatar",
    resolver: Resolver = resolve,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """What lies at an http or https ``url``.

    Raises Forbidden (403) when the address, or one it redirects to, is not on the public internet, unless ``allow_private``;
    TooLarge (413) beyond ``max_bytes``; FetchFailed (422) when nothing can be had from there within ``timeout_s``.
    ``tls``: the trust to use; the usual authorities' for None.
    """
    try:
        with anyio.fail_after(timeout_s):
            trust = await anyio.to_thread.run_sync(httpx.create_ssl_context) if tls is None else tls
            # No proxy from the environment: it would resolve the name itself, unchecked.
            async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=timeout_s) as client:
                return await _Fetch(client, max_bytes, allow_private, field, resolver).follow(url)
    except TimeoutError:
        raise FetchFailed(f"fetching the {field} took longer than {timeout_s:g} s", field=field) from None


class _Fetch:
    """One fetch, through its redirects."""

    def __init__(self, client: httpx.AsyncClient, max_bytes: int, allow_private: bool, field: str, resolver: Resolver) -> None:
        self._client = client
        self._max_bytes = max_bytes
        self._allow_private = allow_private
        self._field = field
        self._resolver = resolver

    async def follow(self, address: str) -> bytes:
        url = self._parse(address)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(url)
            try:
                if not response.has_redirect_location:
                    return await self._body(response)
                url = self._parse(response.headers["Location"], url)
            finally:
                await response.aclose()
        raise self._failed(f"redirects more than {MAX_REDIRECTS} times")

    def _parse(self, address: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            url = base.join(address) if base else httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise self._failed("is not a valid URL") from None
        if url.scheme not in _PORTS or not url.host:
            raise self._forbidden("is not an http or https URL")
        if url.userinfo:
            raise self._forbidden("carries a name and password")
        return url

    async def _send(self, url: httpx.URL) -> httpx.Response:
        """Ask the first address that answers; the name stays in the Host header and in TLS."""
        host = url.raw_host.decode("ascii")
        error: Exception | None = None
        for address in await self._addresses(host, url.port or _PORTS[url.scheme]):
            request = self._client.build_request(
                "GET",
                url.copy_with(host=str(address), fragment=None),
                headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
                extensions={"sni_hostname": host},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.HTTPError, httpx.InvalidURL) as failure:
                error = failure
        raise self._failed("cannot be reached") from error

    async def _addresses(self, host: str, port: int) -> Sequence[_Address]:
        try:
            found = [ipaddress.ip_address(address) for address in await self._resolver(host, port)]
        except (OSError, UnicodeError, ValueError):
            found = []
        if not found:
            raise self._failed("has no address")
        if not self._allow_private and not all(is_public(address) for address in found):
            raise self._forbidden("is not on the public internet")
        return found

    async def _body(self, response: httpx.Response) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise self._failed(f"answers {response.status_code}")
        # Compressed bodies would have to be unpacked before they can be measured.
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self._failed("answers with a compressed body")
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise self._too_large()
        body = bytearray()
        async for piece in self._pieces(response):
            body += piece
            if len(body) > self._max_bytes:
                raise self._too_large()
        return bytes(body)

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_raw():
                yield piece
        except httpx.HTTPError as error:
            raise self._failed("breaks off") from error

    def _failed(self, what: str) -> FetchFailed:
        return FetchFailed(f"the {self._field}'s address {what}", field=self._field)

    def _forbidden(self, what: str) -> Forbidden:
        return Forbidden(f"the {self._field}'s address {what}", field=self._field)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the {self._field} is larger than {self._max_bytes / 2**20:g} MiB", field=self._field)


def is_public(address: _Address) -> bool:
    """Whether ``address`` is an ordinary one of the public internet, also when it wraps another (IPv4-mapped, NAT64).

    6to4, Teredo and other tunnels are refused: where they come out is not to be seen from here.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
