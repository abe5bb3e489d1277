"""How espeak-ng is to speak."""

from __future__ import annotations

from dataclasses import dataclass

#: espeak's parameter at speed 1. It counts words and pauses in its own way: 148 make 165 words a minute of English, which people
#: speak at 140 to 180 (benchmarks/voices.py).
NORMAL_WPM = 148
#: espeak stretches phonemes down to 80 words a minute, no further; above 450 it shortens the sound itself (libsonic).
SLOWEST_WPM = 80


@dataclass(frozen=True)
class Manner:
    """``rate`` in espeak's words a minute; ``pitch`` and its ``range`` from 0 to 99, with 50 for the voice's own."""

    rate: int = NORMAL_WPM
    pitch: int = 50
    range: int = 50

    @classmethod
    def at_speed(cls, speed: float, pitch: int = 50) -> Manner:
        """``speed`` is a factor, 1 for normal; below 0.54 it sounds as 0.54."""
        return cls(rate=max(SLOWEST_WPM, round(NORMAL_WPM * speed)), pitch=pitch)
