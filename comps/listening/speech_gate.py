"""Whether anybody speaks in a recording: engines that write words for whatever they hear are given no music and no noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import BadInput, NoSpeech
from comps.listening.speech_spans import probabilities, spans
from comps.listening.vad import MODEL, RATE, WINDOW
from comps.media.audio import decode_audio
from comps.models.state import missing

#: Quiet recordings are raised: this share of the samples is below this level. By so much at most, or a room's hiss becomes loud.
_LOUDEST, _LEVEL, _MOST_GAIN = 99.9, 6000.0, 50.0

#: Silence kept before speech and after it, windows of 32 ms: a second.
_KEPT = 31

Samples = NDArray[np.int16]


def is_there() -> bool:
    """Whether the voice activity detector has been prepared."""
    return missing(MODEL) is None


def spoken(samples: Samples) -> Samples:
    """int16 [n] at 16 kHz without what is longer than a second of the silence before speech and after it.

    Raises NoSpeech where nobody speaks, and Cancelled.
    """
    found = spans(probabilities(raised(samples)))
    if not found:
        raise NoSpeech("audio: nobody speaks in it", field="audio")
    return samples[max(0, found[0].start - _KEPT) * WINDOW : (found[-1].end + _KEPT) * WINDOW]


def raised(samples: Samples) -> Samples:
    """A quiet recording, louder: the voice activity detector misses half of what is whispered."""
    loudest = float(np.percentile(np.abs(samples.astype(np.int32)), _LOUDEST))
    gain = min(_LEVEL / max(loudest, 1.0), _MOST_GAIN)
    return samples if gain <= 1 else np.asarray(np.clip(np.round(samples * gain), -32768, 32767), np.int16)


class SpeechGate:
    """In a worker process. ``max_audio_s``: the longest recording that is listened to, seconds."""

    def __init__(self, max_audio_s: float) -> None:
        self._max_audio_s = max_audio_s

    def check(self, media: bytes) -> None:
        """Raises NoSpeech where nobody speaks in a recording, and Cancelled. What is not to be decoded here is let through."""
        try:
            samples = decode_audio(media, rate=RATE, max_s=self._max_audio_s).samples
        except BadInput:
            return
        spoken(samples)
