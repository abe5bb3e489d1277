"""Sound: any container in, mono samples out; bombs, references and broken files refused."""

from __future__ import annotations

import io
import socket
import struct
import time
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.cores.workers.cancel import Cancelled, flag
from comps.media.audio import CONTENT_TYPES, audio_frame, decode_audio, encode_audio, resample, wav_bytes
from tests.media.make import chirp, clip, tone


@pytest.mark.parametrize("format", [name for name in CONTENT_TYPES if name != "pcm"])
@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_there_and_back(format: str, rate: int) -> None:
    said = chirp(1.0, rate)
    heard = decode_audio(encode_audio(said, rate, format), rate=rate)
    assert heard.rate == rate
    assert heard.samples.dtype == np.int16
    assert heard.duration_s == pytest.approx(1.0, abs=0.1)
    correlation = correlate(heard.samples.astype(float), said.astype(float))
    assert abs(int(np.argmax(correlation)) - (len(said) - 1)) <= (0 if format in ("wav", "flac") else 0.03 * rate + 1200)
    assert correlation.max() > 0.8 * float((said.astype(float) ** 2).sum())


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_lossless_formats_lose_nothing(format: str) -> None:
    said = chirp(0.7, 22_050)
    assert np.array_equal(decode_audio(encode_audio(said, 22_050, format), rate=22_050).samples, said)


def test_pcm_is_the_samples() -> None:
    said = chirp(0.1, 16_000)
    assert encode_audio(said, 16_000, "pcm") == said.astype("<i2").tobytes()


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "opus", "aac", "pcm"])
def test_encoding_is_deterministic_and_takes_silence_and_nothing(format: str) -> None:
    said = chirp(0.3, 22_050)
    assert encode_audio(said, 22_050, format) == encode_audio(said, 22_050, format)
    encode_audio(np.zeros(1, np.int16), 22_050, format)
    encode_audio(np.zeros(0, np.int16), 22_050, format)


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="midi"):
        encode_audio(tone(0.1, 16_000), 16_000, "midi")


def test_real_recordings(shared: Path) -> None:
    mono = decode_audio((shared / "data/audio/who_are_you.wav").read_bytes())
    assert (mono.rate, round(mono.duration_s, 2)) == (16_000, 2.18)
    stereo = decode_audio((shared / "data/audio/when_was_minecraft_released.wav").read_bytes())
    assert (stereo.rate, round(stereo.duration_s, 2)) == (16_000, 5.3)


