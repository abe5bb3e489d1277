"""The avatar's own voice in the microphone: taken out as far as a linear echo path explains it, and how much may be left.

The delay is found by the generalised cross-correlation with phase transform (Knapp and Carter 1976). Behind it stands a
partitioned block frequency-domain adaptive filter (Soo and Pang 1990, "Multidelay block frequency domain adaptive filter") with
two paths (Ochiai, Araseki and Ogihara 1977): one learns all the time, the other is used, and takes over what was learnt when
that leaves less of the sound. Somebody who speaks at the same time spoils the first alone.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from comps.listening.bands import BANDS, Floats

Spectra = NDArray[np.complex128]

#: Windows (32 ms) that an echo may come after what is played: the reference is 0.3 s early, the player's report may be off by
#: as much, rooms and buffers add 0.4 s.
LATEST = 36
#: Partitions of a window each: 0.19 s of room.
PARTITIONS = 6
_STEP = 1.0
#: Windows of sound in which the delay is looked for, every so many windows; where it is known, seldom.
_CORRELATED, _EVERY, _SELDOM = 60, 6, 32
#: So many findings in a row must agree on the first delay.
_AGREEING = 2
#: Windows with sound that must have been played: short sounds correlate with anything.
_ENOUGH = 20
#: Noise (root mean square) that both sounds are given first: of digital silence with a word in it, only the word would count.
_DITHER = 3e-4
#: The filter begins this much before the delay, samples; a delay that moves by less is the same.
_LEAD, _SAME = 48, 160
#: How far the correlation's peak stands out from the rest of it (standard deviations) where it is a delay.
_STANDS_OUT = 10.5
#: The learning path takes over when it leaves less than this share of the other's energy, and of what is heard.
_BETTER = 0.95
#: Memory of energies: about 0.15 s.
_REMEMBERED = 0.8
#: Windows before and after the delay that an echo is heard in.
_BEFORE, _AFTER = 1, 4
#: Sound played, below which there is no echo (magnitude).
_AUDIBLE = 1e-3


class EchoCanceller:
    """Of one microphone, window by window: float64 [size] at the scale of full scale 1."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._played = np.zeros(size * (LATEST + _CORRELATED))
        self._heard = np.zeros(size * _CORRELATED)
        self._random = np.random.default_rng(0)
        self._delay: int | None = None
        self._candidates: deque[int] = deque(maxlen=_AGREEING)
        self._windows = 0
        self._forget()

    @property
    def is_heard(self) -> bool:
        """Whether there was an echo: one that is not 20 dB below the microphone's noise is found within 1.4 s."""
        return self._delay is not None

    @property
    def echoed(self) -> slice:
        """The windows played, newest first, that may be heard in the newest."""
        if self._delay is None:
            return slice(0, LATEST)
        at = self._delay // self._size
        return slice(max(0, at - _BEFORE), at + _AFTER + 1)

    def _forget(self) -> None:
        """The path is another: learn it anew."""
        self._blocks: Spectra = np.zeros((PARTITIONS, self._size + 1), np.complex128)
        self._learning = np.zeros_like(self._blocks)
        self._used = np.zeros_like(self._blocks)
        self._energy = np.zeros(3)  # left by the learning path, left by the used one, heard

    def residual(self, played: Floats, heard: Floats) -> Floats:
        """What is left of ``heard`` [size] when the echo of all that was ``played`` has been taken out."""
        self._played = np.concatenate([self._played[self._size :], played])
        self._heard = np.concatenate([self._heard[self._size :], heard])
        self._windows += 1
        if self._windows % (_EVERY if self._delay is None else _SELDOM) == 0:
            self._find_delay()
        if self._delay is None:
            return heard
        end = len(self._played) - self._delay
        self._blocks = np.roll(self._blocks, 1, axis=0)
        self._blocks[0] = np.fft.rfft(self._played[end - 2 * self._size : end])
        left_learning = heard - self._filtered(self._learning)
        left = heard - self._filtered(self._used)
        energies = [float(x @ x) for x in (left_learning, left, heard)]
        self._energy = _REMEMBERED * self._energy + np.array(energies)
        self._learn(left_learning)
        self._compare()
        return left if energies[1] < energies[2] else heard

    def _find_delay(self) -> None:
        loudness = np.sqrt(np.square(self._played.reshape(-1, self._size)).mean(axis=1))
        if (loudness > _AUDIBLE).sum() < _ENOUGH:
            self._candidates.clear()
            return
        size = 2 ** int(np.ceil(np.log2(len(self._played) + len(self._heard))))
        played, heard = (sound + self._random.normal(0, _DITHER, len(sound)) for sound in (self._played, self._heard))
        cross = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size))
        correlation = np.fft.irfft(cross / (np.abs(cross) + 1e-9), size)
        # Sample k of what was heard lies that of what was played LATEST windows earlier, less the delay.
        latest = LATEST * self._size
        by_delay = np.concatenate([correlation[-latest:], correlation[:1]])
        peak = int(np.argmax(by_delay))
        if by_delay[peak] < _STANDS_OUT * by_delay.std():
            self._candidates.clear()
            return
        delay = max(0, peak - _LEAD)
        self._candidates.append(delay)
        if self._delay is None and (len(self._candidates) < _AGREEING or np.ptp(self._candidates) > _SAME):
            return
        if self._delay is None or abs(delay - self._delay) > _SAME:
            self._delay = delay
            self._forget()

    def _filtered(self, weights: Spectra) -> Floats:
        return np.fft.irfft((weights * self._blocks).sum(axis=0))[self._size :]

    def _learn(self, left: Floats) -> None:
        error = np.fft.rfft(np.concatenate([np.zeros(self._size), left]))
        power = np.square(np.abs(self._blocks)).sum(axis=0)
        self._learning += _STEP * np.conj(self._blocks) * (error / (power + 0.02 * power.mean() + 1e-4))
        # Each partition's response stays within its window.
        responses = np.fft.irfft(self._learning, axis=1)
        responses[:, self._size :] = 0
        self._learning = np.fft.rfft(responses, axis=1)

    def _compare(self) -> None:
        learning, used, heard = self._energy
        if learning < _BETTER * min(used, heard):
            self._used = self._learning.copy()
            self._energy[1] = learning
        elif learning > 4 * min(used, heard):
            # Spoilt: it starts again from what is good.
            self._learning = self._used.copy()
            self._energy[0] = used


