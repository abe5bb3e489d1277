"""A clause spoken as the part of its sentence that it is.

The model speaks whatever it is given as a whole sentence: the voice begins high, and falls before the end. At a comma people do
neither. So the model is given letters around the clause, and the clause's sound is cut out: those spoken before it, and, since
what follows is not known yet, some words that stand for the rest. ``benchmarks/prosody.py`` measures what that is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comps.tts.engines.hibari_g2p import Letter
from comps.tts.engines.hibari_letters import PUNCTUATION, SPACE
from comps.tts.engines.hibari_model import HOP, HOP_S, Float, Sounded
from comps.tts.engines.hibari_timeline import Sound

#: The word that letters around a clause are of: none of its own.
_AROUND = -1
#: "and then we went home.": of seven endings tried, the one whose clauses are most like the sentences spoken whole.
_REST = tuple(Letter(symbol, _AROUND) for symbol in " ænd ðˈɛn wi wˈɛnt hˈOm.")
#: Letters that the model speaks well at once (the package's own limit).
_LONGEST = 400
#: A sound is cut where it is softest, from so many seconds before the last mark of the first part is heard to so many after the
#: first letter of the second is. No letter is so short that all of it would be cut away.
_BEFORE_MARK_S, _AFTER_NEXT_S = 0.013, 0.017
_FADE = 120


@dataclass(frozen=True)
class InContext:
    """``letters`` for the model; the clause's own are those from ``begin`` to ``end``."""

    letters: list[Letter]
    begin: int
    end: int


def in_context(own: Sequence[Letter], before: Sequence[Letter] = (), *, continues: bool = False) -> InContext:
    """A clause's letters, with those ``before`` it in its sentence, and some after it where the sentence ``continues``."""
    first = [*(replace(letter, word=_AROUND) for letter in before), Letter(SPACE, _AROUND)] if before else []
    rest = _REST if continues else ()
    if len(first) + len(own) + len(rest) > _LONGEST:
        first = []
    return InContext([*first, *own, *rest], len(first), len(first) + len(own))


def cut_out(made: Sounded, sounds: Sequence[Sound], clause: InContext) -> tuple[Float, Float, list[Sound]]:
    """The clause's own samples, F0 and sounds (their times from its first sample on), of those of the whole."""
    heard = np.cumsum(made.durations) - made.late_s
    begin = 0 if clause.begin == 0 else _softest(made.samples, heard, clause, clause.begin, 1)
    end = len(made.f0) if clause.end == len(clause.letters) else _softest(made.samples, heard, clause, clause.end + 1, begin + 1)
    samples = made.samples[begin * HOP : end * HOP].copy()
    fade = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
    if begin > 0:
        samples[:_FADE] *= fade
    if end < len(made.f0):
        samples[-_FADE:] *= fade[::-1]
    return samples, made.f0[begin:end], _within(sounds, begin * HOP_S, end * HOP_S)


def _softest(samples: Float, heard: NDArray[np.float64], clause: InContext, following: int, least: int) -> int:
    """The frame to cut before, from frame ``least`` on, so that the letter ``following`` is after it.

    Before that letter come a space and mostly a mark; without a mark there is no pause to look for.
    """
    has_mark = clause.letters[following - 2].symbol in PUNCTUATION
    first = max(least, int((heard[following - 2 if has_mark else following - 1] - _BEFORE_MARK_S) / HOP_S))
    last = max(first + 1, int((heard[following] + _AFTER_NEXT_S) / HOP_S))
    frames = samples[first * HOP : last * HOP]
    power = (frames[: len(frames) // HOP * HOP].reshape(-1, HOP).astype(np.float64) ** 2).mean(axis=1)
    # Of equally soft frames the last one: a pause belongs to what is before it.
    return first + len(power) - 1 - int(power[::-1].argmin())


def _within(sounds: Sequence[Sound], start: float, end: float) -> list[Sound]:
    """The clause's own sounds, in seconds from ``start`` on."""
    return [
        replace(sound, start=max(sound.start, start) - start, end=min(sound.end, end) - start)
        for sound in sounds
        if sound.word != _AROUND
    ]
