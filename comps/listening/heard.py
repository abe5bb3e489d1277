"""What an ear says. Times are seconds of the microphone's own sound, from its first sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Onset:
    """Somebody speaks, certainly; ``at_s``: since when."""

    at_s: float


@dataclass(frozen=True)
class Voice:
    """The next stretch of what they say, and a little before it at first: mono s16le at 16 kHz."""

    pcm: bytes


@dataclass(frozen=True)
class Pause:
    """They may have finished, with ``at_s``."""

    at_s: float


@dataclass(frozen=True)
class Resumed:
    """They had not."""


@dataclass(frozen=True)
class Endpoint:
    """They have finished, with ``at_s``."""

    at_s: float


Heard = Onset | Voice | Pause | Resumed | Endpoint
