"""What an image's header says (format, size, orientation, completeness), read without decoding a pixel.

Decoders allocate the whole picture first, and a 2 KB file may ask for gigabytes: so this comes before any decoder.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Progressive JPEGs need about ten scans; each scan walks the whole picture, so thousands are an attack on the CPU.
_MAX_JPEG_SCANS = 100
#: A JPEG marker inside entropy-coded data: FF followed by neither a stuffed zero, a restart marker, nor fill (ITU-T T.81 §B.1.1).
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_JPEG_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})

_TIFF_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_ORIENTATION, _TIFF_SAMPLES = 256, 257, 258, 274, 277
_TIFF_ROWS_PER_STRIP, _TIFF_TILE_WIDTH, _TIFF_TILE_HEIGHT = 278, 322, 323


#: What reading outside the file raises; offsets of 64 bits overflow.
_OUTSIDE = (struct.error, IndexError, KeyError, OverflowError)


class BadHeader(ValueError):
    """Not an image of a known format, or cut short."""


@dataclass(frozen=True)
class ImageHeader:
    """``width`` and ``height`` in pixels as stored, ``orientation`` as in EXIF (1 … 8), ``pixels`` what a decoder allocates.

    ``is_scalable``: it can be decoded at 1/2, 1/4 or 1/8 without the whole picture being held.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    pixels: int = 0
    is_scalable: bool = False

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise BadHeader("has no pixels")
        object.__setattr__(self, "pixels", max(self.pixels, self.width * self.height))


def read_header(data: bytes) -> ImageHeader:
    """The header of a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF. Raises BadHeader for other files and those cut short."""
    reader = _reader(data)
    if reader is None:
        raise BadHeader("is not an image (JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF)")
    try:
        return reader(data)
    except _OUTSIDE as error:
        raise BadHeader("is cut short") from error


def is_image(data: bytes) -> bool:
    """Whether ``data`` begins like an image of a known format."""
    return _reader(data) is not None


def _reader(data: bytes) -> Callable[[bytes], ImageHeader] | None:
    for at, magic, reader in _MAGIC:
        if data[at : at + len(magic)] == magic:
            return reader
    return None


def _png(data: bytes) -> ImageHeader:
    """PNG specification, §5 and §11.2."""
    if data[12:16] != b"IHDR":
        raise BadHeader("does not begin with IHDR")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    orientation = 1
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise BadHeader("is cut short")
        if kind == b"eXIf":
            orientation = exif_orientation(data[at + 8 : at + 8 + length])
        if kind == b"IEND":
            break
        at += 12 + length
    wide = 2 if depth == 16 and colour in (2, 6) else 1
    return ImageHeader("png", width, height, orientation, pixels=width * height * wide)


def _jpeg(data: bytes) -> ImageHeader:
    """ITU-T T.81, annex B. The size stands in the frame header, after any number of other segments."""
    size: tuple[int, int] | None = None
    orientation = 1
    scans = 0
    progressive = False
    for marker, body in _jpeg_segments(data):
        if marker in _JPEG_SOF and size is None:
            progressive = marker in _JPEG_PROGRESSIVE
            height, width = struct.unpack_from(">HH", body, 1)
            size = width, height
        elif marker == 0xE1 and body[:6] == b"Exif\0\0":
            orientation = exif_orientation(body[6:])
        elif marker == 0xDA:
            scans += 1
            if scans > _MAX_JPEG_SCANS:
                raise BadHeader("has too many scans")
    if size is None or scans == 0:
        raise BadHeader("holds no picture")
    return ImageHeader("jpeg", *size, orientation, is_scalable=not progressive)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) of each segment up to the end of the image; raises BadHeader when there is no end."""
    at = 2
    while True:
        found = _JPEG_MARKER.search(data, at)
        if found is None:
            raise BadHeader("is cut short")
        marker, at = found[1][0], found.end()
        if marker == 0xD9:
            return
        if marker in _JPEG_STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        yield marker, data[at + 2 : at + length]
        at += length


def _gif(data: bytes) -> ImageHeader:
    """GIF89a §18. The screen's size; frames lie inside it."""
    width, height = struct.unpack_from("<HH", data, 6)
    return ImageHeader("gif", width, height)


def _bmp(data: bytes) -> ImageHeader:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    # A negative height means rows from the top down.
    return ImageHeader("bmp", width, abs(height))