class Leak:
    """What canceling leaves, band by band, as a share of the loudest that was played lately."""

    #: How fast the share follows what is heard, up and down: it settles above most of it. Up, slowly: it may be somebody's voice.
    _UP, _DOWN = 0.05, 0.02
    #: What is left of an echo exceeds the share by this factor hardly ever.
    _EXCEEDED_BY = 1.8
    #: In so many windows of audible playing it is learnt, fast; until then an echo may be as loud as what is played.
    _FIRST, _UP_FIRST, _DOWN_FIRST = 60, 0.15, 0.05

    def __init__(self) -> None:
        self._share = np.ones(BANDS)
        self._recent = np.zeros((LATEST, BANDS))
        self._loudest = np.zeros(BANDS)
        self._windows = 0

    @property
    def is_audible(self) -> bool:
        """Whether anything that was played may be heard now."""
        return bool(self._recent.max() > _AUDIBLE)

    @property
    def is_known(self) -> bool:
        """Whether enough was played to learn it."""
        return self._windows >= self._FIRST

    def explained(self, played: Floats, echoed: slice) -> Floats:
        """The magnitudes [BANDS] that may be left in a window. ``played``: those of what is played in it; ``echoed``: which of
        the windows played may be heard in it.
        """
        self._recent = np.roll(self._recent, 1, axis=0)
        self._recent[0] = played
        self._loudest = self._recent[echoed].max(axis=0)
        explained = self._EXCEEDED_BY * self._share * self._loudest
        return np.asarray(explained if self.is_known else np.maximum(explained, self._recent.max(axis=0)))

    def learn(self, left: Floats) -> None:
        """``left``: the magnitudes of the same window."""
        if not self.is_audible:
            return
        share = np.minimum(left / (self._loudest + 1e-4), 1.0)
        up, down = (self._UP, self._DOWN) if self.is_known else (self._UP_FIRST, self._DOWN_FIRST)
        self._share += np.where(share > self._share, up, down) * (share - self._share)
        self._windows += 1
