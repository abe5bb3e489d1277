"""Which of several voices is most like somebody: the same gender, then the same age, then about the same pitch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from comps.cores.proto.avatar import Voice
from comps.tts.character import Character

#: Within as many semitones pitches are about the same, and the first voice, which is the plainer, is taken.
_SEMITONES = 3
#: From young to old.
AGES = ("child", "young", "adult", "middle", "old")


def most_alike(wanted: Character | Voice, voices: Sequence[Character]) -> Character:
    """The first of equals. Whispers, robots and the like only for one of their kind."""
    return min(voices, key=lambda voice: _difference(wanted, voice))


def _difference(wanted: Character | Voice, voice: Character) -> tuple[bool, bool, int, int]:
    kind = wanted.kind if isinstance(wanted, Character) else ""
    years, pitch = _years(wanted.age, voice.age), _steps(wanted.pitch_hz, voice.pitch_hz)
    return (voice.kind != kind, voice.gender != wanted.gender, years, pitch)


def _years(one: str, other: str) -> int:
    if one not in AGES or other not in AGES:
        return 0 if one == other else 1
    return abs(AGES.index(one) - AGES.index(other))


def _steps(one: float | None, other: float | None) -> int:
    """0 for the very same pitch: it is the same speaker in another language."""
    if not one or not other or one == other:
        return 0
    return 1 + int(abs(12 * math.log2(one / other)) / _SEMITONES)
