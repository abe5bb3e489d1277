"""The worker process that listens for all live sessions of a gateway. Synchronous."""

from __future__ import annotations

import numpy as np

from comps.cores.errors import NodeUnavailable, NotFound
from comps.listening.decode import Decoder, Format, decoder
from comps.listening.ear import Ear
from comps.listening.heard import Heard
from comps.listening.vad import MODEL
from comps.media.audio import resample
from comps.models.state import missing

_RATE = 16_000


class EarWorker:
    def __init__(self) -> None:
        self._ears: dict[str, tuple[Decoder, Ear]] = {}

    def open(self, ear: str, format: Format, rate: int) -> None:
        """Another microphone: see ``decode``. Raises NodeUnavailable where the model of voice activity is missing."""
        if reason := missing(MODEL):
            raise NodeUnavailable(f"nothing can be listened to: {reason}", node="gateway")
        self.close(ear)
        self._ears[ear] = decoder(format, rate), Ear()

    def hear(self, ear: str, data: bytes, played: bytes, played_rate: int) -> list[Heard]:
        """The next of a microphone's bytes; ``played``: what could be heard of the avatar meanwhile, mono s16le.

        Raises NotFound for an ear that is not open: the process may be a new one. UnsupportedMedia for what cannot be decoded.
        """
        if ear not in self._ears:
            raise NotFound("there is no such microphone", field="microphone")
        decode, listener = self._ears[ear]
        return listener.hear(decode.decode(data), resample(np.frombuffer(played, "<i2"), played_rate, _RATE))

    def close(self, ear: str) -> None:
        """Harmless to repeat."""
        decode, _ = self._ears.pop(ear, (None, None))
        if decode is not None:
            decode.close()
