"""The replicas of a service: where they are, how busy, and which of them can be asked."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio

from comps.cores.mega.clock import now

log = logging.getLogger(__name__)

#: A replica that fails is left alone for 1, 2, 4 … at most 30 s; then one request tries it.
_FIRST_EJECTION_S, _LONGEST_EJECTION_S = 1.0, 30.0
#: Names are resolved anew when they were last this long ago, seconds.
_RESOLVED_FOR_S = 5.0
_NEVER = float("inf")

#: Host name and port → the IP addresses of its A and AAAA records. Raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(eq=False)
class Replica:
    """``url``: scheme, host and port to connect to. ``host``: what the Host header says, where the name has several addresses."""

    url: str
    host: str = ""
    in_flight: int = 0
    failures: int = 0
    ejected_until: float = 0.0


class Replicas:
    """Of one service, at ``urls``. A host name with several addresses is as many replicas. ``clock``: seconds."""

    def __init__(self, urls: Sequence[str], *, resolve: Resolve | None = None, clock: Callable[[], float] = now) -> None:
        self.ejections = 0
        self._urls = urls
        self._resolve = resolve or _resolve
        self._clock = clock
        self._replicas = {url: [Replica(url)] for url in urls}
        self._resolved_at = -_RESOLVED_FOR_S if any(map(_is_name, urls)) else _NEVER
        self._resolving = anyio.Lock()
        self._turn = 0

    @property
    def all(self) -> list[Replica]:
        """Those that can be asked first, and of them the least loaded."""
        replicas = [replica for named in self._replicas.values() for replica in named]
        if len(replicas) < 2:
            return replicas
        order = sorted(range(len(replicas)), key=lambda k: (*self._rank(replicas[k]), (k - self._turn) % len(replicas)))
        return [replicas[k] for k in order]

    def only(self, url: str) -> Replicas:
        """The one at ``url`` alone: what happens to it is known to both."""
        one = Replicas([], clock=self._clock)
        one._replicas = {url: [next((replica for replica in self.all if replica.url == url), Replica(url))]}
        return one

    @property
    def is_due(self) -> bool:
        """Whether names should be resolved anew."""
        return self._resolved_at != _NEVER and self._clock() - self._resolved_at >= _RESOLVED_FOR_S

    async def refresh(self) -> None:
        """Resolve names. Where one cannot be resolved, its last known addresses stay."""
        async with self._resolving:
            if not self.is_due:
                return
            self._resolved_at = self._clock()
            for url in filter(_is_name, self._urls):
                parts = urlsplit(url)
                port = parts.port or (443 if parts.scheme == "https" else 80)
                try:
                    addresses = sorted(set(await self._resolve(str(parts.hostname), port)))
                except OSError:
                    continue
                self._replicas[url] = self._resolved(url, parts.scheme, parts.netloc, port, addresses)

    def _resolved(self, url: str, scheme: str, host: str, port: int, addresses: Sequence[str]) -> list[Replica]:
        if len(addresses) < 2:
            return [next((replica for replica in self._replicas[url] if not replica.host), Replica(url))]
        known = {replica.url: replica for replica in self._replicas[url]}
        found = [f"{scheme}://{f'[{address}]' if ':' in address else address}:{port}" for address in addresses]
        return [known.get(address) or Replica(address, host) for address in found]

    def pick(self, tried: Sequence[Replica]) -> Replica | None:
        """The best one that was not ``tried`` yet; None when all were. Equals take turns."""
        self._turn += 1
        return next((replica for replica in self.all if replica not in tried), None)

    def _rank(self, replica: Replica) -> tuple[float, float]:
        """Less is better: those in order, by their load; then those that failed, the one that may be tried soonest first."""
        now = self._clock()
        if replica.failures and (now < replica.ejected_until or replica.in_flight):
            return max(replica.ejected_until, now), replica.in_flight
        return 0.0, replica.in_flight

    def failed(self, replica: Replica, reason: str = "") -> None:
        """It did not answer as it should: leave it alone for a while."""
        if self._clock() < replica.ejected_until:
            return
        pause = min(_FIRST_EJECTION_S * 2**replica.failures, _LONGEST_EJECTION_S)
        replica.failures += 1
        replica.ejected_until = self._clock() + pause
        self.ejections += 1
        if replica.failures == 1:
            log.warning("%s %s; others are asked instead", replica.url, reason or "fails")

    def succeeded(self, replica: Replica) -> None:
        replica.failures, replica.ejected_until = 0, 0.0


def _is_name(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host not in ("", "localhost")
    return False


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
