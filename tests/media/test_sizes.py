"""Sizes in headers that are wrong: all sound that is there is heard; a file that was cut short is refused."""

from __future__ import annotations

import itertools
import struct

import av
import numpy as np
import pytest

from comps.cores.errors import UnsupportedMedia
from comps.media.audio import audio_frame, decode_audio, encode_audio, wav_bytes
from comps.media.sizes import mended
from tests.media.make import chirp
from tests.media.test_audio import written

SAID = chirp(3.0, 16_000)
WAV = wav_bytes(SAID, 16_000)
AIFF = written(SAID, "aiff", "pcm_s16be", 16_000)
AU = written(SAID, "au", "pcm_s16be", 16_000)
MP3 = encode_audio(SAID, 16_000, "mp3")
BYTES = 2 * len(SAID)
#: What a header may say of so many bytes.
LIES = {
    "right": lambda size: size,
    "0": lambda size: 0,
    "unknown": lambda size: 0xFFFFFFFF,
    "unknown, signed": lambda size: 0x7FFFFFFF,
    "unknown, less a header": lambda size: 0xFFFFFFFF - 44,
    "smaller": lambda size: size // 5,
    "larger": lambda size: 5 * size,
    "a little larger": lambda size: size + size // 20,
}


def _seconds(data: bytes) -> float:
    return decode_audio(data).duration_s


def _wave(whole: int, sound: int) -> bytes:
    return WAV[:4] + struct.pack("<I", whole) + WAV[8:40] + struct.pack("<I", sound) + WAV[44:]


@pytest.mark.parametrize(("whole", "sound"), itertools.product(LIES, LIES))
def test_a_wave_file(whole: str, sound: str) -> None:
    data = _wave(LIES[whole](len(WAV) - 8), LIES[sound](BYTES))
    if whole == sound == "larger":
        with pytest.raises(UnsupportedMedia, match="cut short"):
            decode_audio(data)
    else:
        assert np.array_equal(decode_audio(data).samples, SAID)


def test_what_follows_the_sound_is_none() -> None:
    text = b"LIST" + struct.pack("<I", 40_004) + b"INFO" + b"\0" * 40_000
    data = _wave(len(WAV) - 8 + len(text), BYTES) + text
    assert np.array_equal(decode_audio(data).samples, SAID)
    assert mended(data) == data
    assert mended(WAV) == WAV


def _rf64(whole: int, sound: int) -> bytes:
    large = b"ds64" + struct.pack("<IQQQI", 28, whole, sound, sound // 2, 0)
    return b"RF64\xff\xff\xff\xffWAVE" + large + WAV[12:36] + b"data\xff\xff\xff\xff" + WAV[44:]


@pytest.mark.parametrize("sound", [BYTES, 0, 2**64 - 1, BYTES // 5, 2**40])
def test_a_large_wave_file(sound: int) -> None:
    assert np.array_equal(decode_audio(_rf64(len(WAV) + 28, sound)).samples, SAID)
    assert np.array_equal(decode_audio(_rf64(sound, sound)).samples, SAID)


@pytest.mark.parametrize(
    ("whole", "frames", "sound"), itertools.product(LIES, ("right", "0", "unknown", "smaller", "larger"), LIES)
)
def test_an_aiff_file(whole: str, frames: str, sound: str) -> None:
    common, ssnd = AIFF.index(b"COMM"), AIFF.index(b"SSND")
    told = struct.pack(">I", LIES[frames](len(SAID)))
    size = struct.pack(">I", LIES[sound](len(AIFF) - ssnd - 8))
    form = struct.pack(">I", LIES[whole](len(AIFF) - 8))
    data = AIFF[:4] + form + AIFF[8 : common + 10] + told + AIFF[common + 14 : ssnd + 4] + size + AIFF[ssnd + 8 :]
    if whole == sound == "larger":
        with pytest.raises(UnsupportedMedia, match="cut short"):
            decode_audio(data)
    else:
        assert np.array_equal(decode_audio(data).samples, SAID)


@pytest.mark.parametrize("size", [BYTES, 0, 0xFFFFFFFF, BYTES // 5])
def test_an_au_file(size: int) -> None:
    assert _seconds(AU[:8] + struct.pack(">I", size) + AU[12:]) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(("frames", "size"), itertools.product(LIES, ("right", "0", "smaller")))
def test_an_mp3_whose_xing_header_is_wrong(frames: str, size: str) -> None:
    at = next(place for mark in (b"Xing", b"Info") if (place := MP3.find(mark)) >= 0)
    flags, count, length = struct.unpack_from(">III", MP3, at + 4)
    assert flags & 3 == 3
    data = MP3[: at + 8] + struct.pack(">II", LIES[frames](count) & 0xFFFFFFFF, LIES[size](length)) + MP3[at + 16 :]
    assert _seconds(data) == pytest.approx(3.0, abs=0.1)


class _Pipe:
    """Nobody can go back in it."""

    def __init__(self) -> None:
        self.made = bytearray()

    def write(self, data: bytes) -> int:
        self.made += data
        return len(data)


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("wav", "pcm_s16le", {}),
        ("wav", "pcm_s16le", {"rf64": "always"}),
        ("wav", "pcm_mulaw", {}),
        ("wav", "adpcm_ima_wav", {}),
        ("aiff", "pcm_s16be", {}),
        ("au", "pcm_s16be", {}),
        ("caf", "pcm_s16le", {}),
        ("flac", "flac", {}),
        ("mp3", "libmp3lame", {}),
        ("ogg", "libopus", {}),
        ("webm", "libopus", {}),
        ("matroska", "aac", {}),
        ("mpegts", "aac", {}),
    ],
)
def test_what_was_written_into_a_pipe(container: str, codec: str, options: dict[str, str]) -> None:
    """The length was not known when the header was written."""
    pipe = _Pipe()
    with av.open(pipe, "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=16_000, layout="mono")
        form = {"format": stream.format.name, "layout": "mono", "rate": stream.rate, "frame_size": stream.frame_size or 1024}
        resampler = av.AudioResampler(**form)
        for frame in [*resampler.resample(audio_frame(SAID, 16_000)), *resampler.resample(None)]:
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert _seconds(bytes(pipe.made)) == pytest.approx(3.0, abs=0.11)


def test_short_and_broken_heads_are_refused() -> None:
    for whole in (WAV, AIFF, _rf64(100, 100)):
        for cut in range(60):
            with pytest.raises(UnsupportedMedia):
                decode_audio(whole[:cut])
