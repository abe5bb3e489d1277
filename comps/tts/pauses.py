"""How long speech is silent: at commas and full stops, inside a clause and after it, and before its first sound.

Synthesisers pause as they like: 50 to 240 ms at a comma, 0.6 s between two sentences of one clause. Here the silences that are
heard are found in the sound and made as long as a listener expects. Samples are mono float32; times in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comps.cores.proto.spans import Phoneme, Word
from comps.cores.text.abbreviations import stop_ends_sentence

Samples = NDArray[np.float32]

COMMA_S = 0.2
STOP_S = 0.45
#: A clause that was cut where nothing is written goes on almost at once.
_NONE_S = 0.06
#: Silence before the first sound of a clause, part of the pause before it: consonants begin too softly to be found to the sample.
LEAD_S = 0.03

_STOPS = frozenset(".!?…‼⁉⁈⁇。！？｡।॥۔؟։።။")
_COMMAS = frozenset(",;:—–，；：、،")
_CLOSING = "\"'”’“»)]}*_`」』）》】 \n\t\u00a0\u202f"

#: The phoneme of silence, in the timelines of all engines.
SILENCE = "_"

_FRAME_S = 0.005
#: How long a sound lasts that cannot be heard.
_MOMENT_S = 0.02
#: Less of a sound than this is nothing.
_NOTHING_S = 0.001
#: No sound has a silence as long within it.
_LONG_S = 0.3
#: Frames softer than the loudest by as much are not heard.
_SILENT_DB = 40.0
#: Where a sound is cut it fades, so that nothing clicks.
_FADE_S = 0.006
#: How far beyond the words on either side a pause is looked for: their times are as much off, one in ten more.
_NEAR_S = 0.05
#: Where no silence is to be found, a frame farther from the words' own boundary must be softer by as much, dB a frame.
_DB_A_FRAME = 0.2


@dataclass(frozen=True)
class Paced:
    """A clause with its pauses; ``phonemes`` and ``words`` as in ``Speech``. ``old`` and ``new``: the same moments in seconds."""

    samples: Samples
    phonemes: list[Phoneme]
    words: list[Word]
    old: NDArray[np.float64] = field(repr=False)
    new: NDArray[np.float64] = field(repr=False)

    def before(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """For moments of the new sound, those of the old one: where to read a track of F0."""
        return np.interp(times, self.new, self.old)


@dataclass(frozen=True)
class _Silence:
    """Samples ``start`` to ``end`` of the old sound become ``wanted`` samples."""

    start: int
    end: int
    wanted: int


def pause_s(text: str, speed: float = 1.0) -> float:
    """The silence to be heard after a clause, by its last mark; shorter the faster it is spoken."""
    last = text.rstrip(_CLOSING)[-1:]
    return _length_s(last) / speed


def paced(
    samples: Samples, rate: int, text: str, phonemes: Sequence[Phoneme], words: Sequence[Word], speed: float = 1.0
) -> Paced:
    """``samples`` with the pauses of ``text``: ``LEAD_S`` before the first sound, the rest of the last pause at the end.

    ``words``: what was spoken of ``text``, in its order; a word that is not in it as written gets no pause of its own.
    """
    levels = _levels(samples, rate)
    heard = np.flatnonzero(levels > -_SILENT_DB)
    if not len(heard):
        return Paced(samples, list(phonemes), list(words), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    frame = round(_FRAME_S * rate)
    first, last = int(heard[0]) * frame, min(len(samples), int(heard[-1] + 1) * frame)
    silences = [_Silence(0, first, round(LEAD_S * rate))]
    for first_frame, end_frame, wanted_s in _pauses(levels, text, words, frame / rate):
        start, end = max(first_frame * frame, silences[-1].end), min(end_frame * frame, last)
        if start <= end:
            silences.append(_Silence(start, end, round(wanted_s / speed * rate)))
    silences.append(_Silence(last, len(samples), round(max(0.0, pause_s(text, speed) - LEAD_S) * rate)))
    sound, old, new = _respaced(samples, rate, silences)
    made = list(zip(new[::2].tolist(), new[1::2].tolist(), strict=True))
    timeline = _with_silences(_moved(phonemes, old, new), made)
    pauses = [(start, end) for start, end, symbol in timeline if symbol == SILENCE] if timeline else made
    return Paced(sound, timeline, [_outside(word, pauses) for word in _moved(words, old, new)], old, new)


def _pauses(levels: NDArray[np.float64], text: str, words: Sequence[Word], frame_s: float) -> list[tuple[int, int, float]]:
    """The pauses inside a clause in their order: the frames that are silent now, and how long they are to be.

    A long silence where nothing is written becomes a comma's: a synthesiser that takes a long sentence in parts leaves such.
    """
    pauses: list[tuple[int, int, float]] = []
    for following, wanted_s in _inside(text, words):
        start, end = _gap(levels, (words[following - 1][1], words[following][0]), frame_s)
        pauses.append((start, end, wanted_s))
    taken = [(start, end) for start, end, _ in pauses]
    heard = np.flatnonzero(levels > -_SILENT_DB)
    for at in np.flatnonzero(np.diff(heard) > _LONG_S / frame_s).tolist():
        start, end = int(heard[at]) + 1, int(heard[at + 1])
        if all(end <= low or start >= high for low, high in taken):
            pauses.append((start, end, COMMA_S))
    return sorted(pauses)


def _moved(spans: Sequence[tuple[float, float, str]], old: NDArray[np.float64], new: NDArray[np.float64]) -> list[Phoneme]:
    """Spans of the old sound, where they are in the new one."""
    starts = np.interp([start for start, _, _ in spans], old, new).tolist()
    ends = np.interp([end for _, end, _ in spans], old, new).tolist()
    return [(start, end, name) for start, end, (_, _, name) in zip(starts, ends, spans, strict=True)]


def _outside(word: Word, silences: Sequence[tuple[float, float]]) -> Word:
    """The word without the silences that its times say it lasts into."""
    start, end, name = word
    for low, high in silences:
        if start < low < end and low - start >= end - high:
            end = low
        elif start < high < end:
            start = high
    return start, end, name


def _with_silences(timeline: Sequence[Phoneme], silences: Sequence[tuple[float, float]]) -> list[Phoneme]:
    """The timeline with a silence wherever one is heard and none is written: where a synthesiser does not pause at a comma.

    A sound that cannot be heard, as the closure of a "b", keeps a moment beside the silence that it is in: lips close for it.
    """
    if not timeline:
        return []
    spans = list(timeline)
    last = silences[-1][1]
    for start, end in silences:
        written = sum(max(0.0, min(end, e) - max(start, s)) for s, e, symbol in spans if symbol == SILENCE)
        if written > 0.25 * (end - start) or end - start < 2 * _FRAME_S:
            continue
        spans = _parted(spans, start, end, last)
    starts = [start for start, _, _ in spans]
    return [
        (start, end, symbol)
        for start, end, (_, _, symbol) in zip(starts, [*starts[1:], last], spans, strict=True)
        if end - start > 1e-6
    ]


def _parted(spans: Sequence[Phoneme], start: float, end: float, last: float) -> list[Phoneme]:
    """The spans with a silence from ``start`` to ``end``; ``last``: where they end.

    A sound that the silence parts stays on the side where most of it is.
    """
    inside = [span for span in spans if start - _NOTHING_S <= span[0] and span[1] <= end + _NOTHING_S]
    unheard = [(s + e, symbol) for s, e, symbol in inside if symbol != SILENCE]
    ending = [symbol for twice, symbol in unheard if end >= last or (start > 0 and twice < start + end)]
    beginning = [symbol for _, symbol in unheard[len(ending) :]]
    moment = min(_MOMENT_S, (end - start) / 2 / max(1, len(unheard)))
    first, final = start + moment * len(ending), end - moment * len(beginning)
    heard = [span for span in spans if span not in inside]
    return [
        *((s, min(e, start), symbol) for s, e, symbol in heard if s < start and start - s >= e - end),
        *((start + moment * at, start + moment * (at + 1), symbol) for at, symbol in enumerate(ending)),
        (first, final, SILENCE),
        *((final + moment * at, final + moment * (at + 1), symbol) for at, symbol in enumerate(beginning)),
        *((max(s, end), e, symbol) for s, e, symbol in heard if e > end and start - s < e - end),
    ]


def _length_s(mark: str) -> float:
    if mark and mark in _STOPS:
        return STOP_S
    return COMMA_S if mark and mark in _COMMAS else _NONE_S


def _inside(text: str, words: Sequence[Word]) -> Iterator[tuple[int, float]]:
    """The words that a pause comes before, by index, and how long it is."""
    at = 0
    for index, (_, _, word) in enumerate(words):
        start = text.find(word, at)
        if start < 0:
            continue
        if index and (wanted := _between_s(text[:at], text[at:start], text[start:])):
            yield index, wanted
        at = start + len(word)


def _between_s(before: str, between: str, after: str) -> float:
    """The pause for the marks ``between`` two words; 0 for none."""
    # In "3.5" and "well-known" nothing pauses; East Asian marks need no space, nor does a dash.
    marks = [m for m in between if m in _STOPS or m in _COMMAS]
    if not marks or (between.strip() == between and all(mark in ".,:–" for mark in marks)):
        return 0.0
    stops = [m for m in marks if m in _STOPS]
    if not stops:
        return COMMA_S
    if set(stops) == {"."} and not stop_ends_sentence(before, after[:1]):
        return COMMA_S if len(marks) > len(stops) else 0.0
    return STOP_S


def _gap(levels: NDArray[np.float64], between: tuple[float, float], frame_s: float) -> tuple[int, int]:
    """The frames that are silent between two words; an empty range at the softest one where none is."""
    low = max(0, int((min(between) - _NEAR_S) / frame_s))
    high = max(low + 1, min(len(levels), int((max(between) + _NEAR_S) / frame_s) + 1))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], levels <= -_SILENT_DB, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    within = np.minimum(ends, high) - np.maximum(starts, low)
    if len(within) and within.max() > 0:
        longest = int(within.argmax())
        return int(starts[longest]), int(ends[longest])
    frames = np.arange(min(low, len(levels) - 1), high)
    away = np.abs(frames - sum(between) / 2 / frame_s)
    softest = int(frames[np.argmin(levels[frames] + _DB_A_FRAME * away)])
    return softest, softest


def _levels(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Level of each frame, dB, 0 for the loudest; the last, incomplete frame is padded. −200 all over where all is silent."""
    frame = round(_FRAME_S * rate)
    padded = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame).astype(np.float64)
    powers = np.mean(padded**2, axis=1)
    loudest = powers.max(initial=0.0)
    if loudest < 1e-10:
        return np.full(len(powers), -200.0)
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(powers / loudest, 1e-20))
    return levels


