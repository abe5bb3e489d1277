"""Sizes that the headers of sound files tell, where they are wrong: recorders that stream, or die, write them before they know.

WAV (RIFF, RF64: EBU Tech 3306), AIFF (Apple, "Audio Interchange File Format") and AU tell the length of their sound; the Xing or
VBRI header of an MP3 tells its frames and bytes. libav believes them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from comps.cores.errors import UnsupportedMedia

#: A file is cut short that lacks this share of what its header says.
MISSING_SHARE = 0.1
#: From here on a size means that the length was not known: 0x7FFFFFFF and 0xFFFFFFFF, less the bytes of a header.
_UNKNOWN = 0x7FFF_0000
#: Chunks before the sound.
_MOST_CHUNKS = 200
#: A first frame of MP3 has its Xing or VBRI header in these bytes.
_FRAME = 1500
_ID3_HEAD = 10


def mended(data: bytes) -> bytes:
    """The file with sizes that fit it. Raises UnsupportedMedia for one that is cut short."""
    match data[:4], data[8:12]:
        case (b"RIFF" | b"RF64" | b"RIFX", b"WAVE"):
            return _mended_wave(data)
        case (b"FORM", b"AIFF" | b"AIFC"):
            return _mended_aiff(data)
        case (b".snd", b"\0\0\0\0"):
            return _told(data, {8: b"\xff\xff\xff\xff"})
    return data


def is_whole_mp3(data: bytes) -> bool:
    """Whether an MP3's header says that it has no more bytes than are there: then its frames are not fewer than were meant."""
    start = _after_id3(data)
    head = data[start : start + _FRAME]
    for mark in (b"Xing", b"Info"):
        if (at := head.find(mark)) >= 0 and len(head) >= at + 16:
            flags, _, size = struct.unpack_from(">III", head, at + 4)
            # Frames and bytes are both there, in this order.
            return bool(flags & 3 == 3 and (1 - MISSING_SHARE) * size <= len(data) - start)
    if (at := head.find(b"VBRI")) >= 0 and len(head) >= at + 14:
        return (1 - MISSING_SHARE) * _size(head, at + 10, ">") <= len(data) - start
    return False


@dataclass(frozen=True)
class _Chunk:
    """Its body begins at ``start``; ``size`` bytes of it are claimed."""

    start: int
    size: int


def _mended_wave(data: bytes) -> bytes:
    order: Literal["<", ">"] = ">" if data[:4] == b"RIFX" else "<"
    chunks = _chunks(data, order, b"data")
    if (sound := chunks.get(b"data")) is None:
        return data
    whole = _size(data, 4, order)
    large = chunks.get(b"ds64") if data[:4] == b"RF64" else None
    if large is not None and len(data) >= large.start + 16:
        whole, size = struct.unpack_from("<QQ", data, large.start)
        sound = _Chunk(sound.start, size if sound.size == 0xFFFF_FFFF else sound.size)
    size = _sound_size(data, sound, whole, order)
    told = {4: struct.pack(f"{order}I", len(data) - 8), sound.start - 4: struct.pack(f"{order}I", size)}
    if data[:4] == b"RF64":
        # No file that is read here needs it.
        told[0] = b"RIFF"
        if large is not None:
            told[large.start - 8] = b"JUNK"
    return _told(data, told)


def _mended_aiff(data: bytes) -> bytes:
    chunks = _chunks(data, ">", b"SSND")
    if (sound := chunks.get(b"SSND")) is None:
        return data
    size = _sound_size(data, sound, _size(data, 4, ">"), ">", least=9)
    told = {4: struct.pack(">I", len(data) - 8), sound.start - 4: struct.pack(">I", size)}
    if (common := chunks.get(b"COMM")) is not None and len(data) >= common.start + 6:
        # Its frames: the sound's size says it.
        told[common.start + 2] = b"\0\0\0\0"
    return _told(data, told)


def _told(data: bytes, told: dict[int, bytes]) -> bytes:
    """The file with what is ``told`` at these places."""
    if all(data[at : at + len(value)] == value for at, value in told.items()):
        return data
    made = bytearray(data)
    for at, value in told.items():
        made[at : at + len(value)] = value
    return bytes(made)


def _sound_size(data: bytes, sound: _Chunk, whole: int, order: str, least: int = 1) -> int:
    """What of the file is sound, bytes. ``whole``: what the file says of all that follows its first eight bytes; ``least``: a
    smaller chunk holds no sound.

    Raises UnsupportedMedia where both sizes say that more was meant.
    """
    left = len(data) - sound.start
    if least <= sound.size <= left and _is_followed(data, sound.start + sound.size, order):
        return sound.size
    is_known = max(sound.size, whole) < _UNKNOWN
    if is_known and left < (1 - MISSING_SHARE) * sound.size and len(data) < (1 - MISSING_SHARE) * (whole + 8):
        raise UnsupportedMedia("the recording is cut short")
    return left


def _is_followed(data: bytes, end: int, order: str) -> bool:
    """Whether the file ends there, but for a little, or another chunk begins."""
    if len(data) - end <= MISSING_SHARE * len(data):
        return True
    at = end + end % 2
    name = data[at : at + 4]
    return name.isascii() and name.decode().isprintable() and at + 8 + _size(data, at + 4, order) <= len(data) + 1


def _chunks(data: bytes, order: str, sound: bytes) -> dict[bytes, _Chunk]:
    """Those up to the ``sound``."""
    found: dict[bytes, _Chunk] = {}
    at = 12
    while at + 8 <= len(data) and len(found) < _MOST_CHUNKS and sound not in found:
        name, size = data[at : at + 4], _size(data, at + 4, order)
        found.setdefault(name, _Chunk(at + 8, size))
        at += 8 + size + size % 2
    return found


def _size(data: bytes, at: int, order: str) -> int:
    return int(struct.unpack_from(f"{order}I", data, at)[0]) if at + 4 <= len(data) else 0


def _after_id3(data: bytes) -> int:
    """Where an MP3's first frame is looked for: after a tag of ID3v2."""
    if data[:3] != b"ID3" or len(data) < _ID3_HEAD:
        return 0
    size = 0
    for byte in data[6:_ID3_HEAD]:
        size = size << 7 | (byte & 0x7F)
    return _ID3_HEAD + size
