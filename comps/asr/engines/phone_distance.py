"""How easily one string of phones is heard as another: an edit distance whose costs follow the phones' articulation.

The phones are those of the CMU dictionary (ARPAbet without stress). The costs are set by hand from the phonetic classes
(voicing, manner and place of consonants; height, backness and rounding of vowels), in the manner of Kondrak's ALINE (2000);
nothing in them is learnt from a voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist

import numpy as np
from numpy.typing import NDArray

Phones = tuple[str, ...]
Feature = tuple[float, float, float]

#: Where the tongue and lips are: (height, backness, rounding), each 0 to 1; a diphthong has its start and its end.
_VOWELS: dict[str, tuple[Feature, ...]] = {
    "IY": ((1.0, 0.0, 0.0),),
    "IH": ((0.8, 0.2, 0.0),),
    "EH": ((0.5, 0.1, 0.0),),
    "AE": ((0.2, 0.1, 0.0),),
    "AA": ((0.0, 0.8, 0.0),),
    "AO": ((0.3, 1.0, 0.6),),
    "AH": ((0.4, 0.6, 0.0),),
    "ER": ((0.5, 0.5, 0.3),),
    "UH": ((0.8, 0.8, 0.6),),
    "UW": ((1.0, 0.8, 1.0),),
    "EY": ((0.5, 0.1, 0.0), (0.9, 0.1, 0.0)),
    "AY": ((0.1, 0.6, 0.0), (0.9, 0.1, 0.0)),
    "OY": ((0.3, 1.0, 0.6), (0.9, 0.1, 0.0)),
    "AW": ((0.1, 0.6, 0.0), (0.9, 0.8, 0.8)),
    "OW": ((0.5, 0.9, 0.6), (0.9, 0.8, 0.8)),
}

#: Manner, place from the lips (0) to the glottis (1), voiced.
_CONSONANTS: dict[str, tuple[str, float, bool]] = {
    "P": ("stop", 0.0, False),
    "B": ("stop", 0.0, True),
    "T": ("stop", 0.4, False),
    "D": ("stop", 0.4, True),
    "K": ("stop", 0.8, False),
    "G": ("stop", 0.8, True),
    "CH": ("affricate", 0.5, False),
    "JH": ("affricate", 0.5, True),
    "F": ("fricative", 0.1, False),
    "V": ("fricative", 0.1, True),
    "TH": ("fricative", 0.3, False),
    "DH": ("fricative", 0.3, True),
    "S": ("sibilant", 0.4, False),
    "Z": ("sibilant", 0.4, True),
    "SH": ("sibilant", 0.5, False),
    "ZH": ("sibilant", 0.5, True),
    "HH": ("breath", 1.0, False),
    "M": ("nasal", 0.0, True),
    "N": ("nasal", 0.4, True),
    "NG": ("nasal", 0.8, True),
    "L": ("liquid", 0.4, True),
    "R": ("liquid", 0.5, True),
    "W": ("glide", 0.4, True),
    "Y": ("glide", 0.6, True),
}
_NEAR_MANNERS = {
    frozenset(pair)
    for pair in (
        ("stop", "affricate"),
        ("affricate", "sibilant"),
        ("sibilant", "fricative"),
        ("stop", "fricative"),
        ("fricative", "breath"),
        ("stop", "breath"),
        ("liquid", "glide"),
        ("nasal", "liquid"),
    )
}
#: Consonants that are vowels said quickly.
_SEMIVOWELS = {"W": {"UW", "UH", "OW", "AO"}, "Y": {"IY", "IH"}, "R": {"ER", "AA", "AO"}, "L": {"OW", "UH", "AO"}}

_UNLIKE = 1.2
_VOICING, _PLACE, _MANNER, _OTHER_MANNER = 0.2, 0.5, 0.25, 0.7
_OPEN_TO_CLOSE = 0.7
#: What is swallowed, or heard where nothing was said.
_GAPS = {"HH": 0.35, "Y": 0.4, "W": 0.5, "R": 0.5, "L": 0.5, "AH": 0.5, "IH": 0.6, "T": 0.5, "D": 0.5}
_GAP = 0.8


def distances(heard: Sequence[Phones], said: Sequence[Phones]) -> NDArray[np.float64]:
    """Cost of the cheapest edits from each heard string to each said one, (heard, said): 0 for the same, about 1 an unlike phone.

    Raises KeyError for a phone outside ARPAbet.
    """
    rows, columns = _padded(heard), _padded(said)
    inserted = np.zeros((len(said), columns.shape[1] + 1))
    np.cumsum(_GAP_COSTS[columns], axis=1, out=inserted[:, 1:])
    costs = np.broadcast_to(inserted, (len(heard), *inserted.shape))
    for phones in rows.T:
        deleted = costs + _GAP_COSTS[phones][:, None, None]
        np.minimum(deleted[:, :, 1:], costs[:, :, :-1] + _SUBSTITUTIONS[phones][:, columns], out=deleted[:, :, 1:])
        # A cell may also come from its left neighbour: a running minimum of the costs less what the way along the row costs.
        costs = np.minimum.accumulate(deleted - inserted, axis=2) + inserted
    return np.asarray(costs[:, :, -1])


def _padded(strings: Sequence[Phones]) -> NDArray[np.intp]:
    """Numbers of the phones; what is too short ends in nothings, which cost nothing to leave out."""
    padded = np.zeros((len(strings), max(map(len, strings), default=0)), np.intp)
    for row, phones in zip(padded, strings, strict=True):
        row[: len(phones)] = [_NUMBERS[phone] for phone in phones]
    return padded


def _substitution(one: str, other: str) -> float:
    """Cost of hearing one phone as another, 0 to 1.2."""
    if one == other:
        return 0.0
    if _NOTHING in (one, other):
        return _gap(other if one == _NOTHING else one)
    if one in _VOWELS and other in _VOWELS:
        return _between_vowels(_VOWELS[one], _VOWELS[other])
    if one in _CONSONANTS and other in _CONSONANTS:
        return _between_consonants(_CONSONANTS[one], _CONSONANTS[other])
    if one in _SEMIVOWELS.get(other, ()) or other in _SEMIVOWELS.get(one, ()):
        return 0.5
    return _UNLIKE


def _between_vowels(one: tuple[Feature, ...], other: tuple[Feature, ...]) -> float:
    starts, ends = dist(one[0], other[0]), dist(one[-1], other[-1])
    return min(1.0, 0.15 + _OPEN_TO_CLOSE * (starts + ends) / 2)


def _between_consonants(one: tuple[str, float, bool], other: tuple[str, float, bool]) -> float:
    manner = 0.0
    if one[0] != other[0]:
        manner = _MANNER if frozenset((one[0], other[0])) in _NEAR_MANNERS else _OTHER_MANNER
    return min(1.0, 0.1 + manner + _PLACE * abs(one[1] - other[1]) + _VOICING * (one[2] != other[2]))


def _gap(phone: str) -> float:
    return 0.0 if phone == _NOTHING else _GAPS.get(phone, _GAP)


_NOTHING = ""
_PHONES = (_NOTHING, *_VOWELS, *_CONSONANTS)
_NUMBERS = {phone: number for number, phone in enumerate(_PHONES)}
_GAP_COSTS = np.array([_gap(phone) for phone in _PHONES])
_SUBSTITUTIONS = np.array([[_substitution(one, other) for other in _PHONES] for one in _PHONES])
