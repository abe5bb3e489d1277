"""Channels become one, and what they say is still there."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from comps.media.audio import decode_audio
from tests.media.make import chirp

SAID = chirp(1.0, 16_000)
NOTHING = np.zeros_like(SAID)
HUM = (6000 * np.sin(2 * np.pi * 50 * np.arange(len(SAID)) / 16_000)).astype(np.int16)
NOISE = np.random.default_rng(1).normal(0, 600, len(SAID)).astype(np.int16)


def recorded(
    channels: list[np.ndarray], layout: str, container: str = "wav", codec: str = "pcm_s16le", rate: int = 16_000
) -> bytes:
    """int16 [n] at 16 kHz of each channel → a file."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.stack(channels)), format="s16p", layout=layout)
        frame.sample_rate, frame.pts = 16_000, 0
        form = {"format": stream.format.name, "layout": layout, "rate": rate, "frame_size": stream.frame_size or 1024}
        resampler = av.AudioResampler(**form)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return sink.getvalue()


def _likeness(data: bytes) -> tuple[float, float]:
    """Of what is heard to what was said: the correlation's size, and the level."""
    heard = decode_audio(data).samples.astype(float)
    said = SAID.astype(float)
    peak = np.abs(np.fft.ifft(np.fft.fft(heard, 40_000) * np.conj(np.fft.fft(said, 40_000)))).max()
    return peak / np.linalg.norm(heard) / np.linalg.norm(said), np.linalg.norm(heard) / np.linalg.norm(said)


@pytest.mark.parametrize(
    ("channels", "layout"),
    [
        ([SAID, SAID], "stereo"),
        ([SAID, -SAID], "stereo"),
        ([-SAID, SAID], "stereo"),
        ([SAID, -(SAID // 2)], "stereo"),
        ([SAID + NOISE, -SAID + NOISE], "stereo"),
        ([SAID, NOTHING], "stereo"),
        ([NOTHING, SAID], "stereo"),
        ([SAID, -SAID, SAID, -SAID], "quad"),
        ([NOTHING, NOTHING, SAID, NOTHING, NOTHING, NOTHING], "5.1"),
        ([SAID, -SAID, NOTHING, NOTHING, NOTHING, NOTHING], "5.1"),
        ([SAID, -SAID, NOTHING, HUM, NOTHING, NOTHING], "5.1"),
        ([SAID, -SAID, SAID, NOTHING, SAID, -SAID], "5.1"),
        ([NOTHING, NOTHING, SAID, HUM, NOTHING, NOTHING], "5.1"),
    ],
)
def test_what_was_said_is_heard(channels: list[np.ndarray], layout: str) -> None:
    likeness, level = _likeness(recorded(channels, layout))
    assert likeness > 0.95
    assert level > 0.25


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("mp3", "libmp3lame", 44_100), ("ogg", "libopus", 48_000), ("mp4", "aac", 44_100), ("flac", "flac", 16_000)],
)
def test_opposites_that_were_coded(container: str, codec: str, rate: int) -> None:
    likeness, level = _likeness(recorded([SAID, -SAID], "stereo", container, codec, rate))
    assert likeness > 0.9
    assert level > 0.7


def test_channels_that_differ_are_their_mean() -> None:
    other = NOISE * 5
    heard = decode_audio(recorded([SAID // 2, other], "stereo")).samples
    assert np.abs(heard.astype(int) - (SAID // 2 + other.astype(int)) // 2).max() <= 2


def test_silence_stays_silence() -> None:
    assert not decode_audio(recorded([NOTHING, NOTHING], "stereo")).samples.any()
