"""Synthesis with espeak-ng, inside a worker process: its library is GPL-3 and its state global."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from comps.cores.errors import NodeError, NothingToSpeak
from comps.cores.proto.avatar import Phoneme, Word
from comps.cores.workers.cancel import flag
from comps.tts.engines.espeak_library import Library
from comps.tts.engines.espeak_manner import NORMAL_WPM, Manner
from comps.tts.engines.espeak_timeline import PhonemeEvent, WordEvent, phonemes, speech_end, words
from comps.tts.loudness import TARGET_LUFS, as_pcm, integrated, level
from comps.tts.pauses import paced

#: Read out to learn how loud a voice is; louder than its sentences by as much in the mean of all English variants, dB.
_NUMBER, _NUMBER_DB = "12345678", 0.45
_REMEMBERED = 256


@dataclass(frozen=True)
class Spoken:
    """``pcm``: mono, signed 16 bit, little endian; times in seconds from its first sample."""

    pcm: bytes
    rate: int
    phonemes: list[Phoneme]
    words: list[Word]


class EspeakWorker:
    def __init__(self) -> None:
        self._library = Library()
        self._gains: dict[tuple[str, int], float | None] = {}

    def speak(self, text: str, voice: str, manner: Manner) -> Spoken:
        """Speak ``text`` with espeak's ``voice``. Raises NothingToSpeak when nothing in it can be spoken, and Cancelled."""
        try:
            pcm, events = self._library.synthesise(text, voice, manner, _cancelled)
        except (LookupError, OSError) as error:
            raise NodeError("espeak-ng could not speak", node="tts") from error
        flag.check()
        sounds = [PhonemeEvent(event.sample, event.mnemonic) for event in events if event.mnemonic is not None]
        spoken_end = speech_end(sounds, len(pcm) // 2)
        if spoken_end == 0:
            raise NothingToSpeak("text: holds nothing that this voice can speak", field="text")
        rate = self._library.rate
        timeline = phonemes(sounds, spoken_end, rate)
        onsets = [WordEvent(event.sample, event.position) for event in events if event.mnemonic is None]
        samples = (np.frombuffer(pcm, "<i2")[:spoken_end] / 32768).astype(np.float32)
        made = paced(samples, rate, text, timeline, words(text, onsets, timeline, rate), manner.rate / NORMAL_WPM)
        gain = self._gain_db(voice, manner.pitch)
        return Spoken(as_pcm(level(made.samples, rate, gain)), rate, made.phonemes, made.words)

    def _gain_db(self, voice: str, pitch: int) -> float | None:
        """The voice's own gain: what a number needs. It takes some milliseconds, once; None for a language that reads none."""
        key = (voice, pitch)
        if key not in self._gains:
            pcm, _ = self._library.synthesise(_NUMBER, voice, Manner(pitch=pitch), bool)
            loudness = integrated((np.frombuffer(pcm, "<i2") / 32768).astype(np.float32), self._library.rate)
            while len(self._gains) >= _REMEMBERED:
                self._gains.pop(next(iter(self._gains)))
            self._gains[key] = None if math.isinf(loudness) else TARGET_LUFS - (loudness - _NUMBER_DB)
        return self._gains[key]


def _cancelled() -> bool:
    return flag.is_set()
