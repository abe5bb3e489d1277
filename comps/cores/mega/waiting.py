"""Connections that wait for their client: bounded, so that those who only connect keep nobody else out."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable
from typing import Protocol

#: Unfinished connections (without a whole head of a request, or a socket's first message): in all, and from one network.
AT_MOST, OF_ONE_NETWORK = 256, 64
#: Those younger than this are let be, bounded by descriptors alone: honest clients may come in a crowd, seconds.
GRACE_S = 1.0
#: Of the process's descriptors these are kept free, for files, workers and other services: a quarter, within these bounds.
_FEWEST_FREE, _MOST_FREE = 16, 256


class Connection(Protocol):
    """``network``: where it comes from. ``is_stalled``: it has a request, but its client does not send or take the rest."""

    network: str
    since: float

    @property
    def is_stalled(self) -> bool: ...

    def abort(self) -> None: ...


class Waiting:
    """Times are the event loop's, in seconds."""

    def __init__(self, at_most: int = AT_MOST, of_one_network: int = OF_ONE_NETWORK) -> None:
        self._at_most = at_most
        self._of_one_network = of_one_network
        # Both in the order in which they began to wait.
        self._unfinished: dict[Connection, None] = {}
        self._idle: dict[Connection, None] = {}
        self._by_network: dict[str, dict[Connection, None]] = {}
        #: Told to close; their descriptors are not free yet.
        self._closing: set[Connection] = set()
        self._first_scarce = _first_scarce_descriptor()

    def begin(self, connection: Connection, now: float) -> None:
        """``connection`` has not sent all that it must."""
        connection.since = now
        self._unfinished[connection] = None
        self._by_network.setdefault(connection.network, {})[connection] = None

    def rest(self, connection: Connection, now: float) -> None:
        """``connection`` has been answered and may ask again."""
        connection.since = now
        self._idle[connection] = None

    def end(self, connection: Connection) -> None:
        """``connection`` waits for nothing any more."""
        self._idle.pop(connection, None)
        if connection not in self._unfinished:
            return
        del self._unfinished[connection]
        neighbours = self._by_network[connection.network]
        del neighbours[connection]
        if not neighbours:
            del self._by_network[connection.network]

    def lost(self, connection: Connection) -> None:
        """``connection`` is closed."""
        self.end(connection)
        self._closing.discard(connection)

    def is_over(self, network: str) -> bool:
        """Whether more are unfinished than may be: they are to be trimmed after ``GRACE_S``."""
        return len(self._unfinished) > self._at_most or len(self._by_network.get(network, ())) > self._of_one_network

    def trim(self, network: str, now: float) -> None:
        """Close the oldest unfinished ones beyond the bounds, those of ``network`` first."""
        for found, at_most in ((self._by_network.get(network, {}), self._of_one_network), (self._unfinished, self._at_most)):
            while len(found) > at_most and now - (oldest := next(iter(found))).since >= GRACE_S:
                self._close(oldest)

    def is_scarce(self, descriptor: int) -> bool:
        """Whether ``descriptor``, the newest, is one of the last few. The lowest free number is given (POSIX, "File Descriptor
        Allocation"): all below are taken.
        """
        return descriptor >= self._first_scarce

    def make_room(self, descriptor: int, others: Callable[[], Iterable[Connection]]) -> bool:
        """Where ``descriptor``, the newest, is scarce, close the connections that have waited longest, and, where none waits, of
        ``others`` those that are stalled. False where it is not enough.
        """
        while descriptor >= self._first_scarce + len(self._closing):
            candidates = [next(iter(found)) for found in (self._unfinished, self._idle) if found] or [
                connection for connection in others() if connection.is_stalled and connection not in self._closing
            ]
            if not candidates:
                return False
            self._close(min(candidates, key=lambda connection: connection.since))
        return True

    def _close(self, connection: Connection) -> None:
        self.end(connection)
        self._closing.add(connection)
        connection.abort()


def _first_scarce_descriptor() -> float:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    return limit - min(_MOST_FREE, max(_FEWEST_FREE, limit // 4))
