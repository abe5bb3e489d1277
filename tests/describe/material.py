"""Pictures and clips with a face in them, made from the astronaut photo (NASA, public domain) that scikit-image carries."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import cv2
import numpy as np
import skimage.data

Rgb = np.ndarray


def astronaut() -> Rgb:
    """uint8 RGB [512, 512, 3]; the face is about 110 pixels tall at (220, 110)."""
    return np.asarray(skimage.data.astronaut())


def png(picture: Rgb) -> bytes:
    done, encoded = cv2.imencode(".png", picture[..., ::-1])
    assert done
    return encoded.tobytes()


def scene(
    width: int = 480, height: int = 360, *, zoom: float = 0.85, dx: float = 0.0, blur: float = 0.0, tint: float = 0.0
) -> Rgb:
    """The photo with its face in the upper middle, moved by ``dx`` pixels; ``tint`` turns its colours (other clothes)."""
    matrix = np.array([[zoom, 0, width / 2 - zoom * 225 + dx], [0, zoom, height * 0.3 - zoom * 115]])
    picture = cv2.warpAffine(astronaut(), matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if tint:
        clothes = picture[round(height * 0.3 + zoom * 60) :]
        hsv = cv2.cvtColor(clothes, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + round(tint * 180)) % 180
        clothes[:] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.asarray(picture)


def beside(left: Rgb, right: Rgb) -> Rgb:
    return np.concatenate([left, right], axis=1)


def swaying(frames: int, *, reach: float = 6.0, **options: float) -> list[Rgb]:
    return [scene(dx=reach * float(np.sin(n / 5)), **options) for n in range(frames)]


def clip(
    frames: Sequence[Rgb],
    *,
    fps: int = 10,
    container: str = "mp4",
    codec: str = "libx264",
    times_ms: Sequence[int] | None = None,
    sound: np.ndarray | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A clip of ``frames``; ``times_ms`` for a variable frame rate; ``sound`` int16 [n] at 16 kHz."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container, options=options or {}) as out:
        stream = out.add_stream(codec, rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "18", "preset": "ultrafast"}
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        track = out.add_stream("aac", rate=16000, layout="mono") if sound is not None else None
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = times_ms[number] if times_ms is not None else number
            frame.time_base = Fraction(1, 1000) if times_ms is not None else Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track is not None and sound is not None:
            whole = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
            whole.sample_rate, whole.pts, whole.time_base = 16000, 0, Fraction(1, 16000)
            resampler = av.AudioResampler(format=track.format.name, layout="mono", rate=16000, frame_size=track.frame_size)
            for piece in [*resampler.resample(whole), *resampler.resample(None)]:
                out.mux(track.encode(piece))
            out.mux(track.encode(None))
    return sink.getvalue()


def turned(media: bytes) -> bytes:
    """An MP4 whose display matrix turns it by 90°: the video track's matrix (ISO/IEC 14496-12 §8.3.2) rewritten in place."""
    data = bytearray(media)
    at = data.index(b"tkhd") + 4 + 40
    quarter = (0, 1 << 16, 0, -(1 << 16) % (1 << 32), 0, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big") for value in quarter)
    return bytes(data)
