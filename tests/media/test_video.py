"""Clips, sane and broken: what comes out is exact in number, true in time, upright, and within the limits."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.cores.workers.cancel import Cancelled, flag
from comps.media.audio import encode_audio, wav_bytes
from comps.media.image import encode_jpeg
from comps.media.metadata import clip_without_metadata
from comps.media.video import decode_clip, probe, sample_clip, sniff
from tests.media.make import clip, picture, tone

CONTAINERS = [
    ("mp4", "libx264", {}),
    ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
    ("mov", "libx264", {}),
    ("matroska", "libx264", {}),
    ("webm", "libvpx", {}),
    ("webm", "libvpx-vp9", {"live": "1"}),
    ("mpegts", "libx264", {}),
    ("avi", "mpeg4", {}),
    ("mpeg", "mpeg2video", {}),
    ("flv", "flv", {}),
]


def ids(value: object) -> str | None:
    return str(value) if isinstance(value, str) else None


def number(frame: np.ndarray) -> float:
    """Which frame of ``make.clip`` this is, by its red."""
    return float(np.median(frame[..., 0])) / 5


@pytest.mark.parametrize(("container", "codec", "options"), CONTAINERS, ids=ids)
def test_sampling_any_container(container: str, codec: str, options: dict[str, str]) -> None:
    data = clip(container, codec, frames=25, options=options)
    taken = sample_clip(data, n=5)
    assert taken.frames.shape == (5, 64, 96, 3)
    assert taken.frames.dtype == np.uint8
    # Midpoints of fifths of a second, and the frames that were on screen there or next to it.
    assert taken.times_s == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.041)
    # Old codecs are coarse in colour: 13 of 255 levels.
    assert [number(frame) for frame in taken.frames] == pytest.approx(list(taken.times_s * 25), abs=2.6)
    assert taken.duration_s == pytest.approx(1.0, abs=0.05)
    assert not taken.has_audio
    seen = probe(data)
    assert (seen.width, seen.height, seen.frames) == (96, 64, 25)
    assert seen.fps == pytest.approx(25, rel=0.05)
    assert sniff(data) == "video"


@pytest.mark.parametrize(("container", "codec", "options"), CONTAINERS, ids=ids)
@pytest.mark.parametrize("frames", [1, 3])
def test_clips_of_few_frames(container: str, codec: str, options: dict[str, str], frames: int) -> None:
    # Not too small: libav does not recognise an MPEG-TS of less than ten packets.
    data = clip(container, codec, frames=frames, options=options, width=320, height=240)
    taken = sample_clip(data, n=8)
    assert taken.frames.shape[0] == len(taken.times_s) == 8
    assert taken.duration_s > 0
    assert len(decode_clip(data).frames) == frames
    assert probe(data).fps > 0


def test_frames_by_rate() -> None:
    taken = sample_clip(clip(frames=50), fps=5)
    assert len(taken.frames) == 10
    assert np.diff(taken.times_s) == pytest.approx([0.2] * 9, abs=0.041)


def test_variable_frame_rate_is_sampled_in_time_not_in_frames() -> None:
    """Twenty frames in the first 0.2 s, then one each second."""
    pts = [*range(0, 200, 10), *range(1000, 10_000, 1000)]
    taken = sample_clip(clip("matroska", frames=len(pts), pts=pts), n=5)
    assert taken.times_s == pytest.approx([0.9, 2.7, 4.5, 6.3, 8.1], abs=0.51)
    assert [number(frame) for frame in taken.frames] == pytest.approx(list(19 + taken.times_s), abs=0.6)


def test_times_count_from_the_first_frame() -> None:
    pts = [5000 + 40 * k for k in range(25)]
    taken = sample_clip(clip("matroska", frames=25, pts=pts), n=1)
    assert taken.times_s == pytest.approx([0.5], abs=0.03)
    assert probe(clip("matroska", frames=25, pts=pts)).start_s == pytest.approx(5.0, abs=0.01)


def turned(data: bytes, matrix: tuple[int, int, int, int], shift: tuple[int, int]) -> bytes:
    """Write a display matrix (a b c d, tx ty) into the picture track's tkhd."""
    at = data.index(b"tkhd") + 4 + 4 + 36
    a, b, c, d = (value << 16 for value in matrix)
    return data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, shift[0] << 16, shift[1] << 16, 1 << 30) + data[at + 36 :]


