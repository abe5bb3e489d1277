"""Listening sockets: bound by the service itself, or by a supervisor that hands them over and keeps their ports."""

from __future__ import annotations

import socket

_BACKLOG = 2048
#: Bound by whoever started this process, by address; each waits for the service that is to serve there.
_handed_over: dict[tuple[str, int], socket.socket] = {}


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host`` and ``port`` (0: a free one). Raises OSError when the port is taken."""
    if (handed := _handed_over.pop((host, port), None)) is not None:
        return handed
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if port:
            # Connections of an earlier service may linger there (TIME_WAIT). A free port must not be had this way: until one of
            # them listens, two sockets with this option can be bound to the same.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def hand_over(listening: socket.socket) -> None:
    """Let the service that is constructed for the address of ``listening`` take it, rather than bind the port again."""
    listening.set_inheritable(False)
    host, port = listening.getsockname()[:2]
    _handed_over[host, port] = listening
