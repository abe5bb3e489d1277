"""Where somebody speaks in a recording, by voice activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.cores.workers.cancel import flag
from comps.listening.vad import RATE, WINDOW, Vad

#: Probabilities of speech at which a span begins, and below which it may end.
BEGINS, ENDS = 0.5, 0.35
#: A span ends after this much silence: shorter ones are between words. Windows of 32 ms.
_SILENCE = 10
#: (least speech in a span, windows; a probability that it must reach): a click is shorter, the voiced part of a cough and a short
#: hum are less like speech, and "no" takes 0.2 s.
_SPEECH = ((3, 0.95), (7, 0.85))

Samples = NDArray[np.int16]


class Span(NamedTuple):
    """Windows ``start`` … ``end`` (not included) of ``WINDOW`` samples; ``speech`` of them are speech."""

    start: int
    end: int
    speech: int


def probabilities(samples: Samples, vad: Vad | None = None) -> list[float]:
    """Of speech, in each whole window of int16 [n] at 16 kHz. ``vad``: goes on with what it heard before. Raises Cancelled."""
    vad = vad or Vad()
    found: list[float] = []
    for at in range(0, len(samples) - WINDOW + 1, WINDOW):
        flag.check()
        found.append(vad.probability(samples[at : at + WINDOW]))
    return found


def spans(probable: Sequence[float]) -> list[Span]:
    """Stretches of speech, parted by silences of at least 0.32 s."""
    found: list[Span] = []
    start: int | None = None
    last = speech = 0
    for window, probability in enumerate(probable):
        if probability >= (BEGINS if start is None else ENDS):
            if start is None:
                start, speech = window, 0
            last = window
            speech += probability >= BEGINS
        elif start is not None and window - last > _SILENCE:
            found.append(Span(start, last + 1, speech))
            start = None
    if start is not None:
        found.append(Span(start, last + 1, speech))
    return [span for span in found if _is_speech(span, max(probable[span.start : span.end]))]


def _is_speech(span: Span, likeliest: float) -> bool:
    return any(span.speech >= least and likeliest >= reached for least, reached in _SPEECH)


def seconds(windows: int) -> float:
    return windows * WINDOW / RATE
