"""Pictures and clips without their metadata: where they were taken and when, by whom and with what, comments, thumbnails.

EXIF, GPS, XMP, IPTC and text go, colour profiles stay. A picture that EXIF turns is stored turned.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.media.container import open_media
from comps.media.image import Picture, decode_image, encode_jpeg, encode_png
from comps.media.image_header import BadHeader, read_header
from comps.media.video import probe, sample_clip

#: A JPEG marker that is no restart marker, stuffed zero or fill byte (ITU-T T.81 §B.1.1).
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_APP0, _APP2, _APP14 = 0xE0, 0xE2, 0xEE
#: APP0 … APP15, JPG0 … JPG13 and COM: everything that is not the picture.
_JPEG_OTHER = frozenset(range(0xE0, 0xFF))
_ICC = b"ICC_PROFILE\0"
#: A JFIF header ends where its thumbnail would begin.
_JFIF = 14
#: PNG: the ancillary chunks that say how the pixels look; text, time and EXIF are not among them.
_PNG_KEPT = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"pHYs", b"bKGD", b"acTL", b"fcTL", b"fdAT"}
)
_WEBP_KEPT = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
#: Flags of VP8X (RFC 9649 §2.7): there is EXIF, there is XMP.
_WEBP_SAYS = 0x08 | 0x04
#: Formats whose pixels are stored without loss; of the others JPEG is made where it must be encoded anew.
_LOSSLESS = frozenset({"png", "gif", "bmp", "tiff"})
#: A JPEG of this quality differs from what it was made of by no more than the rounding of its samples.
_QUALITY = 97

#: What a clip becomes whose packets no container takes: as much of it as an avatar may use, seconds and frames a second.
_CLIP_S, _CLIP_FPS, _CLIP_SIDE = 20.0, 25, 1024


def picture_without_metadata(data: bytes) -> bytes:
    """The picture, upright, without metadata and anything after its end. Pixels are untouched where the format allows it.

    Raises UnsupportedMedia, TooLarge.
    """
    try:
        header = read_header(data)
    except BadHeader as error:
        raise UnsupportedMedia(f"the picture {error}", field="media") from None
    cut = _CUTS.get(header.format)
    if cut is not None and header.orientation == 1:
        # What is damaged in a way that decoders forgive is encoded anew.
        with contextlib.suppress(BadHeader, UnsupportedMedia, TooLarge, struct.error, IndexError):
            bare = cut(data)
            if bare == data or np.array_equal(decode_image(bare), decode_image(data)):
                return bare
    return encoded_like(decode_image(data), data)


def encoded_like(picture: Picture, data: bytes) -> bytes:
    """``picture``, which was made of ``data``: as PNG where that has no losses, else as JPEG, with its colour profile."""
    form = read_header(data).format
    if form in _LOSSLESS:
        return encode_png(picture)
    encoded = encode_jpeg(picture, quality=_QUALITY)
    return _with_profile(encoded, data) if form == "jpeg" else encoded


def clip_without_metadata(data: bytes) -> bytes:
    """The first picture track and the first sound track of a clip, their packets as they are.

    Raises UnsupportedMedia, TooLarge.
    """
    for container in _containers(data):
        with contextlib.suppress(UnsupportedMedia, TooLarge, av.error.FFmpegError, ValueError, TypeError):
            bare = _remuxed(data, container)
            if _shows_the_same(data, bare):
                return bare
    return _encoded_anew(data)


def _jpeg(data: bytes) -> bytes:
    kept = [b"\xff\xd8"]
    for marker, body, scan in _jpeg_parts(data):
        if (wanted := _of_picture(marker, body)) is not None:
            kept += [b"\xff", bytes([marker]), struct.pack(">H", len(wanted) + 2), wanted]
        kept.append(scan)
    return b"".join([*kept, b"\xff\xd9"])


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(marker, body, coded data after it) of each segment up to the end of the image. Raises BadHeader where there is none."""
    found = _JPEG_MARKER.search(data, 2)
    while found is not None and found[1][0] != _EOI:
        marker, at = found[1][0], found.end()
        if marker in (_SOI, _TEM):
            found = _JPEG_MARKER.search(data, at)
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise BadHeader("has an empty segment")
        found = _JPEG_MARKER.search(data, at + length)
        end = found.start() if found is not None and marker == _SOS else at + length
        yield marker, data[at + 2 : at + length], data[at + length : end]
    if found is None:
        raise BadHeader("is cut short")


