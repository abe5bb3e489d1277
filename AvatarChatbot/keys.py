"""API keys of the gateway's clients: kept as hashes, exchanged without a restart, each with a rate of its own."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import Overloaded, Unauthorized
from comps.cores.mega.gate import bearer
from comps.storage.ownership import ANONYMOUS

log = logging.getLogger(__name__)

#: How often the file is looked at, seconds.
_LOOKED_AT_EVERY_S = 1.0
_PREFIX = "ac_"
#: Whose the key in the settings is.
_SINGLE = "api_key"
_LINE = re.compile(r"(?P<name>[^\s\0]{1,200})\s+(?P<hash>[0-9a-f]{64})(?:\s+(?P<per_minute>\d+))?")


def new_key(name: str) -> tuple[str, str]:
    """A key, to be told to its owner once, and its line in the file.

    A key has 256 random bits: SHA-256 alone keeps it as well as a slow hash keeps a password.
    """
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, f"{name} {hashed(key)}"


def hashed(key: str) -> str:
    """SHA-256 of a key in hexadecimal: all that the file and the sessions keep of it."""
    # A header may hold bytes that are not UTF-8: such a key is unknown, not an error.
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


@dataclass
class _Client:
    """``left``: requests that may be made at once, at ``at`` seconds (a token bucket of a minute)."""

    name: str
    per_minute: float
    left: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.per_minute

    def is_like(self, other: _Client) -> bool:
        return (self.name, self.per_minute) == (other.name, other.per_minute)

    def take(self, now: float) -> None:
        """Raises Overloaded."""
        self.left = min(self.per_minute, self.left + (now - self.at) * self.per_minute / 60)
        self.at = now
        if self.left < 1:
            raise Overloaded("this key has made its requests for now", retry_after=(1 - self.left) * 60 / self.per_minute)
        self.left -= 1


class Keys:
    """Who may ask. Without a file and a key in the settings: everybody.

    The file has a line for each key: a name, the key's SHA-256 in hexadecimal, and the requests a minute it may make (by default
    ``AVATARCHATBOT_KEY_RATE``). It is read again when it has changed. ``clock``: seconds.
    """

    def __init__(self, settings: GatewaySettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = settings.keys
        self._rate = float(settings.key_rate)
        self._clock = clock
        self._clients: dict[str, _Client] = {}
        self._changed_at = 0
        self._looked_at = float("-inf")
        single = settings.api_key.get_secret_value()
        self._single = {hashed(single): _Client(_SINGLE, self._rate)} if single else {}

    @property
    def is_open(self) -> bool:
        return self._file is None and not self._single

    def admit(self, key: str) -> str:
        """The owner who asks: the key's name, so that who exchanges a key keeps what they have; ANONYMOUS where everybody may.

        Raises Unauthorized for a key that nobody has, Overloaded for one that has asked too often.
        """
        if self.is_open:
            return ANONYMOUS
        self._refresh()
        client = self._client(hashed(key))
        if client is None:
            detail = "this key is not known" if key else "a key is needed"
            raise Unauthorized(detail, field="key", headers={"WWW-Authenticate": "Bearer"})
        client.take(self._clock())
        return client.name

    def charge(self, owner: str) -> None:
        """Count another request of an owner who was let in: a socket's questions. Raises Overloaded, and Unauthorized where no
        key has this name any more.
        """
        if self.is_open:
            return
        self._refresh()
        client = next((known for known in (*self._single.values(), *self._clients.values()) if known.name == owner), None)
        if client is None:
            raise Unauthorized("the key is withdrawn", field="key")
        client.take(self._clock())

    def is_withdrawn(self, hash_of_key: str) -> bool:
        """Whether the key with this hash has been removed."""
        self._refresh()
        return not self.is_open and self._client(hash_of_key) is None

    def _client(self, hash_of_key: str) -> _Client | None:
        return self._single.get(hash_of_key) or self._clients.get(hash_of_key)

    def load(self) -> None:
        """Read the file where it has changed. Raises OSError, and ValueError for one that makes no sense."""
        if self._file is None or (changed_at := self._file.stat().st_mtime_ns) == self._changed_at:
            return
        # Who is in the file still goes on with what is left of the minute.
        self._clients = {
            of_key: known if (known := self._clients.get(of_key)) and known.is_like(client) else client
            for of_key, client in _clients(self._file.read_text(), self._rate)
        }
        self._changed_at = changed_at

    def _refresh(self) -> None:
        """Where the file cannot be read the keys stay those that were there."""
        if self._clock() - self._looked_at < _LOOKED_AT_EVERY_S:
            return
        self._looked_at = self._clock()
        try:
            self.load()
        except (OSError, ValueError) as error:
            log.error("the file of keys cannot be read: %s", error)


def _clients(text: str, rate: float) -> Iterator[tuple[str, _Client]]:
    """Raises ValueError that names the line, never what is in it."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"line {number} of the file of keys is not a name, a SHA-256 and a rate")
        yield found["hash"], _Client(found["name"], float(found["per_minute"] or rate))


def given(headers: Headers) -> str:
    """The key in a request's headers, ``Authorization: Bearer …`` or ``X-API-Key``; empty for none."""
    return bearer(headers) or headers.get("x-api-key", "")


def require(settings: GatewaySettings) -> None:
    """Raises ValueError where others could reach a gateway without keys, unless it is said that they may; that, or OSError,
    for a file of keys that cannot be used.
    """
    keys = Keys(settings)
    keys.load()
    host = settings.published_at or settings.host
    if keys.is_open and not settings.anonymous and not _is_loopback(host):
        raise ValueError(
            f"the gateway would answer anybody at {host}: set AVATARCHATBOT_KEYS or AVATARCHATBOT_API_KEY "
            "(`avatarchatbot key` makes keys), or AVATARCHATBOT_ANONYMOUS=true where something else keeps others out"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
