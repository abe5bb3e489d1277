"""What is said of a picture or a clip beside what it shows does not stay in it: checked in the bytes, by Pillow and FFmpeg."""

from __future__ import annotations

import io
import itertools
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from AvatarChatbot import avatars
from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.media.image import decode_image
from comps.media.metadata import clip_without_metadata, picture_without_metadata
from comps.media.video import decode_clip, probe, sample_clip, sniff
from tests.media.test_video import turned

#: Stands for where somebody lives, in every place that can hold text.
_SECRET = b"48.8584N 2.2945E Rue de Secret"
_ORIENTATION, _GPS, _MAKER, _DESCRIPTION = 274, 0x8825, 0x927C, 270


def _picture(mode: str = "RGB") -> Image.Image:
    """Not symmetrical in any way."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:20, :40] = 200, 40, 40
    pixels[24:, 32:] = 20, 180, 60
    pixels[30:44, 4:20] = np.linspace(0, 255, 16, dtype=np.uint8)[None, :, None]
    return Image.fromarray(pixels).convert(mode)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif[_DESCRIPTION] = _SECRET.decode()
    exif[_GPS] = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0), 29: _SECRET.decode()}
    exif.get_ifd(0x8769)[_MAKER] = _SECRET
    return exif.tobytes()


def _saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    stored = io.BytesIO()
    picture.save(stored, format, **options)
    return stored.getvalue()


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _said_everywhere(jpeg: bytes) -> bytes:
    """A JPEG with the secret in every segment that may hold it, and after its end."""
    thumbnail = b"JFXX\0\x10" + _SECRET
    said = [_segment(0xE0 + n, b"Something\0" + _SECRET) for n in (1, 2, 3, 12, 13, 15)]
    said += [_segment(0xE0, thumbnail), _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _SECRET), _segment(0xFE, _SECRET)]
    said += [_segment(0xED, b"Photoshop 3.0\08BIM" + _SECRET), _segment(0xE2, b"MPF\0" + _SECRET)]
    return jpeg[:2] + b"".join(said) + jpeg[2:] + _SECRET + jpeg


def _as_shown(data: bytes) -> np.ndarray[Any, Any]:
    return decode_image(data)


def _is_silent(data: bytes) -> bool:
    """No secret, in the bytes or as Pillow reads it, and nothing to turn."""
    with Image.open(io.BytesIO(data)) as picture:
        texts = {"exif", "xmp", "comment", "photoshop", "Comment", "XML:com.adobe.xmp", "parameters"}
        return b"Secret" not in data and not picture.getexif() and not texts & {*picture.info}


_FORMATS: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {"quality": 95}),
    ("JPEG", {"quality": 80, "progressive": True, "subsampling": 0}),
    ("JPEG", {"quality": 90, "optimize": True, "restart_marker_blocks": 1}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"quality": 80}),
    ("TIFF", {}),
]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("format", "options"), _FORMATS)
def test_exif_goes_and_the_picture_is_upright(format: str, options: dict[str, Any], orientation: int) -> None:
    data = _saved(_picture(), format, exif=_exif(orientation), **options)
    assert b"Secret" in data
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    shown, before = _as_shown(bare).astype(int), _as_shown(data).astype(int)
    assert shown.shape == before.shape
    # Turned JPEGs and WebPs are encoded once more.
    assert np.abs(shown - before).mean() < (0.01 if orientation == 1 or format in ("PNG", "TIFF") else 2.5)
    if orientation == 1:
        assert np.array_equal(shown, before)
    # Without EXIF other programs must show it the same way.
    with Image.open(io.BytesIO(bare)) as opened:
        assert np.abs(np.asarray(opened.convert("RGB"))[..., ::-1].astype(int) - shown).mean() < 1.5
    assert picture_without_metadata(bare) == bare


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_segment_of_a_jpeg_that_is_not_the_picture_goes(mode: str) -> None:
    data = _said_everywhere(_saved(_picture(mode), "JPEG", quality=95))
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    assert np.array_equal(_as_shown(bare), _as_shown(data))


def test_the_thumbnail_of_a_jfif_header_goes() -> None:
    plain = _saved(_picture(), "JPEG")
    (length,) = struct.unpack_from(">H", plain, 4)
    header = plain[6 : 4 + length - 2] + bytes([4, 4]) + _SECRET.ljust(48, b"x")
    bare = picture_without_metadata(plain[:2] + _segment(0xE0, header) + plain[4 + length :])
    assert _is_silent(bare)
    assert np.array_equal(_as_shown(bare), _as_shown(plain))


def test_text_of_a_png_goes() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("parameters", _SECRET.decode() * 3)
    said.add_text("Comment", "Secret " * 50, zip=True)
    said.add_itxt("XML:com.adobe.xmp", _SECRET.decode())
    said.add(b"prVt", _SECRET)
    said.add(b"tIME", b"\x07\xea\x0b\x1e\0\0\0")
    for mode in ("RGB", "RGBA", "P", "L", "1", "I;16"):
        picture = _picture("I") if mode == "I;16" else _picture()
        data = _saved(picture.convert(mode), "PNG", pnginfo=said, exif=_exif(1)) + _SECRET
        bare = picture_without_metadata(data)
        assert _is_silent(bare)
        assert b"tIME" not in bare
        assert np.array_equal(_as_shown(bare), _as_shown(data))


def test_xmp_of_a_webp_goes() -> None:
    data = _saved(_picture("RGBA"), "WEBP", exif=_exif(1), xmp=_SECRET, quality=80) + _SECRET
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    assert np.array_equal(_as_shown(bare), _as_shown(data))


@pytest.mark.parametrize("format", ["GIF", "BMP", "AVIF"])
def test_other_formats(format: str) -> None:
    options = {"GIF": {"comment": _SECRET}, "AVIF": {"exif": _exif(1), "xmp": _SECRET}}.get(format, {})
    data = _saved(_picture(), format, **options) + _SECRET
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    assert np.abs(_as_shown(bare).astype(int) - _as_shown(data)).mean() < 2


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("format", "turned_too"), [("JPEG", True), ("PNG", False), ("WEBP", False)])
def test_the_colour_profile_stays(format: str, turned_too: bool, orientation: int) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    bare = picture_without_metadata(_saved(_picture(), format, exif=_exif(orientation), icc_profile=profile))
    with Image.open(io.BytesIO(bare)) as opened:
        assert opened.info.get("icc_profile") == (profile if turned_too or orientation == 1 else None)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff" + _SECRET,
        b"Exif\0\0MM\0*" + _SECRET * 100,
        _exif(1)[:60] + _SECRET,
        b"Exif\0\0" + struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 274, 3, 1, 99) + _SECRET,
    ],
)
def test_broken_exif_goes_too(exif: bytes) -> None:
    jpeg = _saved(_picture(), "JPEG")
    data = jpeg[:2] + _segment(0xE1, exif) + jpeg[2:]
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    assert np.array_equal(_as_shown(bare), _as_shown(data))


@pytest.mark.parametrize("name", avatars.names())
def test_our_own_characters_are_left_as_they_are(name: str) -> None:
    """The card that comes with one is found by its bytes."""
    picture = avatars.path(name).read_bytes()
    assert picture_without_metadata(picture) == picture


@pytest.mark.parametrize("number", range(1, 7))
def test_real_avatars(shared: Path, number: int) -> None:
    (path,) = (shared / "data" / "avatars").glob(f"avatar{number}.*")
    data = path.read_bytes()
    bare = picture_without_metadata(data)
    assert _is_silent(bare)
    assert np.array_equal(_as_shown(bare), _as_shown(data))
    assert len(bare) <= len(data)


_PICTURES = [
    _said_everywhere(_saved(_picture(), "JPEG", exif=_exif(6))),
    _saved(_picture(), "JPEG", progressive=True, exif=_exif(1)),
    _saved(_picture("RGBA"), "PNG", exif=_exif(3)),
    _saved(_picture(), "PNG", exif=_exif(1)),
    _saved(_picture(), "WEBP", exif=_exif(1), xmp=_SECRET),
    _saved(_picture(), "TIFF", exif=_exif(1)),
]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_pictures_come_out_bare_or_are_refused(data: st.DataObject) -> None:
    picture = bytearray(data.draw(st.sampled_from(_PICTURES)))
    for _ in range(data.draw(st.integers(0, 6))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(picture[: data.draw(st.integers(0, len(picture)))]) if data.draw(st.booleans()) else bytes(picture)
    try:
        shown = decode_image(cut)
    except (UnsupportedMedia, TooLarge):
        return
    bare = picture_without_metadata(cut)
    assert decode_image(bare).shape == shown.shape
    assert picture_without_metadata(bare) == bare


_SUBTITLES = b"1\n00:00:00,000 --> 00:00:00,300\n" + _SECRET + b"\n\n"


def _clip(format: str, codec: str, *, sound: str = "") -> bytes:
    """A second of moving picture with the secret wherever FFmpeg writes it."""
    stored = io.BytesIO()
    with av.open(stored, "w", format=format) as target:
        said = dict.fromkeys(("title", "comment", "location", "artist", "com.apple.quicktime.location.ISO6709"), _SECRET.decode())
        target.metadata.update(said)
        video: Any = target.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.metadata.update({"title": _SECRET.decode(), "handler_name": _SECRET.decode()})
        audio: Any = target.add_stream(sound, rate=48_000) if sound else None
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.roll(np.asarray(_picture()), 2 * number, axis=1), format="rgb24")
            target.mux(video.encode(frame))
        target.mux(video.encode())
        if audio:
            for number in range(40):
                quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                quiet.sample_rate, quiet.pts = 48_000, 1024 * number
                target.mux(audio.encode(quiet))
            target.mux(audio.encode())
    return stored.getvalue()


@pytest.mark.parametrize(
    ("format", "codec", "sound"),
    [
        ("mp4", "libx264", "aac"),
        ("mov", "libx264", ""),
        ("mov", "mjpeg", ""),
        ("mp4", "mpeg4", "aac"),
        ("webm", "libvpx", "libopus"),
        ("matroska", "libx264", "aac"),
        ("avi", "mpeg4", ""),
    ],
)
def test_metadata_of_a_clip_goes(format: str, codec: str, sound: str) -> None:
    try:
        data = _clip(format, codec, sound=sound)
    except (av.error.FFmpegError, av.codec.codec.UnknownCodecError, ValueError) as error:
        pytest.skip(f"this FFmpeg does not write it: {error}")
    assert b"Secret" in data
    bare = clip_without_metadata(data)
    assert b"Secret" not in bare
    assert sniff(bare) == "video"
    before, after = probe(data), probe(bare)
    assert (before.width, before.height, before.has_audio) == (after.width, after.height, after.has_audio)
    assert abs(before.duration_s - after.duration_s) < 0.05
    shown, showed = decode_clip(bare).frames, decode_clip(data).frames
    assert shown.shape == showed.shape
    assert np.abs(shown.astype(int) - showed).mean() < 1.5
    assert b"Secret" not in clip_without_metadata(bare)


def test_a_clip_cut_short_still_goes() -> None:
    whole = _clip("webm", "libvpx")
    bare = clip_without_metadata(whole[: len(whole) * 2 // 3])
    assert b"Secret" not in bare
    assert decode_clip(bare).frames.size


def test_a_real_clip(shared: Path) -> None:
    data = (shared / "data" / "video" / "silence_girl.mp4").read_bytes()
    bare = clip_without_metadata(data)
    before, after = probe(data), probe(bare)
    assert (before.width, before.height, before.frames, before.has_audio) == (
        after.width,
        after.height,
        after.frames,
        after.has_audio,
    )
    pairs = zip(decode_clip(data).frames, decode_clip(bare).frames, strict=True)
    assert all(np.array_equal(one, other) for one, other in itertools.islice(pairs, 50))


@pytest.mark.parametrize("matrix", [((0, 1, -1, 0), (48, 0)), ((-1, 0, 0, -1), (64, 48)), ((0, -1, 1, 0), (0, 64))])
@pytest.mark.parametrize("format", ["mp4", "mov"])
def test_a_turned_clip_stays_turned(format: str, matrix: tuple[tuple[int, int, int, int], tuple[int, int]]) -> None:
    data = turned(_clip(format, "libx264"), *matrix)
    bare = clip_without_metadata(data)
    assert b"Secret" not in bare
    assert np.array_equal(decode_clip(bare).frames, decode_clip(data).frames)


@pytest.mark.parametrize("clip", ["anamorphic-clip/sar.mp4", "clip-with-title-or-cutaway/title.mp4"])
def test_odd_clips_show_what_they_showed(shared: Path, clip: str) -> None:
    data = (shared / "cases" / clip).read_bytes()
    bare = clip_without_metadata(data)
    before, after = sample_clip(data, fps=5, first_s=3.0), sample_clip(bare, fps=5, first_s=3.0)
    assert np.array_equal(before.frames, after.frames)


def test_tracks_of_text_go() -> None:
    """Telemetry and subtitles are tracks of their own."""
    stored = io.BytesIO()
    with av.open(stored, "w", format="matroska") as target:
        video: Any = target.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        with av.open(io.BytesIO(_SUBTITLES), format="srt") as source:
            said = source.streams.subtitles[0]
            text = target.add_stream_from_template(said)
            for packet in source.demux(said):
                if packet.size:
                    packet.stream = text
                    target.mux(packet)
        for _ in range(10):
            target.mux(video.encode(av.VideoFrame.from_ndarray(np.asarray(_picture()), format="rgb24")))
        target.mux(video.encode())
    data = stored.getvalue()
    assert b"Secret" in data
    assert b"Secret" not in clip_without_metadata(data)


_CLIPS = [_clip("mp4", "libx264", sound="aac"), _clip("webm", "libvpx"), _clip("matroska", "libx264"), _clip("avi", "mpeg4")]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_clips_come_out_playable_or_are_refused(data: st.DataObject) -> None:
    clip = bytearray(data.draw(st.sampled_from(_CLIPS)))
    for _ in range(data.draw(st.integers(0, 6))):
        clip[data.draw(st.integers(0, len(clip) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(clip[: data.draw(st.integers(1, len(clip)))])
    try:
        shown = sample_clip(cut, n=2).frames
    except (UnsupportedMedia, TooLarge):
        return
    assert sample_clip(clip_without_metadata(cut), n=2).frames.shape == shown.shape
