"""One microphone's ear: who speaks when, with the avatar's own voice, coughs and hums kept out."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from comps.listening.bands import Floats, magnitudes, voicing
from comps.listening.echo import EchoCanceller, Leak
from comps.listening.heard import Endpoint, Heard, Onset, Pause, Resumed, Voice
from comps.listening.recent_sound import RecentSound
from comps.listening.vad import RATE, WINDOW, Vad

#: Probabilities of speech above which a window is speech, surely so, and below which it is none.
_SPEECH, _SURE, _SILENCE = 0.5, 0.9, 0.35
#: Windows (of 32 ms) of the last few that must be voiced speech for an onset: in quiet, and while the avatar can be heard.
_ONSET, _ONSET_OF = 5, 6
_STRICT_ONSET, _STRICT_ONSET_OF = 5, 10
#: In quiet it is an onset, too, when so many are voiced and so many are surely speech: words as "excuse" or "stop" have long
#: voiceless consonants. Over an echo these look like a cough.
_SURE_ONSET_VOICED, _SURE_ONSET, _SURE_ONSET_OF = 2, 5, 8
#: A voice is at least this periodic; bursts of a cough and clicks are less.
_VOICED = 0.55
#: Bands that must be louder than any echo explains.
_EXCEEDING_BANDS = 3
#: A band that changes by less than this share in two windows is a hum's.
_CHANGING = 0.12
#: A band below this (magnitude), and below this share of the loudest, holds nothing but noise.
_INAUDIBLE, _RELATIVELY_INAUDIBLE = 3e-4, 0.03
#: Windows of silence: a pause, and the end. 0.16 s and 0.29 s.
_PAUSE, _END = 5, 9
#: The longest utterance, windows: 30 s.
_LONGEST = 30 * RATE // WINDOW

Samples = NDArray[np.int16]


class Ear:
    """Call ``hear`` with all sound in order; how it is cut makes no difference."""

    def __init__(self) -> None:
        self._vad = Vad()
        self._echo = EchoCanceller(WINDOW)
        self._leak = Leak()
        self._heard = np.empty(0, np.int16)
        self._played = np.empty(0, np.int16)
        self._last = np.zeros(WINDOW, np.int16)
        self._windows = 0
        self._recent = RecentSound()
        self._voiced: deque[bool] = deque(maxlen=_STRICT_ONSET_OF)
        self._sure: deque[bool] = deque(maxlen=_SURE_ONSET_OF)
        self._loud: deque[Floats] = deque(maxlen=3)
        self._speaking_since: int | None = None
        self._last_voiced = 0
        self._paused = False

    def hear(self, sound: Samples, played: Samples | None = None) -> list[Heard]:
        """``sound``: int16 [n] at 16 kHz, the next. ``played``: what the avatar's player plays meanwhile, as long, or silence."""
        self._heard = np.concatenate([self._heard, sound])
        if played is None or not len(played):
            played = np.zeros(len(sound), np.int16)
        self._played = np.concatenate([self._played, played[: len(sound)], np.zeros(max(0, len(sound) - len(played)), np.int16)])
        said: list[Heard] = []
        while len(self._heard) >= WINDOW:
            window, self._heard = self._heard[:WINDOW], self._heard[WINDOW:]
            reference, self._played = self._played[:WINDOW], self._played[WINDOW:]
            said += self._window(window, reference)
            self._windows += 1
        return said

    def _window(self, window: Samples, reference: Samples) -> list[Heard]:
        explained = self._leak.explained(magnitudes(reference, RATE), self._echo.echoed)
        left = window
        if self._leak.is_audible:
            residual = self._echo.residual(reference / 32768, window / 32768)
            left = np.clip(np.round(residual * 32768), -32768, 32767).astype(np.int16)
        probability = self._vad.probability(left)
        if self._speaking_since is not None:
            self._last = left
            self._recent.add(left, like_speech=False)
            return self._goes_on(left, probability)
        heard = magnitudes(left, RATE)
        self._loud.append(heard)
        changing = np.abs(heard - self._loud[0]) > _CHANGING * np.maximum(heard, self._loud[0])
        echoes = self._leak.is_audible and (self._echo.is_heard or not self._leak.is_known)
        noise = max(_INAUDIBLE, _RELATIVELY_INAUDIBLE * heard.max())
        exceeding = ((heard > (np.maximum(explained, noise) if echoes else noise)) & changing).sum() >= _EXCEEDING_BANDS
        self._leak.learn(heard)
        self._sure.append(bool(exceeding and probability >= _SURE))
        is_voiced = exceeding and probability >= _SPEECH and voicing(np.concatenate([self._last, left]), RATE) >= _VOICED
        self._voiced.append(bool(is_voiced))
        self._last = left
        self._recent.add(left, like_speech=bool(exceeding and probability >= _SILENCE))
        return self._begun() if self._is_onset(echoes) else []

    def _begun(self) -> list[Heard]:
        windows, utterance = self._recent.utterance()
        first = self._windows + 1 - utterance
        self._speaking_since, self._last_voiced, self._paused = first, self._windows, False
        self._voiced.clear()
        self._sure.clear()
        return [Onset(first * WINDOW / RATE), Voice(np.concatenate(windows).astype("<i2").tobytes())]

    def _is_onset(self, echoes: bool) -> bool:
        """Whether the last windows hold enough speech."""
        voiced = list(self._voiced)
        if echoes:
            return sum(voiced) >= _STRICT_ONSET
        if sum(self._sure) >= _SURE_ONSET and sum(voiced[-_SURE_ONSET_OF:]) >= _SURE_ONSET_VOICED:
            return True
        return sum(voiced[-_ONSET_OF:]) >= _ONSET

    def _goes_on(self, window: Samples, probability: float) -> list[Heard]:
        assert self._speaking_since is not None
        said: list[Heard] = []
        if probability >= (_SPEECH if self._paused else _SILENCE):
            self._last_voiced = self._windows
            if self._paused:
                self._paused = False
                said.append(Resumed())
        said.append(Voice(window.astype("<i2").tobytes()))
        silent = self._windows - self._last_voiced
        at_s = (self._last_voiced + 1) * WINDOW / RATE
        if silent >= _END or self._windows - self._speaking_since >= _LONGEST:
            self._speaking_since = None
            self._recent.keep(silent)
            said.append(Endpoint(at_s))
        elif silent >= _PAUSE and not self._paused:
            self._paused = True
            said.append(Pause(at_s))
        return said
