"""The encoder and muxer of an answer, or of a live session: speech and chunks of video in, fragments of one MP4 out."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import av
import numpy as np

from comps.cores.proto.avatar import Chunk, VideoProfile
from comps.media import fmp4
from comps.media.audio import AAC_RATES, Samples
from comps.media.h264 import ParameterSets, Sample

#: The longest fragment, seconds: what a player waits for before it can show anything new.
MAX_FRAGMENT_S = Fraction(240, 1000)
#: Samples of an AAC frame; the encoder puts one frame before the first true sample.
_AAC_FRAME = 1024
_AAC_BIT_RATE = 64_000


@dataclass(frozen=True)
class Fragment:
    """A piece of the file, in order: ``init`` once, then ``media``. Times in seconds from the start of the answer."""

    data: bytes
    pts_s: float
    duration_s: float
    kind: Literal["init", "media"]


class _Picture(NamedTuple):
    """A coded picture, on screen for ``frames`` frames of the grid."""

    sample: Sample
    frames: int


class AnswerMuxer:
    """Fragmented MP4 of one answer: H.264 as it comes, AAC at the speech's own rate, from one encoder.

    Feed speech at least as early as the video that shows it: a fragment goes out as soon as its pictures and its sound are
    there. The first sample of the first clause sounds at exactly t = 0. The same input gives the same bytes.
    """

    def __init__(self, profile: VideoProfile, sample_rate: int, *, parameter_sets: bytes = b"") -> None:
        """``sample_rate`` of all speech; one that AAC knows (``AAC_RATES``), else ValueError.

        ``parameter_sets`` of the profile, where they are known before the first chunk, make ``content_type`` known too.
        """
        self._profile = profile
        self._sound = _AacEncoder(sample_rate)
        self._pictures: deque[_Picture] = deque()
        self._parameter_sets = ParameterSets.parse(parameter_sets) if parameter_sets else None
        self._frames_in = 0
        self._frames_out = 0
        self._sequence = 0

    @property
    def pcm_sha256(self) -> str:
        """Of all speech that went into the encoder."""
        return self._sound.sha256

    @property
    def duration_s(self) -> float:
        """Of the speech so far."""
        return self._sound.samples_in / self._sound.rate

    @property
    def content_type(self) -> str:
        """With codecs (RFC 6381). Raises ValueError before the first chunk, unless the parameter sets were given."""
        if self._parameter_sets is None:
            raise ValueError("the codec is known with the first chunk")
        return f'video/mp4; codecs="{self._parameter_sets.codec}, mp4a.40.2"'

    def add_speech(self, pcm: bytes) -> list[Fragment]:
        """The next stretch of speech: mono s16le. Returns the fragments that it completes."""
        self._sound.add(np.frombuffer(pcm, "<i2"))
        return list(self._complete())

    def end_speech(self) -> list[Fragment]:
        """No speech follows; the last sound need not wait for the last chunk. Harmless to repeat."""
        self._sound.end()
        return list(self._complete())

    def add_chunk(self, chunk: Chunk) -> list[Fragment]:
        """The next chunk of video. Raises ValueError for one out of order, of another profile or not full of pictures."""
        if chunk.start_frame != self._frames_in:
            raise ValueError(f"the next chunk starts at frame {self._frames_in}, not {chunk.start_frame}")
        parameter_sets = ParameterSets.parse(chunk.parameter_sets)
        if self._parameter_sets not in (None, parameter_sets):
            raise ValueError("the chunk's parameter sets differ from the first chunk's")
        if len(chunk.access_units) != -(-chunk.frames // chunk.step):
            raise ValueError(f"{len(chunk.access_units)} pictures do not fill {chunk.frames} frames, {chunk.step} each")
        samples = [Sample.from_annex_b(unit) for unit in chunk.access_units]
        if not samples or not samples[0].is_idr:
            raise ValueError("a chunk begins with an IDR picture")
        first = self._frames_in == 0
        self._parameter_sets = parameter_sets
        left = chunk.frames
        for sample in samples:
            frames = min(chunk.step, left)
            left -= frames
            self._pictures.append(_Picture(sample, frames))
            self._frames_in += frames
        return [*([self._init()] if first else []), *self._complete()]

    def finish(self) -> list[Fragment]:
        """All that is left."""
        self._sound.end()
        return list(self._complete(final=True))

    def _init(self) -> Fragment:
        assert self._parameter_sets is not None
        size, fps = self._profile.size, self._profile.fps
        video = fmp4.VideoTrack(size, size, fps * _TICKS, _TICKS, self._parameter_sets)
        return Fragment(fmp4.init_segment(video, self._sound.track), 0.0, 0.0, "init")

    def _complete(self, final: bool = False) -> Iterator[Fragment]:
        """Fragments whose pictures and sound are there. The last of an answer may be without pictures."""
        longest = max(1, int(MAX_FRAGMENT_S * self._profile.fps))
        while self._pictures:
            count, frames = self._fitting(longest)
            end = Fraction(self._frames_out + frames, self._profile.fps)
            is_last = final and count == len(self._pictures)
            if not self._sound.covers(end):
                return
            yield self._cut(count, self._sound.take(None if is_last else end))
        if final and self._frames_in and (rest := self._sound.take(None)).samples:
            yield self._cut(0, rest)

    def _fitting(self, longest: int) -> tuple[int, int]:
        """How many of the waiting pictures fit in ``longest`` frames, at least one, and how many frames they are."""
        count = frames = 0
        for picture in self._pictures:
            if count and frames + picture.frames > longest:
                break
            count, frames = count + 1, frames + picture.frames
        return count, frames

    def _cut(self, count: int, sound: fmp4.Run) -> Fragment:
        pictures = [self._pictures.popleft() for _ in range(count)]
        start, frames = self._frames_out, sum(picture.frames for picture in pictures)
        self._frames_out += frames
        self._sequence += 1
        samples = [fmp4.TrackSample(shown.sample.data, shown.frames * _TICKS, shown.sample.is_idr) for shown in pictures]
        video = fmp4.Run(start * _TICKS, samples)
        fps = self._profile.fps
        return Fragment(fmp4.fragment(self._sequence, video, sound), start / fps, frames / fps, "media")


#: Units of a frame's duration. More than one, since players round times to the track's timescale.
_TICKS = 512


class _AacEncoder:
    """PCM in, AAC frames out, cut at any time of the answer."""

    def __init__(self, rate: int) -> None:
        if rate not in AAC_RATES:
            raise ValueError(f"AAC has no sample rate of {rate} Hz")
        self.rate = rate
        self.samples_in = 0
        self._fed = 0  # samples given to the codec: all but the last few, held until they fill a frame
        self._codec: Any = av.CodecContext.create("aac", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = rate, "mono", "fltp"
        self._codec.bit_rate, self._codec.time_base = _AAC_BIT_RATE, Fraction(1, rate)
        # The default coder searches five times as long (2.6 ms of CPU a video frame) for what speech at this rate does not need.
        self._codec.options = {"aac_coder": "fast"}
        self._codec.open()
        self._held = np.empty(0, np.int16)
        self._frames: deque[fmp4.TrackSample] = deque()
        self._encoded = 0  # samples, priming included
        self._taken = 0
        self._ended = False
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def track(self) -> fmp4.AudioTrack:
        return fmp4.AudioTrack(self.rate, self._codec.extradata, _AAC_FRAME, _AAC_BIT_RATE)

    def add(self, samples: Samples) -> None:
        if self._ended:
            raise ValueError("the speech has ended")
        self._hash.update(samples.tobytes())
        self.samples_in += len(samples)
        samples = np.concatenate((self._held, samples))
        whole = len(samples) - len(samples) % _AAC_FRAME
        for at in range(0, whole, _AAC_FRAME):
            self._encode(samples[at : at + _AAC_FRAME])
        self._held = samples[whole:]

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        if len(self._held):
            self._encode(self._held)
        if self.samples_in:
            self._store(self._codec.encode(None))

    def covers(self, time: Fraction) -> bool:
        """Whether all sound before ``time`` is encoded."""
        return self._ended or self._encoded - _AAC_FRAME >= time * self.rate

    def take(self, until: Fraction | None) -> fmp4.Run:
        """The frames that begin before ``until`` (all that are there for None) and were not taken yet."""
        start = self._taken
        taken = []
        while self._frames and (until is None or self._taken - _AAC_FRAME < until * self.rate):
            taken.append(self._frames.popleft())
            self._taken += taken[-1].duration
        return fmp4.Run(start, taken)

    def _encode(self, samples: Samples) -> None:
        frame = av.AudioFrame.from_ndarray(samples[None, :].astype(np.float32) / 32768, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = self.rate, self._fed, Fraction(1, self.rate)
        self._fed += len(samples)
        self._store(self._codec.encode(frame))

    def _store(self, packets: Sequence[Any]) -> None:
        for packet in packets:
            # The last frame is filled up with silence; its duration says how much of it is sound.
            duration = min(packet.duration or _AAC_FRAME, self._fed + _AAC_FRAME - self._encoded)
            if duration > 0:
                self._frames.append(fmp4.TrackSample(bytes(packet), duration))
                self._encoded += duration
