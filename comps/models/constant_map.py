"""A map from strings to strings in one file that is read in place: a constant database in the manner of D. J. Bernstein's cdb.

A Python dictionary of 300,000 entries takes 100 MB of every process. This takes none but the pages that are looked at, and
processes that map the same file share them.

Little endian: the magic, the number of slots (uint32), the slots (uint32 each: where the record lies, 0 for none), the records.
A record is the lengths of its key and value (uint16, uint32) and both in UTF-8. A key's slot is its CRC-32 modulo the number of
slots, or the next free one.
"""

from __future__ import annotations

import mmap
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable
from pathlib import Path

_MAGIC = b"constant map 1\n\0"
_COUNT = struct.Struct("<I")
_SLOT = struct.Struct("<I")
_LENGTHS = struct.Struct("<HI")
_SLOTS_AT = len(_MAGIC) + _COUNT.size


def packed(entries: Iterable[tuple[str, str]]) -> bytes:
    """The file's content; of entries with the same key the first is found."""
    encoded = [(key.encode(), value.encode()) for key, value in entries]
    slots = array("I", bytes(4 * (2 * len(encoded) + 1)))
    records = bytearray()
    for key, value in encoded:
        slot = zlib.crc32(key) % len(slots)
        while slots[slot]:
            slot = (slot + 1) % len(slots)
        slots[slot] = _SLOTS_AT + 4 * len(slots) + len(records)
        records += _LENGTHS.pack(len(key), len(value)) + key + value
    if sys.byteorder == "big":
        slots.byteswap()
    return _MAGIC + _COUNT.pack(len(slots)) + slots.tobytes() + bytes(records)


class ConstantMap:
    """Reads what ``packed`` made. Raises ValueError where ``data`` is something else."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError("this is no constant map")
        self._data = data
        (self._slots,) = _COUNT.unpack_from(data, len(_MAGIC))

    @classmethod
    def open(cls, path: Path) -> ConstantMap:
        """Raises OSError where ``path`` cannot be read, and ValueError where it is something else."""
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def get(self, key: str) -> str | None:
        """The value of ``key``, or None."""
        wanted = key.encode("utf-8", "surrogatepass")
        data = self._data
        slot = zlib.crc32(wanted) % self._slots
        while True:
            (record,) = _SLOT.unpack_from(data, _SLOTS_AT + 4 * slot)
            if not record:
                return None
            key_length, value_length = _LENGTHS.unpack_from(data, record)
            begin = record + _LENGTHS.size
            if data[begin : begin + key_length] == wanted:
                return data[begin + key_length : begin + key_length + value_length].decode()
            slot = (slot + 1) % self._slots
