"""From the durations of hibari's letters to phonemes and words on a time line, in seconds from the sound's first sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from comps.cores.proto.spans import Phoneme, Word
from comps.tts.engines.hibari_g2p import Letter
from comps.tts.engines.hibari_letters import SPACE, STRESS, ipa, is_sound
from comps.tts.engines.hibari_model import HOP, HOP_S, Sounded

SILENCE = "_"

#: How much of a stress mark's time belongs to the consonant before, as forced alignment hears it.
_STRESS_BEFORE = 0.4
#: How long spaces are in the mean at the model's own pace. A word begins somewhere in or after the space: half way between where
#: this one ends and where one of mean length would.
_SPACE_S = 0.05
#: Sounds are heard down to this far below the loudest, dB.
_SILENT_DB = 40.0
_SHORTEST_S = 0.005
#: A shorter silence at punctuation is no pause.
_SHORTEST_PAUSE_S = 0.025


@dataclass
class Sound:
    """A phoneme of the word ``word``; IPA."""

    start: float
    end: float
    symbol: str
    word: int


def sounds(letters: Sequence[Letter], made: Sounded) -> list[Sound]:
    """The sounds that are heard in what was ``made`` of ``letters``, in order and without overlap; between two is silence.

    Marks and spaces take time of their own, too: the phoneme before gets it; a stress mark's is shared with the vowel behind it.
    At punctuation the samples tell where the pause is.
    """
    ends = np.cumsum(made.durations)
    edges = np.maximum(ends - made.late_s, 0.0)
    total = float(ends[-1])
    found: list[Sound] = []
    paused_before: list[bool] = []
    pending: float | None = None
    paused = True
    for index, letter in enumerate(letters):
        start, end = float(edges[index]), float(edges[index + 1])
        if is_sound(letter.symbol):
            begin = start if pending is None else min(pending, end - _SHORTEST_S)
            found.append(Sound(begin, end, ipa(letter.symbol), letter.word))
            paused_before.append(paused)
            pending, paused = None, False
        elif letter.symbol in STRESS:
            within = bool(found) and found[-1].word == letter.word
            pending = start + _STRESS_BEFORE * (end - start) if within else start if pending is None else pending
        elif letter.symbol == SPACE:
            pending = start + (_SPACE_S / made.pace + end - start) / 2
        elif letter.word < 0:
            paused = True
    for before, after in pairwise(found):
        before.end = after.start
    if found:
        quiet = _quiet(made.samples)
        _place_pauses(found, paused_before, quiet, total)
    return found


def _quiet(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """The stretches in which nothing is heard."""
    power = (samples.reshape(-1, HOP).astype(np.float64) ** 2).mean(axis=1)
    silent = power <= power.max() * 10 ** (-_SILENT_DB / 10)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    return [(start * HOP_S, end * HOP_S) for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)]


def _place_pauses(found: list[Sound], paused_before: Sequence[bool], quiet: Sequence[tuple[float, float]], total: float) -> None:
    """Let sounds begin and end where a pause beside them does."""
    if quiet and quiet[0][0] == 0.0:
        found[0].start = min(quiet[0][1], found[0].end - _SHORTEST_S)
    found[-1].end = total
    if quiet and quiet[-1][1] >= total - 1e-6:
        found[-1].end = max(quiet[-1][0], found[-1].start + _SHORTEST_S)
    for (before, after), pauses in zip(pairwise(found), paused_before[1:], strict=True):
        if not pauses:
            continue
        low, high = before.start + 0.0125, after.end - 0.0125
        start, end = max(((max(a, low), min(b, high)) for a, b in quiet), key=lambda span: span[1] - span[0], default=(0.0, 0.0))
        if end - start >= _SHORTEST_PAUSE_S:
            before.end, after.start = start, end


def phonemes(found: Sequence[Sound], total: float) -> list[Phoneme]:
    """The sounds and silences from 0 to ``total`` without gap."""
    spans: list[Phoneme] = []
    at = 0.0
    for sound in found:
        if sound.start > at:
            spans.append((at, sound.start, SILENCE))
        spans.append((sound.start, sound.end, sound.symbol))
        at = sound.end
    if total > at:
        spans.append((at, total, SILENCE))
    return spans


def words(written: Sequence[str], spoken: Sequence[str], found: Sequence[Sound]) -> list[Word]:
    """Times of the words as ``written``, though others were ``spoken`` ("3 km": three kilometers).

    A word that is not heard shares the time of its neighbour.
    """
    own: list[list[Sound]] = [[] for _ in spoken]
    for sound in found:
        own[sound.word].append(sound)
    groups: list[tuple[list[str], list[Sound]]] = []
    for tag, i, j, k, end in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        if tag == "equal":
            groups += [([word], own[k + offset]) for offset, word in enumerate(written[i:j])]
        else:
            groups.append((list(written[i:j]), [sound for sounds in own[k:end] for sound in sounds]))
    return [word for group, heard in _heard(groups) for word in _share(group, heard)]


def _heard(groups: Sequence[tuple[list[str], list[Sound]]]) -> list[tuple[list[str], list[Sound]]]:
    """Groups that have both words and sounds: what has one alone goes to the group before, or to the first."""
    whole: list[tuple[list[str], list[Sound]]] = []
    for names, heard in groups:
        if whole and not (all(whole[-1]) and names and heard):
            whole[-1] = (whole[-1][0] + names, whole[-1][1] + heard)
        else:
            whole.append((names, heard))
    return [(names, heard) for names, heard in whole if names and heard]


def _share(names: Sequence[str], heard: Sequence[Sound]) -> list[Word]:
    """Words spoken as one, each with as much of the time as it has of the letters."""
    names = [name for name in names if any(map(str.isalnum, name))] or names[:1]
    letters = np.cumsum([0, *(len(name) for name in names)])
    start, end = heard[0].start, heard[-1].end
    cuts = [start + (end - start) * float(count) / float(letters[-1]) for count in letters]
    return [(a, b, name) for (a, b), name in zip(pairwise(cuts), names, strict=True)]
