"""A voice by description, as ChatAnything's mixture of voices (Zhao et al. 2023, arXiv:2311.06772): the nearest description wins,
within what the wish says outright of gender, age and nature. Runs in a worker process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from comps.cores.text.embedding import SentenceEmbedder
from comps.tts.alike import AGES
from comps.tts.character import Character
from comps.tts.traits import Traits, traits_of

# Cosine similarities of such sentences lie within about 0.4 of each other: a weight above that is a rule, one below a preference.
_WRONG_GENDER = 0.6
_NO_GENDER = 0.4
_RIGHT_AGE = 0.3
_WRONG_AGE = 0.3
_NEAR_AGE = 0.1
_UNASKED_AGE = 0.2
_KIND = 0.4


class VoiceMatcher:
    def __init__(self) -> None:
        self._embedder = SentenceEmbedder()
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def match(self, description: str, candidates: Sequence[Character]) -> Character:
        """The voice that fits best; the first of equals."""
        traits = traits_of(description)
        wanted = self._embedder.encode([description])[0]
        scores = [float(self._vector(candidate.description) @ wanted) + _fit(traits, candidate) for candidate in candidates]
        return candidates[int(np.argmax(scores))]

    def _vector(self, description: str) -> NDArray[np.float32]:
        """Of a voice's description: there are a few dozen, the same for every language."""
        if description not in self._vectors:
            self._vectors[description] = self._embedder.encode([description])[0]
        return self._vectors[description]


def has_fitting(description: str, candidates: Sequence[Character]) -> bool:
    """Whether one of ``candidates`` is of the gender, about the age and of the nature that ``description`` says outright."""
    traits = traits_of(description)
    return any(_is_fitting(traits, candidate) for candidate in candidates)


def _is_fitting(traits: Traits, candidate: Character) -> bool:
    is_of_kind = candidate.kind in traits.kinds if traits.kinds else not candidate.kind
    return is_of_kind and _gender_fit(traits, candidate) >= 0 and _age_fit(traits, candidate) > -_WRONG_AGE


def _fit(traits: Traits, candidate: Character) -> float:
    return _gender_fit(traits, candidate) + _age_fit(traits, candidate) + _kind_fit(traits, candidate)


def _gender_fit(traits: Traits, candidate: Character) -> float:
    if traits.gender in (None, candidate.gender):
        return 0.0
    if candidate.gender == "none":
        return 0.0 if "robot" in traits.kinds else -_NO_GENDER
    return -_WRONG_GENDER


def _age_fit(traits: Traits, candidate: Character) -> float:
    if candidate.age not in AGES:
        return 0.0
    if traits.age is None:
        return -_UNASKED_AGE if candidate.age in ("child", "old") else 0.0
    steps = abs(AGES.index(candidate.age) - AGES.index(traits.age))
    return {0: _RIGHT_AGE, 1: -_NEAR_AGE}.get(steps, -_WRONG_AGE)


_KIND_WEIGHTS: Mapping[bool, float] = {True: _KIND, False: -_KIND}


def _kind_fit(traits: Traits, candidate: Character) -> float:
    """Robots, whispers and monsters only when asked for, and then rather than people."""
    return _KIND_WEIGHTS[candidate.kind in traits.kinds] if candidate.kind else 0.0
