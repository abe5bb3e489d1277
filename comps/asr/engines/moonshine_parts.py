"""Long recordings in parts: the model was trained on up to 30 s, and its cost grows with the square of the length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from comps.listening.speech_spans import BEGINS, Span, seconds
from comps.listening.vad import RATE, WINDOW

#: The longest part, windows of 32 ms: 15 s. A sentence fits, and a second of sound costs a quarter more than in one of 5 s.
_LONGEST = 15 * RATE // WINDOW
#: Sound before the onset and after the end that is recognised too, windows: 0.42 s, since a weak
#: first consonant is noticed late and a word cut off becomes another one, and 0.32 s.
_BEFORE, _AFTER = 13, 10
#: As much sound again before that, where nobody speaks, windows: for a part that is heard a second time.
_EARLIER = 11


class Part(NamedTuple):
    """Windows ``start`` … ``end`` (not included) with the silence before and after ``spans``.

    The first may begin before the recording, the last end after it.
    """

    start: int
    end: int
    spans: tuple[Span, ...]
    #: Windows before ``start`` in which nobody speaks either, a few of them.
    earlier: int = 0

    @property
    def until(self) -> int:
        """Where its speech ends."""
        return self.spans[-1].end

    @property
    def speech_s(self) -> float:
        return seconds(sum(span.speech for span in self.spans))


def parts(spans: Sequence[Span], probable: Sequence[float]) -> list[Part]:
    """Parts of at most 15 s, cut at pauses; where there is none, where speech is least likely.

    ``probable``: of speech, in each window. When more is said, only the last part may change.
    """
    found: list[list[Span]] = []
    for span in spans:
        if found and span.end - found[-1][0].start <= _LONGEST:
            found[-1].append(span)
        else:
            found += [[piece] for piece in _cut(span, probable)]
    return _with_silence(found)


def apart(part: Part) -> list[Part]:
    """Each of its spans alone."""
    return _with_silence([[span] for span in part.spans])


def _with_silence(groups: Sequence[Sequence[Span]]) -> list[Part]:
    made: list[Part] = []
    for number, group in enumerate(groups):
        start, end, earlier = group[0].start - _BEFORE, group[-1].end + _AFTER, _EARLIER
        # The silence between two parts may be in both, words may not.
        if number:
            start, earlier = max(start, silence := groups[number - 1][-1].end), min(max(start - silence, 0), _EARLIER)
        if number + 1 < len(groups):
            end = min(end, groups[number + 1][0].start)
        made.append(Part(start, end, tuple(group), earlier))
    return made


def _cut(span: Span, probable: Sequence[float]) -> list[Span]:
    if span.end - span.start <= _LONGEST:
        return [span]
    cut = min(range(span.start + _LONGEST, span.start + _LONGEST // 2, -1), key=probable.__getitem__)
    first, rest = (
        Span(start, end, sum(probability >= BEGINS for probability in probable[start:end]))
        for start, end in ((span.start, cut), (cut, span.end))
    )
    return [first, *_cut(rest, probable)]
