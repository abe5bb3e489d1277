"""Sound: from untrusted bytes to samples, with limits, and back."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import av
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.cores.workers.cancel import flag
from comps.media import sizes
from comps.media.channels import Polarity, mixed
from comps.media.container import open_media

#: Sample rates of AAC (ISO/IEC 14496-3, table 1.18) that its encoder takes.
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)

#: format → (container, codec, sample rates the codec takes; none: any).
_FORMATS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "wav": ("wav", "pcm_s16le", ()),
    "flac": ("flac", "flac", ()),
    "mp3": ("mp3", "libmp3lame", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)),
    "opus": ("ogg", "libopus", (8000, 12000, 16000, 24000, 48000)),
    "aac": ("adts", "aac", AAC_RATES),
}

#: What ``encode_audio`` makes, with the media type of each.
CONTENT_TYPES = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg; codecs=opus",
    "aac": "audio/aac",
    "pcm": "audio/pcm",
}

#: A recording that ends this much before its header says is cut short: seconds, and share of the whole.
_MISSING_S, _MISSING_SHARE = 0.5, sizes.MISSING_SHARE

#: Mono samples, int16 [n].
Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Pcm:
    """Mono sound: int16 [n] at ``rate`` samples a second."""

    samples: Samples
    rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate


def decode_audio(data: bytes, *, rate: int = 16_000, max_s: float = 120.0) -> Pcm:
    """The first sound track of any common container, mixed to mono → int16 [n] at ``rate``. Channels that are each other's
    opposites are not added up to silence.

    Raises TooLarge as soon as more than ``max_s`` seconds have come out, whatever the header claims; UnsupportedMedia for
    what is not media, has no sound, or is cut short.
    """
    if not data:
        raise UnsupportedMedia("the recording is empty")
    data = sizes.mended(data)
    if _ogg_cut_short(data):
        raise UnsupportedMedia("the recording is cut short")
    polarity = Polarity()
    samples, claimed = _decoded(data, rate, max_s, polarity.heard)
    if not len(samples):
        raise UnsupportedMedia("the recording holds no sound")
    if claimed - len(samples) / rate > max(_MISSING_S, _MISSING_SHARE * claimed):
        raise UnsupportedMedia("the recording is cut short")
    if (signs := polarity.signs()) is not None:
        samples, _ = _decoded(data, rate, max_s, lambda frame: mixed(frame, signs))
    return Pcm(samples, rate)


def _decoded(data: bytes, rate: int, max_s: float, seen: Callable[[Any], Any]) -> tuple[Samples, float]:
    """The sound, and what the header says of its length, seconds (0: nothing to be believed). ``seen``: what is taken for a
    frame. Raises as ``decode_audio``.
    """
    pieces: list[Samples] = [np.empty(0, np.int16)]
    total, limit = 0, int(max_s * rate)
    with open_media(data) as container:
        stream = _sound_track(container)
        for piece in _mono(map(seen, container.decode(stream)), rate):
            flag.check()
            pieces.append(piece)
            total += len(piece)
            if total > limit:
                raise TooLarge(f"the recording is longer than {max_s:g} s")
        claimed = 0.0 if sizes.is_whole_mp3(data) else _claimed_s(stream)
    return np.concatenate(pieces), claimed


def wav_bytes(samples: Samples, rate: int) -> bytes:
    """int16 [n] → a WAV file, mono."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return sink.getvalue()


def encode_audio(samples: Samples, rate: int, format: str) -> bytes:
    """int16 [n] at ``rate`` → a file; ``format`` is a key of ``CONTENT_TYPES``.

    ``pcm`` is s16le without a header. A rate that the codec does not take is raised to the next that it does.
    Raises ValueError for an unknown format.
    """
    if format == "pcm":
        return samples.astype("<i2").tobytes()
    if format == "wav":
        return wav_bytes(samples, rate)
    sink = io.BytesIO()
    encoder = _Encoder(sink, rate, format, {})
    encoder.write(samples)
    encoder.close()
    return sink.getvalue()


