"""How often an address may ask, where there are no keys: a token bucket of a minute for each."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from comps.cores.errors import Overloaded

#: Addresses that are remembered; the one that asked longest ago is forgotten first.
_KEPT = 10_000
#: An IPv6 network of this size is one client: providers give one to each.
_PREFIX = 64


class AddressRates:
    """``per_minute`` requests of each address. ``clock``: seconds."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests that are left, and when

    def charge(self, address: str) -> None:
        """Count a request. Raises Overloaded."""
        client, now = _client(address), self._clock()
        left, at = self._left.pop(client, (self._per_minute, now))
        left = min(self._per_minute, left + (now - at) * self._per_minute / 60)
        is_allowed = left >= 1
        self._left[client] = (left - 1 if is_allowed else left), now
        if len(self._left) > _KEPT:
            self._left.popitem(last=False)
        if not is_allowed:
            raise Overloaded("this address has made its requests for now", retry_after=(1 - left) * 60 / self._per_minute)


def _client(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.ip_network((known, _PREFIX), strict=False))
