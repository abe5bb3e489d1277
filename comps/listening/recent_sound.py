"""The sound before an onset: an onset is certain only some windows after the first sound of the first word."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

#: Windows (of 32 ms) that are kept: 2 s.
_KEPT = 62
#: Windows before the first one that sounds like speech: 250 ms, and as much for consonants that do not yet ("thanks", "how").
_BEFORE = 16
#: Speech has gaps as long as this, windows: a stop consonant, or a soft syllable.
_GAP = 5


class RecentSound:
    """The last windows of a microphone."""

    def __init__(self) -> None:
        self._windows: deque[tuple[Samples, bool]] = deque(maxlen=_KEPT)

    def add(self, window: Samples, *, like_speech: bool) -> None:
        self._windows.append((window, like_speech))

    def keep(self, windows: int) -> None:
        """Forget all but the last ``windows``: the rest has been recognised."""
        while len(self._windows) > windows:
            self._windows.popleft()

    def utterance(self) -> tuple[list[Samples], int]:
        """The windows of an utterance that is under way, its run-up included, and how many of them make up the utterance."""
        speech, gap = 0, 0
        for back, (_, like_speech) in enumerate(reversed(self._windows), 1):
            if like_speech:
                speech, gap = back, 0
            elif (gap := gap + 1) > _GAP:
                break
        windows = [window for window, _ in self._windows]
        return windows[-(speech + _BEFORE) :], speech
