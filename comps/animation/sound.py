"""The worker process that decodes the sound of whole clips: uploads are decoded nowhere else. Synchronous."""

from __future__ import annotations

from comps.media.audio import decode_audio

#: Samples a second of a whole clip's sound: all that speech has, and a rate that AAC knows.
RATE = 24_000


class SoundDecoder:
    def decode(self, data: bytes, max_s: float) -> bytes:
        """A recording → mono s16le at RATE. Raises UnsupportedMedia, TooLarge."""
        return decode_audio(data, rate=RATE, max_s=max_s).samples.astype("<i2").tobytes()
