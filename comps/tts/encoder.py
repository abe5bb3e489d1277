"""Compressed sound, made in a worker process while the speech is: a minute of MP3 costs half a second."""

from __future__ import annotations

import numpy as np

from comps.cores.errors import NodeUnavailable
from comps.media.audio import StreamEncoder, resample


class SpeechEncoder:
    """Several files at once, each under a ``key`` of its caller's. Sound is mono, signed 16 bit, little endian."""

    def __init__(self) -> None:
        self._open: dict[str, StreamEncoder] = {}

    def begin(self, key: str, format: str, rate: int) -> None:
        """A file of sound at ``rate`` samples a second; ``format`` as for ``StreamEncoder``."""
        self._open[key] = StreamEncoder(rate, format)

    def feed(self, key: str, pcm: bytes, rate: int) -> bytes:
        """What the file grows by. Raises NodeUnavailable where the file was begun in a worker that has ended."""
        return self._file(key).feed(np.frombuffer(pcm, "<i2"), rate)

    def finish(self, key: str) -> bytes:
        """The file's end. Raises as ``feed``."""
        rest = self._file(key).finish()
        self.drop(key)
        return rest

    def drop(self, key: str) -> None:
        """Nobody wants the rest."""
        self._open.pop(key, None)

    def resample(self, pcm: bytes, rate: int, to_rate: int) -> bytes:
        return resample(np.frombuffer(pcm, "<i2"), rate, to_rate).tobytes()

    def _file(self, key: str) -> StreamEncoder:
        try:
            return self._open[key]
        except KeyError:
            raise NodeUnavailable("a worker process ended in the middle of its work", node="tts") from None
