"""H.264 for chunks: every chunk starts with an IDR picture and fits behind any other of its profile.

One thread, no look-ahead, no B-frames: the bytes are a function of the frames and the profile alone.

Every picture is an IDR picture, all at one quantiser. Predicted pictures would need a third of the bits, but they keep the coding
noise of the IDR picture before them; at the next chunk's it is drawn anew, a pulse twice a second: the difference at a join was
three to five times that between other frames. Here it is drawn anew in every frame, and no join shows. It also leaves the encoder
without memory of earlier pictures, so that one may go on from chunk to chunk; opening one costs as much as a picture or two.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
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


class Encoder:
    """Encodes chunks of one profile, in any order. Not for several threads at once."""

    def __init__(self, profile: VideoProfile) -> None:
        self._profile = profile
        self._context = _context(profile)
        self._pictures = 0

    def chunk(self, frames: Iterable[NDArray[np.uint8]], start_frame: int = 0) -> Encoded:
        """Encode I420 frames (uint8 [size * 3 // 2, size], BT.601 limited range)."""
        access_units = []
        for index, frame in enumerate(frames, start_frame):
            if (index - self._pictures) % 2:
                # Neighbouring IDR pictures must differ in idr_pic_id (H.264 7.4.3); x264 counts 0, 1, 0, 1 … from its first.
                self._picture(frame)
            access_units.append(self._picture(frame))
        return Encoded(access_units, _keep(self._context.extradata or b"", _PARAMETERS))

    def _picture(self, frame: NDArray[np.uint8]) -> bytes:
        video = av.VideoFrame.from_numpy_buffer(frame, format="yuv420p")
        video.pts = self._pictures
        video.time_base = Fraction(1, self._profile.fps)
        # Without look-ahead a picture's packet comes at once.
        (packet,) = self._context.encode(video)
        self._pictures += 1
        return _keep(bytes(packet), _SLICES)


def encode(frames: Iterable[NDArray[np.uint8]], profile: VideoProfile, start_frame: int = 0) -> Encoded:
    """Encode one chunk with an encoder of its own: the same bytes as from ``Encoder.chunk``."""
    return Encoder(profile).chunk(frames, start_frame)


@functools.lru_cache(maxsize=16)
def _parameter_sets(size: int, fps: int, crf: int, preset: str) -> bytes:
    encoder = _context(VideoProfile(size=size, fps=fps, crf=crf, preset=preset))
    encoder.open()
    return _keep(encoder.extradata or b"", _PARAMETERS)


def parameter_sets(profile: VideoProfile) -> bytes:
    """SPS and PPS (Annex B) of every chunk of a profile, without encoding one."""
    return _parameter_sets(profile.size, profile.fps, profile.crf, profile.preset)


def _context(profile: VideoProfile) -> VideoCodecContext:
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
        # A constant quantiser, the same for IDR pictures as for others (ipratio): CRF would come to the same, for more work.
        "qp": str(profile.crf),
        # CAVLC: a tenth more bits than CABAC, a fifth less CPU.
        "x264-params": "ipratio=1:scenecut=0:cabac=0:annexb=1:sliced-threads=0",
    }
    return encoder


def _keep(stream: bytes, types: set[int]) -> bytes:
    """The NAL units of ``stream`` (Annex B) whose type is among ``types``."""
    units = _START_CODE.split(stream)[1:]
    return b"".join(_ANNEX_B + unit for unit in units if unit[0] & 0x1F in types)