class StreamEncoder:
    """Encodes sound that is still being made: what ``feed`` and ``finish`` return, joined, is the file.

    ``format``: mp3, opus, aac or flac; a WAV file begins with its length. Raises ValueError for another.
    """

    #: Nothing that needs the end first (Xing's header), nothing that is held back: pages of 0.1 s.
    _LIVE: ClassVar = {"mp3": {"write_xing": "0"}, "opus": {"page_duration": "100000"}}

    def __init__(self, rate: int, format: str) -> None:
        if format == "wav":
            raise ValueError("a WAV file begins with its length")
        self._rate = rate
        self._made = _Made()
        self._encoder = _Encoder(self._made, rate, format, {"flush_packets": "1", **self._LIVE.get(format, {})})

    def feed(self, samples: Samples, rate: int) -> bytes:
        """int16 [n] at ``rate``, the next."""
        self._encoder.write(resample(samples, rate, self._rate))
        return self._made.take()

    def finish(self) -> bytes:
        """The rest."""
        self._encoder.close()
        return self._made.take()


class _Made:
    """A file that cannot be sought in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        made = bytes(self._bytes)
        self._bytes.clear()
        return made


class _Encoder:
    """int16 at ``rate``, written into ``sink``. ``close`` ends the file."""

    def __init__(self, sink: Any, rate: int, format: str, options: dict[str, str]) -> None:
        if format not in _FORMATS:
            raise ValueError(f"unknown audio format {format!r}")
        container_name, codec, rates = _FORMATS[format]
        coded_rate = min((r for r in rates if r >= rate), default=rates[-1]) if rates else rate
        # bitexact: no random stream numbers, no encoder version; the same sound gives the same bytes.
        self._container = av.open(sink, "w", format=container_name, options={"fflags": "+bitexact", **options})
        self._stream = self._container.add_stream(codec, rate=coded_rate, layout="mono")
        self._rate = rate
        self._written = 0
        self._resampler = av.AudioResampler(
            format=self._stream.format.name, layout="mono", rate=coded_rate, frame_size=self._stream.frame_size or 4096
        )

    def write(self, samples: Samples) -> None:
        if len(samples):
            self._encode(self._resampler.resample(audio_frame(samples, self._rate, self._written)))
            self._written += len(samples)

    def close(self) -> None:
        self._encode(self._resampler.resample(None))
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _encode(self, frames: list[Any]) -> None:
        for frame in frames:
            self._container.mux(self._stream.encode(frame))


def resample(samples: Samples, rate: int, to_rate: int) -> Samples:
    """int16 [n] at ``rate`` → int16 [round(n × to_rate / rate)] at ``to_rate``, aligned at the first sample."""
    if rate == to_rate or not len(samples):
        return samples
    wanted = (2 * len(samples) * to_rate + rate) // (2 * rate)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_rate)
    pieces = [frame.to_ndarray()[0] for part in (audio_frame(samples, rate), None) for frame in resampler.resample(part)]
    made = np.concatenate([*pieces, np.zeros(max(0, wanted - sum(map(len, pieces))), np.int16)])
    return made[:wanted]


def audio_frame(samples: Samples, rate: int, pts: int = 0) -> Any:
    """int16 [n] → an ``av.AudioFrame`` (s16, mono) that begins at sample ``pts``."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, pts, Fraction(1, rate)
    return frame


def _sound_track(container: Any) -> Any:
    if not container.streams.audio:
        raise UnsupportedMedia("the media has no sound track")
    stream = container.streams.audio[0]
    if not stream.codec_context or not stream.rate:
        raise UnsupportedMedia("the sound track cannot be decoded")
    return stream


def _claimed_s(stream: Any) -> float:
    """What the header says of the length, seconds; 0 when it says nothing."""
    return float(stream.duration * stream.time_base) if stream.duration else 0.0


def _ogg_cut_short(data: bytes) -> bool:
    """Whether an Ogg file's last page is not whole (RFC 3533 §6); libav leaves such a page out."""
    if data[:4] != b"OggS":
        return False
    page = data[data.rindex(b"OggS") :]
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) < 28 or len(page) < 27 + page[26] + sum(lengths)


def _mono(frames: Iterator[Any], rate: int) -> Iterator[Samples]:
    """Mix and resample; a track may change its rate or channels on the way, each stretch has a resampler of its own."""
    resampler: Any = None
    shape: tuple[Any, ...] = ()
    for frame in frames:
        frame.pts = None
        if (now := (frame.sample_rate, frame.layout.name, frame.format.name)) != shape:
            if resampler is not None:
                yield from _samples(resampler.resample(None))
            resampler, shape = av.AudioResampler(format="s16", layout="mono", rate=rate), now
        yield from _samples(resampler.resample(frame))
    if resampler is not None:
        yield from _samples(resampler.resample(None))


def _samples(frames: list[Any]) -> Iterator[Samples]:
    for frame in frames:
        if frame.samples:
            yield frame.to_ndarray()[0]
