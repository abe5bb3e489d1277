"""A voice by description, as ChatAnything's mixture of voices (Zhao et al. 2023, arXiv:2311.06772): the nearest description wins,
within what the wish says outright of gender, age and nature. Runs in a worker process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from comps.cores.text.embedding import SentenceEmbedder
from comps.tts.traits import Traits, traits_of

#: A voice as the matcher sees it: name, gender, age, kind ("" for an ordinary person), description.
Candidate = tuple[str, str, str, str, str]

# Cosine similarities of such sentences lie within about 0.4 of each other: a weight above that is a rule, one below a preference.
_WRONG_GENDER = 0.6
_NO_GENDER = 0.4
_RIGHT_AGE = 0.3
_WRONG_AGE = 0.3
_NEAR_AGE = 0.1
_UNASKED_AGE = 0.2
_KIND = 0.4
_ORDER = ("child", "young", "adult", "middle", "old")


class VoiceMatcher:
    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = list(candidates)
        self._embedder = SentenceEmbedder()
        self._vectors = self._embedder.encode([candidate[4] for candidate in candidates])

    def match(self, description: str) -> str:
        """The name of the voice that fits best; the first of equals."""
        traits = traits_of(description)
        likeness = self._vectors @ self._embedder.encode([description])[0]
        scores = [float(value) + _fit(traits, candidate) for value, candidate in zip(likeness, self._candidates, strict=True)]
        return self._candidates[int(np.argmax(scores))][0]


def _fit(traits: Traits, candidate: Candidate) -> float:
    _, gender, age, kind, _ = candidate
    return _gender_fit(traits, gender) + _age_fit(traits, age) + _kind_fit(traits, kind)


def _gender_fit(traits: Traits, gender: str) -> float:
    if traits.gender in (None, gender):
        return 0.0
    if gender == "none":
        return 0.0 if "robot" in traits.kinds else -_NO_GENDER
    return -_WRONG_GENDER


def _age_fit(traits: Traits, age: str) -> float:
    if age not in _ORDER:
        return 0.0
    if traits.age is None:
        return -_UNASKED_AGE if age in ("child", "old") else 0.0
    steps = abs(_ORDER.index(age) - _ORDER.index(traits.age))
    return {0: _RIGHT_AGE, 1: -_NEAR_AGE}.get(steps, -_WRONG_AGE)


_KIND_WEIGHTS: Mapping[bool, float] = {True: _KIND, False: -_KIND}


def _kind_fit(traits: Traits, kind: str) -> float:
    """Robots, whispers and monsters only when asked for, and then rather than people."""
    return _KIND_WEIGHTS[kind in traits.kinds] if kind else 0.0
