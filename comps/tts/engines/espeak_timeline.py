"""From espeak-ng's events to phonemes and words on a time line. All positions are samples from the clause's first."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
_LIPS_STAY = "_?;:~#<>"
_PAUSE = re.compile(r"_[^a-z]*")
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
    if not mnemonic or _PAUSE.fullmatch(mnemonic):
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
        if sound is None:
            continue
        start = min(max(event.sample, spans[-1][0]), end)
        if start == spans[-1][0]:
            spans.pop()
        if not (spans and sound == spans[-1][1] == SILENCE):
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

    espeak announces a number, an abbreviation or a hyphenated word several times, and some pairs ("of the") once; a word
    here is what stands between white space, without the punctuation around it. It ends where the next begins, or where a
    pause follows its sounds.
    """
    tokens = list(_TOKEN.finditer(text))
    onsets = _onsets([token.end() for token in tokens], events)
    sounds = [(start, end) for start, end, sound in timeline if sound != SILENCE]
    starts = [start for start, _ in sounds]
    spoken: list[Word] = []
    for (index, onset), (following, limit) in pairwise([*onsets.items(), (len(tokens), sys.maxsize)]):
        own = sounds[bisect_left(starts, onset / rate) : bisect_left(starts, limit / rate)]
        together = [token.group().strip(_PUNCTUATION) for token in tokens[index:following]]
        spoken += _share([word for word in together if any(map(str.isalnum, word))] or together[:1], own)
    return spoken


def _onsets(ends: Sequence[int], events: Sequence[WordEvent]) -> dict[int, int]:
    """The sample at which each announced token begins; ``ends`` are the tokens' ends in the text."""
    onsets: dict[int, int] = {}
    current = 0
    for event in events:
        current = max(current, bisect_right(ends, event.position))
        if current < len(ends):
            onsets.setdefault(current, event.sample)
    return onsets


def _share(words: Sequence[str], sounds: Sequence[tuple[float, float]]) -> list[Word]:
    """Words spoken as one, each with as many of the sounds as it has of the letters."""
    letters = [len(word) for word in words]
    cuts = [round(len(sounds) * sum(letters[:count]) / max(1, sum(letters))) for count in range(len(words) + 1)]
    shares = (sounds[start:end] for start, end in pairwise(cuts))
    return [(share[0][0], share[-1][1], word) for word, share in zip(words, shares, strict=True) if share and word]