@pytest.mark.parametrize("name", ["90", "180", "270"])
def test_rotation(name: str, tmp_path: Path) -> None:
    straight = clip(frames=3)
    matrix = {"90": ((0, 1, -1, 0), (64, 0)), "180": ((-1, 0, 0, -1), (96, 64)), "270": ((0, -1, 1, 0), (0, 96))}[name]
    data = turned(straight, *matrix)
    turns = {"90": -1, "180": 2, "270": 1}[name]
    frames = decode_clip(data).frames
    assert np.array_equal(frames[0], np.rot90(decode_clip(straight).frames[0], turns))
    assert (probe(data).height, probe(data).width) == frames.shape[1:3]
    if shutil.which("ffmpeg") is None:
        return
    # ffmpeg turns frames by itself: it must agree.
    file = tmp_path / "turned.mp4"
    file.write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-i", file, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]
    shown = cv2.imdecode(np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8), 1)[..., ::-1]
    assert np.abs(shown.astype(int) - frames[0]).mean() < 3


def assert_shown_as(data: bytes, width: int, height: int) -> None:
    """The clip, and what is stored of it, measures so."""
    for one in (data, clip_without_metadata(data)):
        seen = probe(one)
        assert (seen.width, seen.height) == (width, height)
        assert decode_clip(one).frames.shape[1:3] == sample_clip(one, n=2).frames.shape[1:3] == (height, width)