def _webp(data: bytes) -> ImageHeader:
    """RFC 9649 §2."""
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise BadHeader("is cut short")
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return ImageHeader("webp", width, height, _webp_orientation(data))
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return ImageHeader("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF)
    raise BadHeader("is not WebP")


def _webp_orientation(data: bytes) -> int:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            return exif_orientation(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return 1


def _tiff(data: bytes) -> ImageHeader:
    """TIFF 6.0. Strips and tiles may be declared larger than the picture, and are allocated whole."""
    tags = _tiff_tags(data)
    width, height = tags.get(_TIFF_WIDTH, 0), tags.get(_TIFF_HEIGHT, 0)
    tile = tags.get(_TIFF_TILE_WIDTH, 0) * tags.get(_TIFF_TILE_HEIGHT, 0)
    bits = tags.get(_TIFF_BITS, 8) * tags.get(_TIFF_SAMPLES, 1)
    samples = max(1, -(-bits // 32))
    return ImageHeader(
        "tiff", width, height, _valid_orientation(tags.get(_TIFF_ORIENTATION, 1)), max(width * height, tile) * samples
    )


def _tiff_tags(data: bytes) -> dict[int, int]:
    """The first value of each integer tag of the first directory. Raises BadHeader or one of ``_OUTSIDE``."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise BadHeader("is not TIFF")
    (version,) = struct.unpack_from(order + "H", data, 2)
    if version == 43:
        offset_form, count_form, entry_form, value_at, start = "Q", "Q", "HHQ", 12, 8
    else:
        offset_form, count_form, entry_form, value_at, start = "I", "H", "HHI", 8, 4
    (directory,) = struct.unpack_from(order + offset_form, data, start)
    (entries,) = struct.unpack_from(order + count_form, data, directory)
    at = directory + struct.calcsize(order + count_form)
    size = value_at + struct.calcsize(order + offset_form)
    room = size - value_at
    tags: dict[int, int] = {}
    for _ in range(min(entries, 1000)):
        tag, kind, count = struct.unpack_from(order + entry_form, data, at)
        form = _TIFF_FORMATS.get(kind)
        if form is not None and count:
            place = at + value_at
            if struct.calcsize(form) * count > room:
                (place,) = struct.unpack_from(order + offset_form, data, place)
            (tags[tag],) = struct.unpack_from(order + form, data, place)
        at += size
    return tags


def _avif(data: bytes) -> ImageHeader:
    """ISO/IEC 23008-12 §6.5.3: the largest ``ispe`` (image spatial extents) box."""
    sizes = [struct.unpack_from(">II", data, found.end() + 4) for found in re.finditer(b"ispe", data[:65536])]
    if not sizes:
        raise BadHeader("holds no picture")
    return ImageHeader("avif", *max(sizes, key=lambda size: size[0] * size[1]))


def _heif(data: bytes) -> ImageHeader:
    """ISO/IEC 23008-12 §6: the size of the primary item, by its ``ispe`` property. ``irot`` and ``imir`` are left to decoders.

    The container also carries AVIF.
    """
    if {b"avif", b"avis"} & set(_brands(data)):
        return _avif(data)
    meta = _boxes(data, *_box(data, 0, len(data), b"meta", header=4))
    (primary,) = struct.unpack_from(">H" if data[meta[b"pitm"][0]] == 0 else ">I", data, meta[b"pitm"][0] + 4)
    properties = _boxes(data, *meta[b"iprp"])
    sizes = [
        struct.unpack_from(">II", data, start + 4) if kind == b"ispe" else None
        for kind, start, _ in _each_box(data, *properties[b"ipco"])
    ]
    own = [size for index in _associated(data, properties[b"ipma"][0], primary) if (size := sizes[index - 1]) is not None]
    if not own:
        raise BadHeader("holds no picture")
    # Of a grid a decoder allocates the tiles too, one after another.
    largest = max(width * height for size in sizes if size is not None for width, height in (size,))
    width, height = own[0]
    return ImageHeader("heic", width, height, pixels=largest)


def _brands(data: bytes) -> list[bytes]:
    """Of the ``ftyp`` box, major brand first. Raises BadHeader or one of ``_OUTSIDE``."""
    (length,) = struct.unpack_from(">I", data, 0)
    return [data[at : at + 4] for at in (8, *range(16, min(length, 256), 4))]


def _each_box(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the body of each box (ISO/IEC 14496-12 §4.2). Raises BadHeader where one is cut short."""
    at = start
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        if length == 0:
            length = end - at
        if length < header or at + length > end:
            raise BadHeader("is cut short")
        yield kind, at + header, at + length
        at += length


def _boxes(data: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Start and end of the bodies of the boxes between; the first of each kind."""
    found: dict[bytes, tuple[int, int]] = {}
    for kind, begin, stop in _each_box(data, start, end):
        found.setdefault(kind, (begin, stop))
    return found


def _box(data: bytes, start: int, end: int, wanted: bytes, *, header: int) -> tuple[int, int]:
    """Start and end of the body of the first such box, after ``header`` bytes of version and flags."""
    places = _boxes(data, start, end)
    if wanted not in places:
        raise BadHeader("holds no picture")
    return places[wanted][0] + header, places[wanted][1]


def _associated(data: bytes, at: int, wanted: int) -> list[int]:
    """The numbers of an item's properties, from 1, by the ``ipma`` box at ``at`` (ISO/IEC 23008-12 §9.3)."""
    version, wide = data[at], data[at + 3] & 1
    (count,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    for _ in range(count):
        (item,) = struct.unpack_from(">H" if version == 0 else ">I", data, at)
        at += 2 if version == 0 else 4
        number = data[at]
        at += 1
        if item == wanted:
            form = f">{number}{'H' if wide else 'B'}"
            return [index for value in struct.unpack_from(form, data, at) if (index := value & (0x7FFF if wide else 0x7F))]
        at += number * (2 if wide else 1)
    return []


def exif_orientation(exif: bytes) -> int:
    """EXIF orientation, 1 … 8; 1 when there is none or it cannot be read."""
    try:
        return _valid_orientation(_tiff_tags(exif).get(_TIFF_ORIENTATION, 1))
    except (BadHeader, *_OUTSIDE):
        return 1


def _valid_orientation(value: int) -> int:
    return value if 1 <= value <= 8 else 1


#: Major brands of files with a primary picture (ISO/IEC 23008-12 §10, AV1 Image File Format §6). A sequence may have one too.
_HEIF_BRANDS = (b"avif", b"avis", b"mif1", b"mif2", b"msf1", b"miaf", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")

_MAGIC: tuple[tuple[int, bytes, Callable[[bytes], ImageHeader]], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", _png),
    (0, b"\xff\xd8\xff", _jpeg),
    (0, b"GIF87a", _gif),
    (0, b"GIF89a", _gif),
    (0, b"BM", _bmp),
    (0, b"II*\0", _tiff),
    (0, b"MM\0*", _tiff),
    (0, b"II+\0", _tiff),
    (0, b"MM\0+", _tiff),
    (8, b"WEBP", _webp),
    *((4, b"ftyp" + brand, _heif) for brand in _HEIF_BRANDS),
)
