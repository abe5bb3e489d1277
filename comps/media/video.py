"""Clips: from untrusted bytes to frames with their times, with limits on seconds, frames and pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.cores.workers.cancel import flag
from comps.media.container import MAX_FRAME_PIXELS, open_media
from comps.media.image_header import is_image

#: Frames on screen: uint8 [n, h, w, 3], red, green, blue.
Frames = NDArray[np.uint8]

#: Pixels that are wider or narrower than this are no film's: such a header lies, and is not believed.
_WIDEST = 4.0
#: Length of a frame where a clip does not say: 1/25 s.
_FRAME_S = 0.04


@dataclass(frozen=True)
class Probe:
    """What a clip is, by its headers and packet times. Width and height as shown: with square pixels, and upright."""

    width: int
    height: int
    frames: int
    start_s: float
    duration_s: float
    has_audio: bool

    @property
    def fps(self) -> float:
        """Mean frame rate."""
        return self.frames / self.duration_s


@dataclass(frozen=True)
class Clip:
    """``frames`` uint8 [n, h, w, 3] RGB, upright, square pixels; ``times_s`` float64 [n], seconds from the clip's first frame."""

    frames: Frames
    times_s: NDArray[np.float64]
    duration_s: float
    has_audio: bool


def sniff(data: bytes) -> Literal["image", "video", "audio"] | None:
    """What ``data`` is; None when it is no media that can be opened. An animated GIF is an image."""
    if is_image(data):
        return "image"
    try:
        with open_media(data) as container:
            if _video_tracks(container):
                return "video"
            return "audio" if container.streams.audio else None
    except UnsupportedMedia:
        return None


def probe(data: bytes, *, max_s: float = 600.0) -> Probe:
    """Read headers and packet times, decoding one frame. Raises UnsupportedMedia, and TooLarge beyond ``max_s`` seconds."""
    times = _packet_times(data, max_s)
    with open_media(data) as container:
        stream = _video_track(container)
        first = next(_decoded(container, stream), None)
        if first is None:
            raise UnsupportedMedia("the clip holds no frame that can be decoded")
        width, height = _square(first.width, first.height, _pixel_width(stream))
        if _quarter_turns(first) % 2:
            width, height = height, width
        return Probe(width, height, len(times), float(times[0]), _duration_s(times), bool(container.streams.audio))


def sample_clip(
    data: bytes,
    *,
    n: int | None = None,
    fps: float | None = None,
    max_s: float = 60.0,
    from_s: float = 0.0,
    first_s: float = math.inf,
    max_side: int = 1024,
    max_pixels: int = 16_000_000,
) -> Clip:
    """Exactly ``n`` frames, or ``fps`` a second, at the midpoints of equal stretches of time, of the first ``first_s`` seconds
    after ``from_s``.

    A clip with fewer frames than asked for repeats them; one cut short gives what can be decoded. Frames are scaled down to
    ``max_side`` pixels. Raises TooLarge beyond ``max_s`` seconds or ``max_pixels`` a frame, UnsupportedMedia for what is no clip.
    """
    if (n is None) == (fps is None):
        raise ValueError("give n or fps")
    times = _packet_times(data, max_s)
    duration = min(_duration_s(times) - from_s, first_s)
    if duration <= 0:
        raise ValueError("the clip ends before from_s")
    count = n if n is not None else max(1, round(duration * (fps or 0.0)))
    wanted = times[0] + from_s + (np.arange(count) + 0.5) * duration / count
    with open_media(data) as container:
        stream = _video_track(container, max_pixels)
        stamped = _stamped(_decoded(container, stream), times)
        shown = list(_shown(_nearest(stamped, wanted), _pixel_width(stream), max_side))
        has_audio = bool(container.streams.audio)
    return _clip(shown, start=float(times[0]), duration_s=duration, has_audio=has_audio)


def decode_clip(
    data: bytes, *, max_s: float = 30.0, max_frames: int = 900, max_side: int = 640, max_pixels: int = 16_000_000
) -> Clip:
    """Every frame in order, scaled down to ``max_side``; all are held in memory at once.

    Raises TooLarge beyond ``max_s``, ``max_frames`` or ``max_pixels`` a frame, UnsupportedMedia for what is no clip.
    """
    times = _packet_times(data, max_s)
    if len(times) > max_frames:
        raise TooLarge(f"the clip has more than {max_frames} frames")
    with open_media(data) as container:
        stream = _video_track(container, max_pixels)
        stamped = _stamped(_decoded(container, stream), times)
        shown = list(_shown(itertools.islice(stamped, max_frames + 1), _pixel_width(stream), max_side))
        has_audio = bool(container.streams.audio)
    if len(shown) > max_frames:
        raise TooLarge(f"the clip has more than {max_frames} frames")
    return _clip(shown, start=float(times[0]), duration_s=_duration_s(times), has_audio=has_audio)


def _video_tracks(container: Any) -> list[Any]:
    """Moving pictures only: a cover picture of a song is a video stream to libav."""
    cover = av.stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & cover]