@pytest.mark.parametrize("pixel", [Fraction(1, 2), Fraction(2), Fraction(12, 11), Fraction(64, 45)], ids=str)
@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "mpegts"])
def test_pixels_that_are_not_square(container: str, pixel: Fraction) -> None:
    data = clip(container, frames=12, pixel=pixel)
    assert_shown_as(data, round(96 * pixel), 64)
    # What is left of the picture stays left.
    frame = decode_clip(data).frames[0]
    assert np.all(np.diff(frame[32, :, 1].astype(int)[:: frame.shape[1] // 16]) > 0)


@pytest.mark.parametrize("container", ["mpeg", "mpegts"])
def test_mpeg_2_says_the_shape_of_the_whole_frame(container: str) -> None:
    """It knows 4:3, 16:9 and 2.21:1 (ISO/IEC 13818-2 §6.3.3)."""
    assert_shown_as(clip(container, "mpeg2video", frames=3, width=352, height=288, pixel=Fraction(12, 11)), 384, 288)
    assert_shown_as(clip(container, "mpeg2video", frames=3, width=352, height=288, pixel=Fraction(16, 11)), 512, 288)


def test_the_container_goes_before_the_codec() -> None:
    data = bytearray(clip(frames=3, pixel=Fraction(2)))
    at = data.index(b"pasp") + 4
    assert struct.unpack(">II", data[at : at + 8]) == (2, 1)
    data[at : at + 8] = struct.pack(">II", 4, 3)
    assert_shown_as(bytes(data), 128, 64)


def test_matroska_says_the_size_on_screen() -> None:
    """DisplayWidth (RFC 9559 §5.1.4.1.28.12) in the place of DisplayUnit, over what the codec says."""
    data = clip("matroska", "mpeg4", frames=3, pixel=Fraction(2))
    assert data.count(b"\x54\xb2\x81\x04") == 1
    assert_shown_as(data.replace(b"\x54\xb2\x81\x04", b"\x54\xb0\x81\x90"), 144, 64)


@pytest.mark.parametrize(("wide", "high"), [(1000, 1), (1, 1000), (0, 1), (1, 0), (2**31, 1), (1, 2**32 - 1), (5, 1)])
def test_absurd_pixels_are_taken_for_square(wide: int, high: int) -> None:
    data = bytearray(clip(codec="mpeg4", frames=3, pixel=Fraction(2)))
    at = data.index(b"pasp") + 4
    data[at : at + 8] = struct.pack(">II", wide, high)
    seen = probe(bytes(data))
    # Where the container's word is none at all, the codec's is left.
    assert (seen.width, seen.height) in {(96, 64), (192, 64)}
    assert decode_clip(bytes(data)).frames.shape[1:3] == (64, seen.width)


@pytest.mark.parametrize("name", ["90", "180", "270"])
def test_rotation_of_pixels_that_are_not_square(name: str) -> None:
    matrix = {"90": ((0, 1, -1, 0), (64, 0)), "180": ((-1, 0, 0, -1), (192, 64)), "270": ((0, -1, 1, 0), (0, 192))}[name]
    straight = clip(frames=3, pixel=Fraction(2))
    data = turned(straight, *matrix)
    assert_shown_as(data, *((64, 192) if name != "180" else (192, 64)))
    turns = {"90": -1, "180": 2, "270": 1}[name]
    assert np.array_equal(decode_clip(data).frames[0], np.rot90(decode_clip(straight).frames[0], turns))


def test_an_anamorphic_clip(shared: Path) -> None:
    assert_shown_as((shared / "cases/anamorphic-clip/sar.mp4").read_bytes(), 480, 480)


def test_large_frames_are_scaled_down_keeping_their_shape() -> None:
    taken = sample_clip(clip(frames=2, width=640, height=360), n=1, max_side=100)
    assert taken.frames.shape == (1, 56, 100, 3)
    assert decode_clip(clip(frames=2, width=320, height=640), max_side=64).frames.shape == (2, 64, 32, 3)


def test_too_many_pixels() -> None:
    with pytest.raises(TooLarge):
        sample_clip(clip(frames=2, width=640, height=360), n=1, max_pixels=640 * 360 - 1)
    with pytest.raises(TooLarge):
        decode_clip(clip(frames=2, width=640, height=360), max_pixels=640 * 360 - 1)


def test_too_long() -> None:
    with pytest.raises(TooLarge):
        sample_clip(clip(frames=52), n=1, max_s=2.0)
    with pytest.raises(TooLarge):
        decode_clip(clip(frames=10), max_frames=9)
    assert len(decode_clip(clip(frames=9), max_frames=9).frames) == 9


def test_a_bomb_of_ten_hours_is_refused_in_a_second() -> None:
    """One still frame a minute: tiny, and far too long."""
    bomb = clip("matroska", frames=600, pts=[60_000 * k for k in range(600)], width=64, height=64)
    before = time.process_time()
    with pytest.raises(TooLarge):
        sample_clip(bomb, n=8)
    assert time.process_time() - before < 1


def test_a_bomb_of_pixels_is_refused_without_decoding() -> None:
    bomb = clip("matroska", "mpeg4", frames=1, width=4096, height=4096)
    assert len(bomb) < 1_000_000
    for call in (lambda data: sample_clip(data, n=1), decode_clip):
        before = time.process_time()
        with pytest.raises(TooLarge):
            call(bomb)
        assert time.process_time() - before < 0.1


def test_a_clip_that_grows_on_the_way() -> None:
    """Raw H.264 may change its size at any key frame."""
    grown = clip("h264", frames=3) + clip("h264", frames=3, width=640, height=480)
    with pytest.raises(UnsupportedMedia, match="changes its size"):
        decode_clip(grown)
    assert decode_clip(grown, max_pixels=100_000).frames.shape[1:] == (64, 96, 3)


def test_cut_short_gives_what_came_before() -> None:
    data = clip("matroska", frames=100)
    taken = sample_clip(data[: len(data) // 2], n=4)
    assert len(taken.frames) == 4
    assert 0.2 < taken.duration_s < 3.9
    assert np.all(np.diff(taken.times_s) > 0)
    fragmented = clip(frames=100, options={"movflags": "frag_keyframe+empty_moov"})
    assert len(sample_clip(fragmented[: -len(fragmented) // 10], n=4).frames) == 4


def test_a_real_clip(shared: Path) -> None:
    data = (shared / "data/video/silence_girl.mp4").read_bytes()
    seen = probe(data)
    assert (seen.width, seen.height, seen.frames, seen.has_audio) == (596, 336, 293, False)
    taken = sample_clip(data, n=8)
    assert taken.frames.shape == (8, 336, 596, 3)
    assert taken.times_s == pytest.approx((np.arange(8) + 0.5) * 11.72 / 8, abs=0.021)
    half = sample_clip(data[: len(data) // 2], n=4)
    assert len(half.frames) == 4


def song_with_cover() -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp3") as out:
        track = out.add_stream("libmp3lame", rate=16_000, layout="mono")
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(picture(0, 32, 32), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        out.mux(cover.encode(frame))
        out.mux(cover.encode(None))
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=16_000, frame_size=track.frame_size)
        sound = av.AudioFrame.from_ndarray(tone(1.0, 16_000)[None, :], format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 16_000, 0, Fraction(1, 16_000)
        for piece in [*resampler.resample(sound), *resampler.resample(None)]:
            out.mux(track.encode(piece))
        out.mux(track.encode(None))
    return sink.getvalue()


NO_CLIPS = {
    "empty": b"",
    "zeros": b"\0" * 5000,
    "noise": np.random.default_rng(1).bytes(5000),
    "text": b"hello " * 1000,
    "wav": wav_bytes(tone(1.0, 16_000), 16_000),
    "mp3": encode_audio(tone(1.0, 16_000), 16_000, "mp3"),
    "headers only": clip(frames=25)[:200],
    "no frames": clip("matroska", frames=0),
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
}


@pytest.mark.parametrize("kind", NO_CLIPS)
def test_no_clip(kind: str) -> None:
    for call in (probe, lambda data: sample_clip(data, n=3), decode_clip):
        with pytest.raises(UnsupportedMedia) as caught:
            call(NO_CLIPS[kind])
        assert caught.value.status == 415


def test_a_song_with_a_cover_is_no_clip() -> None:
    data = song_with_cover()
    assert sniff(data) == "audio"
    with pytest.raises(UnsupportedMedia, match="no picture track"):
        sample_clip(data, n=1)


def test_sound_is_seen() -> None:
    data = clip("mp4", sound=tone(1.0, 16_000))
    assert sample_clip(data, n=1).has_audio
    assert probe(data).has_audio
    assert sniff(data) == "video"


def test_sniff() -> None:
    assert sniff(encode_jpeg(picture(0, 16, 16))) == "image"
    assert sniff(cv2.imencode(".gif", picture(0, 16, 16))[1].tobytes()) == "image"
    assert sniff(NO_CLIPS["wav"]) == sniff(NO_CLIPS["mp3"]) == "audio"
    assert sniff(encode_audio(tone(0.3, 16_000), 16_000, "opus")) == "audio"
    for kind in ("empty", "zeros", "noise", "text", "hls", "concat"):
        assert sniff(NO_CLIPS[kind]) is None


def test_give_a_number_or_a_rate() -> None:
    with pytest.raises(ValueError, match="n or fps"):
        sample_clip(clip(frames=1))
    with pytest.raises(ValueError, match="n or fps"):
        sample_clip(clip(frames=1), n=1, fps=1)


def test_work_stops_when_its_caller_is_gone() -> None:
    data = clip(frames=5)
    flag.set()
    try:
        with pytest.raises(Cancelled):
            decode_clip(data)
    finally:
        flag.clear()


SOUND_CLIPS = [clip(container, codec, frames=6, options=options) for container, codec, options in CONTAINERS[:6]]


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(SOUND_CLIPS), st.data())
def test_damaged_clips_are_decoded_or_refused_as_bad_input(sound_clip: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sound_clip[: data.draw(st.integers(1, len(sound_clip)))])
    for _ in range(data.draw(st.integers(0, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        taken = sample_clip(bytes(damaged), n=3, max_s=60, max_pixels=1_000_000)
    except (TooLarge, UnsupportedMedia):
        return
    assert len(taken.frames) == 3
