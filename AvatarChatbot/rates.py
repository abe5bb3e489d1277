"""How often those of one address may ask, where there are no keys: a token bucket of a minute for each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from comps.cores.errors import Overloaded
from comps.cores.mega.network import network

#: Addresses that are remembered; who asked longest ago is forgotten first.
_REMEMBERED = 10_000


class AddressRates:
    """``per_minute`` requests of each address (of IPv6, each /64), at once too; 0: as many as there are. ``clock``: seconds."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        #: Of each network, the requests that were left, and when; who asked last is last.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def charge(self, address: str) -> None:
        """Count a request. Raises Overloaded."""
        if not self._per_minute:
            return
        client, now = network(address), self._clock()
        # Who may ask less than once a minute may still ask once.
        most = max(1.0, self._per_minute)
        left, at = self._left.pop(client, (most, now))
        left = min(most, left + (now - at) * self._per_minute / 60)
        is_allowed = left >= 1
        self._left[client] = (left - 1 if is_allowed else left), now
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if not is_allowed:
            raise Overloaded("this address has made its requests for now", retry_after=(1 - left) * 60 / self._per_minute)
