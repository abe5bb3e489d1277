"""Who is at the other end of a live connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """``key``: the hash of the key that was shown, which is looked for as long as the session lives. ``account``: what limits are
    counted by, the owner or, where no keys are asked for, the address. ``charge`` counts a request against the account's rate; it
    raises Overloaded, or Unauthorized for a key that was withdrawn.
    """

    owner: str
    key: str
    account: str
    charge: Callable[[], None]
