"""H.264 for chunks: every chunk starts with an IDR picture and fits behind any other of its profile.

One encoder a chunk, one thread, no look-ahead, no B-frames: the bytes are a function of the frames and the profile alone.

Every picture is an IDR picture, all at one quantiser. Predicted pictures would need a third of the bits, but they keep the coding
noise of the IDR picture before them; at the next chunk's it is drawn anew, a pulse twice a second: the difference at a join was
three to five times that between other frames. Here it is drawn anew in every frame, and no join shows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from comps.cores.proto.avatar import VideoProfile

#: ITU-R BT.601 in the 525-line form, limited range: what OpenCV's BGR → I420 conversion produces (H.264 table E-3 … E-5).
_LIMITED, _SMPTE170M = 1, 6
#: NAL unit types kept (H.264 table 7-1): a slice, an IDR slice, SPS, PPS. SEI (6) would only name the encoder.
_SLICES, _PARAMETERS = {1, 5}, {7, 8}
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_ANNEX_B = b"\x00\x00\x00\x01"


@dataclass(frozen=True)
class Encoded:
    """``access_units``: Annex B, one a frame, IDR first, slices only; ``parameter_sets``: SPS and PPS, Annex B."""

    access_units: list[bytes]
    parameter_sets: bytes


def encode(frames: Iterable[NDArray[np.uint8]], profile: VideoProfile, start_frame: int = 0) -> Encoded:
    """Encode I420 frames (uint8 [size * 3 // 2, size], BT.601 limited range) with a fresh encoder."""
    encoder = _encoder(profile)
    access_units: list[bytes] = []
    for index, frame in enumerate(frames):
        if index == 0 and start_frame % 2:
            # Neighbouring IDR pictures must differ in idr_pic_id (H.264 7.4.3); x264 counts 0, 1, 0, 1 … from a chunk's start.
            next(_packets(encoder, _video_frame(frame, -1, profile)))
        access_units += _packets(encoder, _video_frame(frame, index, profile))
    access_units += _packets(encoder, None)
    return Encoded(access_units, _keep(encoder.extradata or b"", _PARAMETERS))


@functools.lru_cache(maxsize=16)
def _parameter_sets(size: int, fps: int, crf: int, preset: str) -> bytes:
    encoder = _encoder(VideoProfile(size=size, fps=fps, crf=crf, preset=preset))
    encoder.open()
    return _keep(encoder.extradata or b"", _PARAMETERS)


def parameter_sets(profile: VideoProfile) -> bytes:
    """SPS and PPS (Annex B) of every chunk of a profile, without encoding one."""
    return _parameter_sets(profile.size, profile.fps, profile.crf, profile.preset)


def _encoder(profile: VideoProfile) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width = encoder.height = profile.size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, profile.fps)
    encoder.framerate = Fraction(profile.fps)
    encoder.thread_count = 1
    encoder.max_b_frames = 0
    encoder.gop_size = 1
    encoder.flags |= Flags.global_header
    encoder.color_range = _LIMITED
    encoder.colorspace = encoder.color_primaries = encoder.color_trc = _SMPTE170M
    encoder.options = {
        "preset": profile.preset,
        "tune": "zerolatency",
        "crf": str(profile.crf),
        # qcomp=1: the quantiser does not follow the pictures, so the first of a chunk is coded as the last of the one before.
        "x264-params": "qcomp=1:annexb=1:sliced-threads=0",
    }
    return encoder


def _video_frame(frame: NDArray[np.uint8], index: int, profile: VideoProfile) -> av.VideoFrame:
    video = av.VideoFrame.from_ndarray(frame, format="yuv420p")
    video.pts = index
    video.time_base = Fraction(1, profile.fps)
    return video


def _packets(encoder: VideoCodecContext, frame: av.VideoFrame | None) -> Iterator[bytes]:
    for packet in encoder.encode(frame):
        yield _keep(bytes(packet), _SLICES)


def _keep(stream: bytes, types: set[int]) -> bytes:
    """The NAL units of ``stream`` (Annex B) whose type is among ``types``."""
    units = _START_CODE.split(stream)[1:]
    return b"".join(_ANNEX_B + unit for unit in units if unit[0] & 0x1F in types)