def _video_track(container: Any, max_pixels: int = MAX_FRAME_PIXELS) -> Any:
    tracks = _video_tracks(container)
    if not tracks:
        raise UnsupportedMedia("the media has no picture track")
    codec = tracks[0].codec_context
    if codec is None:
        raise UnsupportedMedia("the picture track cannot be decoded")
    if codec.width * codec.height > max_pixels:
        raise TooLarge(f"the clip's frames have more than {max_pixels / 1e6:g} million pixels")
    # A track may grow on the way: then libav itself refuses. Workers have one thread each.
    codec.options = {"max_pixels": str(max_pixels)}
    codec.thread_count = 1
    return tracks[0]


def _packet_times(data: bytes, max_s: float) -> NDArray[np.float64]:
    """Presentation times of all frames in order, seconds, by demuxing alone: headers often lie, or say nothing (webm, ts)."""
    times: list[float] = []
    with open_media(data) as container:
        stream = _video_track(container)
        rate = float(stream.average_rate or 25)
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                times.append(float(packet.pts * packet.time_base) if packet.pts is not None else len(times) / rate)
                if len(times) % 256 == 0:
                    flag.check()
                if times[-1] - times[0] > max_s:
                    raise TooLarge(f"the clip is longer than {max_s:g} s")
        except av.error.FFmpegError:
            pass  # cut short: what came before still counts
    if not times:
        raise UnsupportedMedia("the clip holds no frames")
    return np.sort(np.asarray(times))


def _duration_s(times: NDArray[np.float64]) -> float:
    """From the first frame to the end of the last, which is as long as the median frame."""
    last = float(np.median(np.diff(times))) if len(times) > 1 else _FRAME_S
    return float(times[-1] - times[0]) + (last if last > 0 else _FRAME_S)


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frames until the end or the first error: a clip cut short still shows what came before."""
    frames = container.decode(stream)
    while True:
        flag.check()
        try:
            frame = next(frames)
        except (StopIteration, av.error.FFmpegError):
            return
        yield frame


def _stamped(frames: Iterator[Any], times: NDArray[np.float64]) -> Iterator[tuple[float, Any]]:
    """Each frame with its time; frames without one take the packets' in order."""
    for index, frame in enumerate(frames):
        yield (frame.time if frame.time is not None else float(times[min(index, len(times) - 1)])), frame


def _nearest(stamped: Iterator[tuple[float, Any]], wanted: NDArray[np.float64]) -> Iterator[tuple[float, Any]]:
    """For each wanted time the frame nearest to it, in one pass."""
    last: tuple[float, Any] | None = None
    index = 0
    for current in stamped:
        while index < len(wanted) and current[0] >= wanted[index]:
            before = last is not None and wanted[index] - last[0] <= current[0] - wanted[index]
            yield last if before and last is not None else current
            index += 1
        last = current
        if index == len(wanted):
            return
    if last is not None:
        yield from itertools.repeat(last, len(wanted) - index)


def _shown(stamped: Iterator[tuple[float, Any]], pixel_width: float, max_side: int) -> Iterator[tuple[float, Frames]]:
    """Decoded frames → pixels, one at a time: large frames are not kept. A frame repeated is converted once."""
    last, pixels = None, np.empty(0, np.uint8)
    for time, frame in stamped:
        if frame is not last:
            last, pixels = frame, _pixels(frame, pixel_width, max_side)
        yield time, pixels


def _clip(shown: list[tuple[float, Frames]], *, start: float, duration_s: float, has_audio: bool) -> Clip:
    if not shown:
        raise UnsupportedMedia("the clip holds no frame that can be decoded")
    if len({pixels.shape for _, pixels in shown}) > 1:
        raise UnsupportedMedia("the clip changes its size on the way")
    times = np.asarray([time for time, _ in shown]) - start
    return Clip(np.stack([pixels for _, pixels in shown]), times, duration_s, has_audio)


def _pixels(frame: Any, pixel_width: float, max_side: int) -> Frames:
    """uint8 [h, w, 3] RGB, upright, of square pixels, no side longer than ``max_side``."""
    width, height = _square(frame.width, frame.height, pixel_width)
    scale = min(1.0, max_side / max(width, height))
    width, height = (max(2, round(side * scale)) for side in (width, height))
    picture = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(picture, _quarter_turns(frame)))


def _pixel_width(stream: Any) -> float:
    """Width of a pixel over its height, the sample aspect ratio: the container's word, else the codec's."""
    ratio = stream.sample_aspect_ratio
    wide = float(ratio) if ratio else 1.0
    return wide if 1 / _WIDEST <= wide <= _WIDEST else 1.0


def _square(width: int, height: int, pixel_width: float) -> tuple[int, int]:
    """What a coded frame measures with square pixels: its height stays, as players show it."""
    return max(1, round(width * pixel_width)), height


def _quarter_turns(frame: Any) -> int:
    """Turns of 90° counter-clockwise that make the frame upright, by its display matrix."""
    return round(getattr(frame, "rotation", 0) / 90) % 4
