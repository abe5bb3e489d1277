"""From espeak-ng's events to phonemes and words on a time line. All positions are samples from the clause's first."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from comps.cores.proto.avatar import Phoneme, Word

SILENCE = "_"

#: First characters that tables of English mouth shapes lack → the nearest sound that they know (same place of articulation).
_NEAREST = str.maketrans(
    {
        "*": "r",
        "L": "l",
        "K": "l",
        "J": "j",
        "c": "k",
        "q": "k",
        "Q": "g",
        "G": "g",
        "X": "x",
        "H": "h",
        "B": "b",
        "M": "m",
        "P": "p",
    }
    # Vowels that some languages write as digits: IPA ø, ɤ, ɵ, ɘ, œ.
    | {"2": "Y", "4": "@", "5": "@", "8": "@", "9": "Y"}
)
_STRESS = "'|,%="
#: Palatalisation, glottal stops, length and the like leave the lips where they are: no sound of their own.
_LIPS_STAY = "?;:~#<>"
_TONE = re.compile(r"[1-9]\d+")

#: What surrounds a written word without being part of it.
_PUNCTUATION = ".,;:!?…\"'“”‘’«»()[]{}<>*_~`|/\\—–-"
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s—–…\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True)
class PhonemeEvent:
    """``mnemonic`` begins at ``sample``."""

    sample: int
    mnemonic: str


@dataclass(frozen=True)
class WordEvent:
    """A spoken word begins at ``sample``; ``position`` is the index of its first character in the text given to espeak."""

    sample: int
    position: int


def fold(mnemonic: str) -> str | None:
    """A mnemonic without stress, in the alphabet of the English ones; None when it is no sound of its own. ``_`` is silence."""
    if not mnemonic or mnemonic.startswith(SILENCE):
        return SILENCE
    sound = mnemonic.strip(_STRESS).lstrip(_LIPS_STAY)
    # "(fr)" announces a change of language.
    if not sound or sound.startswith("(") or _TONE.fullmatch(sound):
        return None
    return sound[0].translate(_NEAREST) + sound[1:]


def phonemes(events: Sequence[PhonemeEvent], end: int, rate: int) -> list[Phoneme]:
    """The sounds and silences from sample 0 to ``end`` without gap, overlap or two silences in a row."""
    spans: list[tuple[int, str]] = [(0, SILENCE)]
    for event in events:
        sound = fold(event.mnemonic)
        start = min(max(event.sample, spans[-1][0]), end)
        if sound is None or sound == spans[-1][1] == SILENCE:
            continue
        if start == spans[-1][0]:
            spans.pop()
        spans.append((start, sound))
    ends = [start for start, _ in spans[1:]] + [end]
    return [(start / rate, stop / rate, sound) for (start, sound), stop in zip(spans, ends, strict=True) if stop > start]


def speech_end(events: Sequence[PhonemeEvent], total: int) -> int:
    """The sample at which the last sound ends, ``total`` samples being there; 0 when there is no sound."""
    end = 0
    sounding = False
    for event in events:
        sound = fold(event.mnemonic)
        if sound == SILENCE and sounding:
            end, sounding = event.sample, False
        elif sound not in (SILENCE, None):
            sounding = True
    return total if sounding else end


def words(text: str, events: Sequence[WordEvent], timeline: Sequence[Phoneme], rate: int) -> list[Word]:
    """Each word of ``text`` that was spoken.

    espeak announces a number, an abbreviation or a hyphenated word several times; a word here is what stands between
    white space, without the punctuation around it. It ends where the next begins, or where a pause follows its sounds.
    """
    tokens = list(_TOKEN.finditer(text))
    ends = [token.end() for token in tokens]
    onsets: dict[int, float] = {}
    current = 0
    for event in events:
        current = max(current, bisect_right(ends, event.position))
        if current < len(tokens):
            onsets.setdefault(current, event.sample / rate)
    sounds = [(start, end) for start, end, sound in timeline if sound != SILENCE]
    starts = [start for start, _ in sounds]
    spoken: list[Word] = []
    limits = [*list(onsets.values())[1:], timeline[-1][1] if timeline else 0.0]
    for (index, onset), limit in zip(onsets.items(), limits, strict=True):
        own = sounds[bisect_left(starts, onset) : bisect_left(starts, limit)]
        word = tokens[index].group().strip(_PUNCTUATION)
        if own and word:
            spoken.append((own[0][0], min(limit, own[-1][1]), word))
    return spoken
