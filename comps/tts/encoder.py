"""Compressed sound, made in a worker process: a minute of MP3 costs half a second."""

from __future__ import annotations

import numpy as np

from comps.media.audio import encode_audio


class SpeechEncoder:
    def encode(self, pcm: bytes, rate: int, format: str) -> bytes:
        """``pcm``: mono, signed 16 bit, little endian → a file; ``format`` as ``comps.media.audio.encode_audio``."""
        return encode_audio(np.frombuffer(pcm, "<i2"), rate, format)
