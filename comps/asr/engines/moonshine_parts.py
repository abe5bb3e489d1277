"""Long recordings in parts: the model was trained on up to 30 s, and its cost grows with the square of the length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from comps.listening.speech_spans import BEGINS, Span, seconds
from comps.listening.vad import RATE, WINDOW

#: The longest part, windows of 32 ms: 15 s. A sentence fits, and a second of sound costs a quarter more than in one of 5 s.
_LONGEST = 15 * RATE // WINDOW
#: Sound before the onset and after the end that is recognised too, windows: 0.26 s, without which a first word becomes another
#: one, and 0.16 s.
_BEFORE, _AFTER = 8, 5


class Part(NamedTuple):
    """Windows ``start`` … ``end`` (not included), of which those before ``until`` hold its speech, ``speech_s`` in all."""

    start: int
    end: int
    until: int
    speech_s: float


def parts(spans: Sequence[Span], probable: Sequence[float]) -> list[Part]:
    """As few as possible of at most 15 s, cut at pauses; where there is none, where speech is least likely.

    ``probable``: of speech, in each window.
    """
    found: list[list[Span]] = []
    for span in (piece for whole in spans for piece in _cut(whole, probable)):
        if found and span.end - found[-1][0].start <= _LONGEST:
            found[-1].append(span)
        else:
            found.append([span])
    made: list[Part] = []
    for number, group in enumerate(found):
        # The silence between two parts may be in both, words may not.
        before = found[number - 1][-1].end if number else 0
        after = found[number + 1][0].start if number + 1 < len(found) else len(probable)
        start, end = max(group[0].start - _BEFORE, before), min(group[-1].end + _AFTER, after)
        made.append(Part(start, end, group[-1].end, seconds(sum(span.speech for span in group))))
    return made


def _cut(span: Span, probable: Sequence[float]) -> list[Span]:
    if span.end - span.start <= _LONGEST:
        return [span]
    middle = range(span.start + _LONGEST // 2, span.start + _LONGEST)
    cut = min(middle, key=probable.__getitem__)
    first, rest = (
        Span(start, end, sum(probability >= BEGINS for probability in probable[start:end]))
        for start, end in ((span.start, cut), (cut, span.end))
    )
    return [first, *_cut(rest, probable)]