def _respaced(
    samples: Samples, rate: int, silences: Sequence[_Silence]
) -> tuple[Samples, NDArray[np.float64], NDArray[np.float64]]:
    """The sound with its silences as long as they should be, and pairs of moments before and after."""
    fade = round(_FADE_S * rate)
    pieces: list[Samples] = []
    old: list[float] = []
    new: list[float] = []
    length = 0
    for silence, following in zip(silences, [*silences[1:], None], strict=True):
        old += [silence.start / rate, max(silence.end / rate, silence.start / rate + 1e-6)]
        new += [length / rate, (length + silence.wanted) / rate]
        pieces.append(_resized(samples[silence.start : silence.end], silence.wanted, fade))
        length += silence.wanted
        if following is not None:
            sound = samples[silence.end : following.start].copy()
            # Where no silence is to fade in, the sound itself does.
            _fade_in(sound, fade if silence.end - silence.start < fade else 0)
            _fade_in(sound[::-1], fade if following.end - following.start < fade else 0)
            pieces.append(sound)
            length += len(sound)
    return np.concatenate(pieces), np.array(old), np.array(new)


def _resized(silence: Samples, wanted: int, fade: int) -> Samples:
    """A silence made ``wanted`` samples long: its beginning and its end stay, where the sounds around it die away and begin."""
    out = np.zeros(wanted, np.float32)
    half = min(wanted, len(silence)) // 2
    if half:
        out[:half] = silence[:half]
        _fade_in(out[:half][::-1], fade)
        tail = silence[-half:].copy()
        _fade_in(tail, fade)
        out[-half:] = tail
    return out


def _fade_in(samples: Samples, length: int) -> None:
    """In place; a reversed view fades out."""
    length = min(length, len(samples))
    samples[:length] *= (np.sin(np.linspace(0, np.pi / 2, length)) ** 2).astype(np.float32)
