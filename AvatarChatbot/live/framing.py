"""Binary messages to the client: a header of 24 bytes, big endian, then a piece of the session's MP4.

=======  =====  =====================================================
offset   type   what
=======  =====  =====================================================
0        u8     version: 1
1        u8     kind: 1 initialisation segment, 2 media
2        u16    zero
4        u32    turn whose answer it shows; 0 for the idle face
8        u32    sequence, as in JSON messages
12       u64    media time of its first picture, microseconds
20       u32    duration, microseconds
=======  =====  =====================================================
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from comps.cores.errors import MalformedBody

_HEADER = struct.Struct(">BBHIIQI")
_VERSION = 1
_KINDS: dict[str, int] = {"init": 1, "media": 2}


@dataclass(frozen=True)
class Frame:
    """Times in seconds of the session's media."""

    kind: Literal["init", "media"]
    turn: int
    sequence: int
    pts_s: float
    duration_s: float
    data: bytes

    def pack(self) -> bytes:
        microseconds = round(self.pts_s * 1e6), round(self.duration_s * 1e6)
        header = _HEADER.pack(_VERSION, _KINDS[self.kind], 0, self.turn, self.sequence, *microseconds)
        return header + self.data

    @classmethod
    def unpack(cls, message: bytes) -> Frame:
        """Raises MalformedBody for what is no such message."""
        if len(message) < _HEADER.size:
            raise MalformedBody("a binary message has a header of 24 bytes")
        version, kind, _, turn, sequence, pts, duration = _HEADER.unpack_from(message)
        if version != _VERSION or kind not in _KINDS.values():
            raise MalformedBody("is no binary message of this version")
        name: Literal["init", "media"] = "init" if kind == _KINDS["init"] else "media"
        return cls(name, turn, sequence, pts / 1e6, duration / 1e6, message[_HEADER.size :])
