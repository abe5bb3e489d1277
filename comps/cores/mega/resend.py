"""Whether a request may be sent again when its connection breaks: one rule for every HTTP client of the mesh.

A connection that was never made has carried nothing, so any request may be sent by another one. Once a request is on its way
nobody can tell whether the other side has acted on it: no byte of an answer proves nothing. Then only what may be repeated is
sent again. Clients do not use a pooled connection that the other side has closed while it was idle, so that a POST does not
meet one.
"""

from __future__ import annotations

#: Sending one twice does what sending it once does (RFC 9110 §9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def may_be_sent_again(method: str, *, repeatable: bool = False) -> bool:
    """After the connection broke. ``repeatable``: as of ``MicroService``."""
    return repeatable or method in _IDEMPOTENT
