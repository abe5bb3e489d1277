"""What is in a video, by decoding it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Decoded:
    """``frames``: uint8 [n, h, w, 3] RGB. ``seconds`` by stream; ``codecs`` by stream."""

    frames: NDArray[np.uint8]
    video_s: float
    audio_s: float
    codecs: tuple[str, str]


def decode(data: bytes) -> Decoded:
    with av.open(io.BytesIO(data)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codecs = (video.codec_context.name, audio.codec_context.name)
        rate = float(video.average_rate or 25)
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video)]
    with av.open(io.BytesIO(data)) as container:
        audio = container.streams.audio[0]
        sounds = list(container.decode(audio))
    samples = sum(frame.samples for frame in sounds)
    return Decoded(np.stack(frames), len(frames) / rate, samples / sounds[0].sample_rate, codecs)
