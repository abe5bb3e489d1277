"""Frames between a service and its worker processes: 4 bytes of length (big endian), then a pickle (protocol 5).

Both ends are the same program on the same machine; nothing from outside is ever unpickled.
"""

from __future__ import annotations

import pickle
import struct
from typing import Any, BinaryIO

HEADER = struct.Struct(">I")


class WorkerError(Exception):
    """An error of a worker's that cannot travel by itself: its type and message as text."""


def pack(message: Any) -> bytes:
    """One frame."""
    body = pickle.dumps(message, protocol=5)
    return HEADER.pack(len(body)) + body


def read(stream: BinaryIO) -> Any:
    """The next message; raises EOFError when the other end is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)
