"""Makes HEIC files: HEVC by libx265 through PyAV, the boxes by hand (ISO/IEC 23008-12)."""

from __future__ import annotations

import io
import struct

import av
import cv2
import numpy as np

from tests.animation.faces import Pixels


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def coded(picture: Pixels, depth: int = 8) -> tuple[bytes, bytes]:
    """The HEVC configuration record and the coded picture of BGR pixels."""
    stored = io.BytesIO()
    with av.open(stored, "w", format="mp4") as target:
        stream = target.add_stream("libx265", rate=25, options={"x265-params": "keyint=1:log-level=none:qp=12"})
        stream.width, stream.height = picture.shape[1], picture.shape[0]
        stream.pix_fmt = "yuv420p" if depth == 8 else "yuv420p10le"
        stream.codec_context.codec_tag = "hvc1"
        target.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")))
        target.mux(stream.encode())
    data = stored.getvalue()
    at = data.index(b"hvcC") - 4
    record = data[at + 8 : at + struct.unpack_from(">I", data, at)[0]]
    at = data.index(b"mdat") - 4
    return record, data[at + 8 : at + struct.unpack_from(">I", data, at)[0]]


def heic(
    picture: Pixels,
    *,
    turns: int = 0,
    mirror: int | None = None,
    tile: int = 0,
    depth: int = 8,
    exif: bytes = b"",
    brand: bytes = b"heic",
    size: tuple[int, int] | None = None,
) -> bytes:
    """A HEIC of BGR pixels.

    ``turns`` × 90° counter-clockwise and ``mirror`` (0: top and bottom, 1: left and right) are said of it, not done. ``tile``:
    side of the tiles of a grid, as iPhones write. ``size``: width and height that it claims.
    """
    height, width = picture.shape[:2]
    claimed = size or (width, height)
    if tile:
        rows, columns = -(-height // tile), -(-width // tile)
        whole = cv2.copyMakeBorder(picture, 0, rows * tile - height, 0, columns * tile - width, cv2.BORDER_REPLICATE)
        parts = [whole[y * tile :][:tile, x * tile : (x + 1) * tile] for y in range(rows) for x in range(columns)]
    else:
        rows = columns = 0
        parts = [picture]
    made = [coded(part, depth) for part in parts]
    items = [(n + 1, b"hvc1", data) for n, (_, data) in enumerate(made)]
    properties = [box(b"hvcC", made[0][0]), full(b"ispe", 0, 0, struct.pack(">II", *reversed(parts[0].shape[:2])))]
    grid_id = len(items) + 1
    primary = grid_id if tile else 1
    if tile:
        items.append((grid_id, b"grid", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)))
    properties.append(full(b"ispe", 0, 0, struct.pack(">II", *claimed)))
    applied = [3]
    if turns:
        properties.append(box(b"irot", bytes([turns])))
        applied.append(len(properties) | 0x80)
    if mirror is not None:
        properties.append(box(b"imir", bytes([mirror])))
        applied.append(len(properties) | 0x80)
    of_items = {n + 1: [1 | 0x80, 2] for n in range(len(parts))} if tile else {}
    of_items[primary] = applied if tile else [1 | 0x80, *applied]
    references = box(b"dimg", struct.pack(f">HH{len(parts)}H", grid_id, len(parts), *range(1, grid_id))) if tile else b""
    if exif:
        items.append((100, b"Exif", struct.pack(">I", 0) + exif))
        references += box(b"cdsc", struct.pack(">HHH", 100, 1, primary))
    infos = [full(b"infe", 2, 0, struct.pack(">HH4s", n, 0, kind), b"\0") for n, kind, _ in items]
    associations = b"".join(struct.pack(f">HB{len(of)}B", n, len(of), *of) for n, of in sorted(of_items.items()))

    def meta(start: int) -> bytes:
        places, at = b"", start
        for n, _, data in items:
            places += struct.pack(">HHHII", n, 0, 1, at, len(data))
            at += len(data)
        return full(
            b"meta",
            0,
            0,
            full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"pict"), b"\0"),
            full(b"pitm", 0, 0, struct.pack(">H", primary)),
            full(b"iinf", 0, 0, struct.pack(">H", len(infos)), *infos),
            full(b"iref", 0, 0, references) if references else b"",
            box(
                b"iprp",
                box(b"ipco", *properties),
                full(b"ipma", 0, 0, struct.pack(">I", len(of_items)), associations),
            ),
            full(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", len(items)), places),
        )

    head = box(b"ftyp", brand, bytes(4), b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(data for _, _, data in items))
