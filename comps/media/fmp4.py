"""Fragmented MP4 (ISO/IEC 14496-12): an initialisation segment, then fragments of one video and one audio track.

Written here rather than by libavformat because that one holds back the last packets of every fragment until the next begins,
which costs a live answer up to a chunk of delay. The same input gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from comps.media.h264 import ParameterSets

#: IPTC's term for media made by a trained model (https://cv.iptc.org/newscodes/digitalsourcetype/).
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_COMMENT = f"AI-generated: this person did not say this. digitalSourceType: {DIGITAL_SOURCE_TYPE}"
_DESCRIPTION = "AI-generated video of a speaking avatar"

_VIDEO, _AUDIO = 1, 2
#: The XMP box of MP4 files (XMP specification part 3, §1.2.7).
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    f' Iptc4xmpExt:DigitalSourceType="{DIGITAL_SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
#: Sample flags (§8.8.3.1): a picture that depends on no other, and one that does.
_SYNC, _NOT_SYNC = 0x0200_0000, 0x0101_0000
_LANGUAGE_UNDETERMINED = 0x55C4


@dataclass(frozen=True)
class VideoTrack:
    """``duration`` of every frame, in units of 1/``timescale`` s."""

    width: int
    height: int
    timescale: int
    duration: int
    parameter_sets: ParameterSets


@dataclass(frozen=True)
class AudioTrack:
    """AAC, mono. ``config``: AudioSpecificConfig; ``priming``: samples before the first true one, skipped by an edit list."""

    rate: int
    config: bytes
    priming: int
    bit_rate: int


@dataclass(frozen=True)
class TrackSample:
    """One access unit; ``duration`` in the track's timescale."""

    data: bytes
    duration: int
    sync: bool = True


@dataclass(frozen=True)
class Run:
    """Consecutive samples of one track, the first at ``decode_time`` (the track's timescale)."""

    decode_time: int
    samples: Sequence[TrackSample]


def init_segment(video: VideoTrack, audio: AudioTrack) -> bytes:
    """``ftyp``, the XMP packet, and ``moov``: all that a player must know before the first fragment."""
    moov = _box(
        b"moov",
        _full(b"mvhd", 0, 0, struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), _MATRIX, bytes(24), struct.pack(">I", 3)),
        _video_trak(video),
        _audio_trak(audio),
        _box(b"mvex", _trex(_VIDEO, video.duration, _NOT_SYNC), _trex(_AUDIO, 1024, _SYNC)),
        _metadata(),
    )
    brands = b"iso6" + struct.pack(">I", 0x200) + b"iso6isomavc1mp41"
    return _box(b"ftyp", brands) + _box(b"uuid", _XMP_UUID, _XMP.encode()) + moov


def fragment(sequence: int, video: Run, audio: Run) -> bytes:
    """``moof`` and ``mdat``. ``sequence`` counts from 1. A run without samples is left out."""
    runs = [(track, run) for track, run in ((_VIDEO, video), (_AUDIO, audio)) if run.samples]
    size = len(_moof(sequence, runs, 0))
    media = b"".join(sample.data for _, run in runs for sample in run.samples)
    return _moof(sequence, runs, size + 8) + _box(b"mdat", media)


def _moof(sequence: int, runs: Sequence[tuple[int, Run]], offset: int) -> bytes:
    """``offset``: from the moof's first byte to the first sample."""
    trafs = []
    for track, run in runs:
        trafs.append(_traf(track, run, offset))
        offset += sum(len(sample.data) for sample in run.samples)
    return _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", sequence)), *trafs)


def _traf(track: int, run: Run, offset: int) -> bytes:
    rows = b"".join(
        struct.pack(">III", sample.duration, len(sample.data), _SYNC if sample.sync else _NOT_SYNC) for sample in run.samples
    )
    return _box(
        b"traf",
        _full(b"tfhd", 0, 0x02_0000, struct.pack(">I", track)),  # default-base-is-moof
        _full(b"tfdt", 1, 0, struct.pack(">Q", run.decode_time)),
        _full(b"trun", 0, 0x00_0701, struct.pack(">II", len(run.samples), offset), rows),  # offset; duration, size, flags each
    )


def _video_trak(track: VideoTrack) -> bytes:
    entry = _box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32sHh", 1, track.width, track.height, 0x480000, 0x480000, 0, 1, b"", 24, -1),
        _box(b"avcC", track.parameter_sets.avcc()),
    )
    header = _full(b"vmhd", 0, 1, bytes(8))
    return _trak(_VIDEO, track.timescale, b"vide", header, entry, size=(track.width, track.height))


def _audio_trak(track: AudioTrack) -> bytes:
    # The 16.16 field holds no rate of 65,536 or more; the AudioSpecificConfig is what counts.
    rate = track.rate << 16 if track.rate < 0x1_0000 else 0
    entry = _box(b"mp4a", struct.pack(">6xH8xHH4xI", 1, 1, 16, rate), _esds(track))
    header = _full(b"smhd", 0, 0, bytes(4))
    edits = _box(b"edts", _full(b"elst", 0, 0, struct.pack(">IIiI", 1, 0, track.priming, 0x10000)))
    return _trak(_AUDIO, track.rate, b"soun", header, entry, volume=0x100, edits=edits)


def _trak(
    track: int,
    timescale: int,
    handler: bytes,
    media_header: bytes,
    entry: bytes,
    *,
    size: tuple[int, int] = (0, 0),
    volume: int = 0,
    edits: bytes = b"",
) -> bytes:
    data_here = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    # Empty tables: in a fragmented file the samples are described by the fragments.
    tables = [_full(name, 0, 0, bytes(length)) for name, length in ((b"stts", 4), (b"stsc", 4), (b"stsz", 8), (b"stco", 4))]
    stbl = _box(b"stbl", _full(b"stsd", 0, 0, struct.pack(">I", 1), entry), *tables)
    mdia = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _LANGUAGE_UNDETERMINED, 0)),
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(13)),
        _box(b"minf", media_header, data_here, stbl),
    )
    shown = struct.pack(">II", size[0] << 16, size[1] << 16)
    tkhd = _full(b"tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, track, 0, 0, 0, 0, volume, 0), _MATRIX, shown)
    return _box(b"trak", tkhd, edits, mdia)


def _esds(track: AudioTrack) -> bytes:
    """ISO/IEC 14496-1 §7.2.6: elementary stream ⊃ decoder (AAC, audio) ⊃ AudioSpecificConfig."""
    specific = _descriptor(5, track.config)
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, track.bit_rate, track.bit_rate), specific)
    return _full(b"esds", 0, 0, _descriptor(3, struct.pack(">HB", _AUDIO, 0), decoder, _descriptor(6, b"\x02")))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes((tag, len(body))) + body


def _trex(track: int, duration: int, flags: int) -> bytes:
    return _full(b"trex", 0, 0, struct.pack(">IIIII", track, 1, duration, 0, flags))


def _metadata() -> bytes:
    """iTunes-style tags, which players and ffprobe show as comment and description."""
    tags = [
        _box(name, _box(b"data", struct.pack(">II", 1, 0), text.encode()))
        for name, text in ((b"\xa9cmt", _COMMENT), (b"desc", _DESCRIPTION))
    ]
    handler = _full(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    return _box(b"udta", _full(b"meta", 0, 0, handler, _box(b"ilst", *tags)))


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)
