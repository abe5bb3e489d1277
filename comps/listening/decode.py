"""A microphone's bytes as they arrive → samples: raw PCM, or Opus in WebM or Ogg."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Literal, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import UnsupportedMedia
from comps.media.audio import audio_frame

Format = Literal["pcm16", "webm", "ogg"]
Samples = NDArray[np.int16]

RATE = 16_000
#: What a demuxer may read before it must have found its stream, bytes.
_PROBE = 4096
#: Bytes that may wait for the decoder: seconds of any microphone's sound.
_MOST_WAITING = 4 << 20
#: Sound that may come of one part: silence is coded in almost nothing. Seconds.
_MOST_DECODED_S = 30
#: Decoding a part takes a small share of this; a demuxer that looks for something else does not hold up other microphones.
_DECODING_S = 2.0


class Decoder(Protocol):
    """Bytes, cut anywhere, in; samples int16 [n] at 16 kHz out, as soon as they can be had."""

    def decode(self, data: bytes) -> Samples:
        """Raises UnsupportedMedia for what is no such sound."""

    def close(self) -> None: ...


def decoder(format: Format, rate: int) -> Decoder:
    """``rate``: of raw PCM, samples a second."""
    return PcmDecoder(rate) if format == "pcm16" else StreamDecoder(format)


class _Resampler:
    """To mono at 16 kHz."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)

    def __call__(self, frame: Any) -> Samples:
        frame.pts = None
        made = [part.to_ndarray()[0] for part in self._resampler.resample(frame)]
        return np.concatenate([np.empty(0, np.int16), *made])


class PcmDecoder:
    """Mono s16le."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._left = b""
        self._resample = _Resampler()

    def decode(self, data: bytes) -> Samples:
        data = self._left + data
        whole = len(data) // 2 * 2
        self._left = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2")
        if self._rate == RATE or not len(samples):
            return samples
        return self._resample(audio_frame(samples, self._rate))

    def close(self) -> None:
        """Nothing is open."""


class StreamDecoder:
    """A live stream in a container. libavformat pulls its bytes, so it runs in a thread that waits for them."""

    def __init__(self, format: Format) -> None:
        self._format = {"webm": "matroska", "ogg": "ogg"}[format]
        self._bytes = bytearray()
        self._samples: deque[Samples] = deque()
        self._decoded = 0
        self._closed = False
        self._hungry = False
        self._ended = False
        self._failed = False
        self._state = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def decode(self, data: bytes) -> Samples:
        with self._state:
            self._bytes += data
            if len(self._bytes) > _MOST_WAITING:
                self._failed = True
            self._state.notify_all()
            # All that can be decoded of it is, when the thread wants more.
            is_done = self._state.wait_for(lambda: self._ended or self._failed or (self._hungry and not self._bytes), _DECODING_S)
            self._failed = self._failed or not is_done
            if self._ended or self._failed:
                raise UnsupportedMedia("the microphone's sound cannot be decoded", field="microphone")
            made = [*self._samples]
            self._samples.clear()
            self._decoded = 0
        return np.concatenate([np.empty(0, np.int16), *made])

    def close(self) -> None:
        with self._state:
            self._closed = True
            self._bytes.clear()
            self._state.notify_all()
        self._thread.join(_DECODING_S)

    def read(self, size: int) -> bytes:
        """For libavformat: what is there, at least a byte; nothing at the end."""
        with self._state:
            while not self._bytes and not self._closed:
                self._hungry = True
                self._state.notify_all()
                self._state.wait()
            self._hungry = False
            part = bytes(self._bytes[:size])
            del self._bytes[:size]
            return part

    def _run(self) -> None:
        options = {"probesize": str(_PROBE), "analyzeduration": "0", "fflags": "nobuffer"}
        try:
            with av.open(self, format=self._format, options=options, buffer_size=_PROBE) as container:
                resample = _Resampler()
                for frame in container.decode(container.streams.audio[0]):
                    samples = resample(frame)
                    with self._state:
                        self._samples.append(samples)
                        self._decoded += len(samples)
                        if self._decoded > _MOST_DECODED_S * RATE:
                            self._failed = True
                            return
        except (av.FFmpegError, IndexError, ValueError):
            pass
        finally:
            with self._state:
                self._ended = True
                self._state.notify_all()