def _of_picture(marker: int, body: bytes) -> bytes | None:
    """What of a segment the picture needs."""
    if marker not in _JPEG_OTHER:
        return body
    if marker == _APP0 and body[:5] == b"JFIF\0" and len(body) >= _JFIF:
        return body[: _JFIF - 2] + b"\0\0"
    if (marker == _APP2 and body.startswith(_ICC)) or (marker == _APP14 and body[:5] == b"Adobe"):
        return body
    return None


def _with_profile(encoded: bytes, source: bytes) -> bytes:
    """A JPEG of three components that was made of ``source``, with its colour profile, if that was of three components."""
    profile = b""
    with contextlib.suppress(BadHeader, struct.error, IndexError):
        for marker, body, _ in _jpeg_parts(source):
            if marker == _APP2 and body.startswith(_ICC):
                profile += struct.pack(">BBH", 0xFF, _APP2, len(body) + 2) + body
            elif 0xC0 <= marker <= 0xC2 and body[5] != 3:
                return encoded
    (length,) = struct.unpack_from(">H", encoded, 4)
    at = 4 + length
    return encoded[:at] + profile + encoded[at:]


def _png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        # The first letter of a chunk that a picture cannot do without is a capital (PNG §5.4).
        if kind[:1].isupper() or kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept)
        at += len(chunk)


def _webp(data: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", data, 4)
    kept, at = [], 12
    while at + 8 <= min(len(data), 8 + length):
        kind, size = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + size + size % 2]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_SAYS]) + chunk[9:]
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        at += len(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_CUTS: dict[str, Callable[[bytes], bytes]] = {"jpeg": _jpeg, "png": _png, "webp": _webp}


def _containers(data: bytes) -> tuple[str, ...]:
    """What to try, libavformat's names."""
    with open_media(data) as source:
        is_matroska = "matroska" in source.format.name
    return ("matroska", "mp4") if is_matroska else ("mp4", "matroska")


def _remuxed(data: bytes, container: str) -> bytes:
    stored = io.BytesIO()
    with open_media(data) as source, av.open(stored, "w", format=container, options={"fflags": "+bitexact"}) as target:
        cover = av.stream.Disposition.attached_pic
        videos = [stream for stream in source.streams.video if not stream.disposition & cover]
        tracks = [*videos[:1], *source.streams.audio[:1]]
        copies = {track.index: target.add_stream_from_template(track) for track in tracks}
        for copy in copies.values():
            copy.metadata.clear()
        packets = [*_packets(source, tracks)]
        for track in tracks:
            _stamp([packet for packet in packets if packet.stream.index == track.index])
        for packet in packets:
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
    return stored.getvalue()


def _packets(source: Any, tracks: list[Any]) -> Iterator[Any]:
    """Up to the end, or to where a file that was cut short cannot be read."""
    with contextlib.suppress(av.error.FFmpegError):
        for packet in source.demux(tracks):
            if packet.size:
                yield packet


def _stamp(packets: list[Any]) -> None:
    """Give packets of a track decoding times where some have none, as Matroska's before the first pictures come in order."""
    if all(packet.dts is not None for packet in packets):
        return
    shown = sorted(packet.pts for packet in packets)
    latest = max(at - packet.pts for at, packet in zip(shown, packets, strict=True))
    for at, packet in zip(shown, packets, strict=True):
        packet.dts = at - latest


def _shows_the_same(one: bytes, other: bytes) -> bool:
    """Turned the same way, as long, with the same first pictures."""
    said = [(clip.width, clip.height, clip.frames, clip.has_audio) for clip in map(probe, (one, other))]
    if said[0] != said[1]:
        return False
    frames = [sample_clip(clip, n=2, first_s=1.0, max_s=600.0).frames for clip in (one, other)]
    return np.array_equal(frames[0], frames[1])


def _encoded_anew(data: bytes) -> bytes:
    """The beginning of a clip as H.264, without its sound."""
    clip = sample_clip(data, fps=_CLIP_FPS, first_s=_CLIP_S, max_s=600.0, max_side=_CLIP_SIDE)
    height, width = (side - side % 2 for side in clip.frames.shape[1:3])
    stored = io.BytesIO()
    with av.open(stored, "w", format="mp4", options={"fflags": "+bitexact"}) as target:
        stream: Any = target.add_stream("libx264", rate=_CLIP_FPS, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1
        for frame in clip.frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    return stored.getvalue()
