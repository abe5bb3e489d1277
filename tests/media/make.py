"""Media made for the tests, by PyAV: encoded chunks, clips in many containers, tones."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from comps.cores.proto.avatar import Chunk, VideoProfile

#: What the encoder of the tests is told; as the animation engines do it: one slice thread, no B-frames, no scene cuts.
X264 = {"preset": "superfast", "crf": "23", "threads": "1", "bf": "0", "x264-params": "annexb=1:repeat-headers=0:scenecut=0"}


def tone(seconds: float, rate: int, hz: float = 440.0, level: float = 0.3) -> np.ndarray:
    """int16 [n]."""
    t = np.arange(round(seconds * rate)) / rate
    return (level * 32767 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def chirp(seconds: float, rate: int) -> np.ndarray:
    """int16 [n]: a sweep from 100 Hz to 3 kHz; its autocorrelation is one sharp peak."""
    t = np.arange(round(seconds * rate)) / rate
    return (0.4 * 32767 * np.sin(2 * np.pi * (100 * t + (3000 - 100) * t**2 / (2 * seconds)))).astype(np.int16)


def picture(frame: int, width: int, height: int) -> np.ndarray:
    """uint8 [h, w, 3] RGB: a gradient whose red tells the frame's number."""
    out = np.zeros((height, width, 3), np.uint8)
    out[..., 0] = (frame * 5) % 256
    out[..., 1] = np.linspace(0, 255, width, dtype=np.uint8)
    out[..., 2] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    return out


def chunk(start: int, frames: int, profile: VideoProfile) -> Chunk:
    """A chunk as animation gives it."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width = codec.height = profile.size
    codec.pix_fmt, codec.framerate, codec.time_base = "yuv420p", Fraction(profile.fps), Fraction(1, profile.fps)
    codec.options = {**X264, "preset": profile.preset, "crf": str(profile.crf), "g": "999"}
    codec.flags |= av.codec.context.Flags.global_header
    codec.open()
    packets = []
    for index in range(frames):
        frame = av.VideoFrame.from_ndarray(picture(start + index, profile.size, profile.size), format="rgb24")
        frame.pts, frame.time_base = index, codec.time_base
        packets += codec.encode(frame)
    packets += codec.encode(None)
    return Chunk(
        start_frame=start,
        frames=frames,
        access_units=[bytes(packet) for packet in packets],
        parameter_sets=bytes(codec.extradata),
        profile=profile,
        engine="test",
    )


def clip(
    container: str = "mp4",
    codec: str = "libx264",
    *,
    frames: int = 25,
    fps: int = 25,
    width: int = 96,
    height: int = 64,
    pts: list[int] | None = None,
    sound: np.ndarray | None = None,
    options: dict[str, str] | None = None,
    pixel: Fraction | None = None,
) -> bytes:
    """A clip; ``pts`` in milliseconds for a variable frame rate; ``sound`` int16 [n] at 16 kHz; ``pixel``: width over height."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container, options=options or {}) as out:
        stream = out.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if pixel is not None:
            stream.codec_context.sample_aspect_ratio = pixel
        if pts is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        track = None
        if sound is not None:
            track = out.add_stream("libopus" if container in ("webm", "matroska") else "aac", rate=16000, layout="mono")
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, width, height), format="rgb24")
            frame.pts = pts[index] if pts is not None else index
            frame.time_base = Fraction(1, 1000) if pts is not None else Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
            resampler = av.AudioResampler(format=track.format.name, layout="mono", rate=16000, frame_size=track.frame_size)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(track.encode(piece))
            out.mux(track.encode(None))
    return sink.getvalue()
