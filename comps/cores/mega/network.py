"""Who counts as one client before anything else is known of it: where its connection comes from."""

from __future__ import annotations

import functools
import ipaddress

#: What one subscriber is given of IPv6 at least (RFC 6177): its addresses are one client.
_PREFIX = 64
_REMEMBERED = 4096


@functools.lru_cache(_REMEMBERED)
def network(address: str) -> str:
    """An IPv4 address, the /64 of an IPv6 address; what is neither stays as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(found), _PREFIX), strict=False))
    return str(found)