def written(samples: np.ndarray, container: str, codec: str, rate: int, *, layout: str = "mono", format: str = "s16") -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate, frame_size=stream.frame_size or 1024)
        for frame in [*resampler.resample(audio_frame(samples, rate)), *resampler.resample(None)]:
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("webm", "libopus", 48_000),
        ("matroska", "flac", 44_100),
        ("mp4", "aac", 44_100),
        ("mov", "pcm_s24be", 48_000),
        ("ogg", "flac", 44_100),
        ("aiff", "pcm_s16be", 22_050),
        ("au", "pcm_mulaw", 8_000),
        ("wav", "pcm_u8", 11_025),
        ("wav", "pcm_f32le", 96_000),
        ("wav", "adpcm_ima_wav", 22_050),
        ("caf", "alac", 44_100),
        ("mpegts", "mp2", 48_000),
        ("flv", "libmp3lame", 44_100),
    ],
)
def test_containers_and_codecs(container: str, codec: str, rate: int) -> None:
    heard = decode_audio(written(tone(1.0, rate), container, codec, rate))
    assert heard.duration_s == pytest.approx(1.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(heard.samples[4000:12_000]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)


def test_stereo_is_mixed() -> None:
    left, right = tone(0.5, 16_000, level=0.4), np.zeros(8000, np.int16)
    data = np.stack((left, right), axis=1).astype("<i2").tobytes()
    head = wav_bytes(left, 16_000)[:44]
    head = head[:22] + struct.pack("<HIIH", 2, 16_000, 64_000, 4) + head[34:40] + struct.pack("<I", len(data))
    heard = decode_audio(head[:4] + struct.pack("<I", 36 + len(data)) + head[8:] + data)
    assert len(heard.samples) == 8000
    assert np.abs(heard.samples).max() == pytest.approx(np.abs(left).max() / 2, rel=0.05)


def test_a_clip_with_sound() -> None:
    said = tone(1.0, 16_000)
    for container, codec in (("mp4", "libx264"), ("webm", "libvpx")):
        assert decode_audio(clip(container, codec, sound=said)).duration_s == pytest.approx(1.0, abs=0.1)


def test_a_clip_without_sound() -> None:
    with pytest.raises(UnsupportedMedia, match="no sound track"):
        decode_audio(clip())


def live_wav(samples: np.ndarray, claimed: int) -> bytes:
    """A WAV whose header was written before its length was known."""
    data = wav_bytes(samples, 16_000)
    return data[:4] + struct.pack("<I", claimed) + data[8:40] + struct.pack("<I", claimed) + data[44:]


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_recording_whose_length_was_not_known(claimed: int) -> None:
    assert decode_audio(live_wav(tone(1.0, 16_000), claimed)).duration_s == pytest.approx(1.0, abs=0.01)


def live_webm(seconds: float) -> bytes:
    """As a browser's MediaRecorder gives it: no duration, no index."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="webm", options={"live": "1"}) as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        second = tone(1.0, 48_000)
        for at in range(0, int(seconds * 48_000), 960):
            frame = audio_frame(second[at % 48_000 : at % 48_000 + 960], 48_000, at)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


def test_a_browsers_recording() -> None:
    assert decode_audio(live_webm(2.0)).duration_s == pytest.approx(2.0, abs=0.05)


def test_an_hour_that_claims_no_length_is_refused_within_seconds() -> None:
    data = live_wav(np.zeros(3600 * 16_000, np.int16), 0xFFFFFFFF)
    before = time.process_time()
    with pytest.raises(TooLarge) as caught:
        decode_audio(data, max_s=120)
    assert caught.value.status == 413
    assert time.process_time() - before < 5


def test_a_bomb_of_compressed_silence_is_refused() -> None:
    minute = np.zeros(60 * 8_000, np.int16)
    bomb = written(np.tile(minute, 20), "flac", "flac", 8_000)
    assert len(bomb) < 300_000
    with pytest.raises(TooLarge):
        decode_audio(bomb, max_s=120)


def test_exactly_as_long_as_allowed() -> None:
    assert decode_audio(wav_bytes(tone(2.0, 16_000), 16_000), max_s=2.0).duration_s == 2.0
    with pytest.raises(TooLarge):
        decode_audio(wav_bytes(tone(2.01, 16_000), 16_000), max_s=2.0)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "aac"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.4])
def test_cut_short(format: str, share: float) -> None:
    rng = np.random.default_rng(1)
    data = encode_audio(rng.integers(-9000, 9000, 48_000).astype(np.int16), 16_000, format)
    with pytest.raises(UnsupportedMedia) as caught:
        decode_audio(data[: int(share * len(data))])
    assert caught.value.status == 415


def test_an_ogg_cut_short_in_a_page() -> None:
    """Between pages nothing tells a cut from an end; then what is there is taken."""
    data = encode_audio(np.random.default_rng(1).integers(-9000, 9000, 48_000).astype(np.int16), 16_000, "opus")
    last = data.rindex(b"OggS")
    with pytest.raises(UnsupportedMedia):
        decode_audio(data[: last - 100])
    assert 0 < decode_audio(data[:last]).duration_s < 3.0


def test_an_mp4_cut_short() -> None:
    data = written(tone(3.0, 44_100), "mp4", "aac", 44_100)
    for share in (0.2, 0.6, 0.95):
        with pytest.raises(UnsupportedMedia):
            decode_audio(data[: int(share * len(data))])


PLAYLISTS = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '{}'\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash": b"<?xml version='1.0'?><MPD type='static'><Period><AdaptationSet><Representation id='1'><BaseURL>{}</BaseURL>"
    b"</Representation></AdaptationSet></Period></MPD>",
    "asx": b"<asx version='3.0'><entry><ref href='{}'/></entry></asx>",
    "imf": b"<?xml version='1.0'?><CompositionPlaylist xmlns='http://www.smpte-ra.org/schemas/2067-3/2016'><Id>{}</Id>"
    b"</CompositionPlaylist>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("target", ["file", "http"])
def test_playlists_open_nothing(kind: str, target: str, tmp_path: Path) -> None:
    """The file is real and would decode; the server is real and would see a connection."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav_bytes(tone(1.0, 16_000), 16_000))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"file://{secret}" if target == "file" else f"http://127.0.0.1:{server.getsockname()[1]}/a.wav"
        with pytest.raises(UnsupportedMedia):
            decode_audio(PLAYLISTS[kind].replace(b"{}", url.encode()))
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_mov_that_points_to_another_file_opens_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav_bytes(tone(1.0, 16_000), 16_000))
    data = written(tone(0.5, 16_000), "mov", "pcm_s16le", 16_000)
    # The data reference says "in this file" (flag 1); an alias to another file instead.
    at = data.index(b"dref")
    pointing = data[: at + 12] + data[at + 12 : at + 20].replace(b"url ", b"alis") + b"\0\0\0\0" + data[at + 24 :]
    try:
        heard = decode_audio(pointing)
    except UnsupportedMedia:
        return
    assert heard.duration_s <= 0.5


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"garbage " * 500, b"%PDF-1.7\n", b"RIFF", b"ID3"], ids=str)
def test_no_sound(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        decode_audio(data[:5000])


def test_a_picture_is_no_sound(shared: Path) -> None:
    with pytest.raises(UnsupportedMedia):
        decode_audio((shared / "data/avatars/avatar1.jpg").read_bytes())


def test_a_wav_without_samples() -> None:
    with pytest.raises(UnsupportedMedia, match="no sound"):
        decode_audio(wav_bytes(np.zeros(0, np.int16), 16_000))


def test_work_stops_when_its_caller_is_gone() -> None:
    data = wav_bytes(tone(1.0, 16_000), 16_000)
    flag.set()
    try:
        with pytest.raises(Cancelled):
            decode_audio(data)
    finally:
        flag.clear()


@given(st.integers(1, 40_000), st.sampled_from([8_000, 16_000, 22_050, 44_100]), st.sampled_from([16_000, 22_050, 48_000]))
@settings(deadline=None, max_examples=50)
def test_resampling_keeps_the_length_exactly(samples: int, rate: int, to_rate: int) -> None:
    made = resample(np.full(samples, 1000, np.int16), rate, to_rate)
    assert abs(len(made) * rate - samples * to_rate) * 2 <= rate


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["wav", "flac", "mp3", "opus", "aac"]), st.data())
def test_damaged_recordings_are_decoded_or_refused_as_bad_input(format: str, data: st.DataObject) -> None:
    damaged = bytearray(encode_audio(chirp(0.2, 16_000), 16_000, format))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        heard = decode_audio(bytes(damaged), max_s=5.0)
    except (TooLarge, UnsupportedMedia):
        return
    assert len(heard.samples) > 0
