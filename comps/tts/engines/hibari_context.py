"""A clause spoken as the part of its sentence that it is.

The model speaks whatever it is given as a whole sentence: the voice begins high, and falls before the end. At a comma people do
neither. So the model is given phonemes around the clause, and the clause's sound is cut out: those spoken before it, and, since
what follows is not known yet, some words that stand for the rest. ``benchmarks/prosody.py`` measures what that is worth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: "and then we went home.": of seven endings tried, the one whose clauses are most like the sentences spoken whole.
_REST = "ænd ðˈɛn wi wˈɛnt hˈOm."
#: Phonemes that the model speaks well at once (the package's own limit).
_LONGEST = 400
#: A sound is cut where it is softest, between these seconds before the last mark of the first part and before the first phoneme
#: of the second: in the model's own times both come late.
_BEFORE_MARK_S, _BEFORE_NEXT_S = 0.1, 0.025
_FRAME_S = 0.005
_FADE_S = 0.005


class InContext(NamedTuple):
    """``phonemes`` for the model; the clause's own are those from ``begin`` to ``end``."""

    phonemes: str
    begin: int
    end: int


def in_context(own: str, before: str = "", *, continues: bool = False) -> InContext:
    """A clause's phonemes, with those ``before`` it in its sentence, and some after it where the sentence ``continues``."""
    before = f"{before} " if before and own else ""
    rest = f" {_REST}" if continues and own else ""
    if len(before) + len(own) + len(rest) > _LONGEST:
        before = ""
    return InContext(before + own + rest, len(before), len(before) + len(own))


def cut_out(
    samples: NDArray[np.float32], rate: int, starts_s: NDArray[np.float64], clause: InContext
) -> tuple[NDArray[np.float32], float]:
    """The clause's own sound, and the second at which it begins in ``samples``.

    ``starts_s``: when each of ``clause.phonemes`` starts, by the model's durations.
    """
    begin = 0 if clause.begin == 0 else _softest(samples, rate, starts_s, clause.begin)
    end = len(samples) if clause.end == len(clause.phonemes) else _softest(samples, rate, starts_s, clause.end + 1)
    own = samples[begin:end].copy()
    fade = np.linspace(0.0, 1.0, round(_FADE_S * rate), dtype=np.float32)[: len(own)]
    if begin > 0:
        own[: len(fade)] *= fade
    if end < len(samples):
        own[len(own) - len(fade) :] *= fade[::-1]
    return own, begin / rate


def _softest(samples: NDArray[np.float32], rate: int, starts_s: NDArray[np.float64], following: int) -> int:
    """The sample to cut at before the phoneme ``following``; before that one come a mark and a space."""
    frame = round(_FRAME_S * rate)
    first = max(0, int((starts_s[following - 2] - _BEFORE_MARK_S) / _FRAME_S))
    last = max(first + 1, int((starts_s[following] - _BEFORE_NEXT_S) / _FRAME_S))
    window = samples[first * frame : last * frame]
    window = window[: len(window) // frame * frame].reshape(-1, frame)
    if not len(window):
        return min(len(samples), first * frame)
    # Of equally soft frames the last one: the pause belongs to what is before it.
    softest = len(window) - 1 - int(np.argmin(np.mean(window.astype(np.float64) ** 2, axis=1)[::-1]))
    return (first + softest) * frame
