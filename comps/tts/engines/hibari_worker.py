"""Synthesis with hibari, inside a worker process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import NothingToSpeak
from comps.cores.proto.spans import Phoneme, Word
from comps.cores.workers.cancel import flag
from comps.tts.engines import hibari_timeline as timeline
from comps.tts.engines.hibari_context import cut_out, in_context
from comps.tts.engines.hibari_g2p import HibariG2P, Letter, Sentence
from comps.tts.engines.hibari_model import HOP, HOP_S, RATE, HibariModel
from comps.tts.engines.hibari_voices import DEFAULT, VOICES, HibariVoice
from comps.tts.loudness import as_pcm, integrated, level
from comps.tts.pauses import Paced, paced
from comps.tts.questions import rises

_TOKEN = re.compile(r"[^\s—–…]+")
_PUNCTUATION = ".,;:!?…\"'“”‘’«»()[]{}<>*_~`|/\\—–-"


@dataclass(frozen=True)
class Spoken:
    """``pcm``: mono, signed 16 bit, little endian; ``f0``: Hz, a value every ``f0_hop_s``, 0 where unvoiced. Times in seconds."""

    pcm: bytes
    rate: int
    phonemes: list[Phoneme]
    words: list[Word]
    f0: list[float]
    f0_hop_s: float


class HibariWorker:
    """``folder``: the prepared model's."""

    def __init__(self, folder: str) -> None:
        self._g2p = HibariG2P(Path(folder))
        self._model = HibariModel(Path(folder))
        # The first sentence takes four times as long: nobody should wait for it.
        self.speak("Hello.", VOICES[DEFAULT])

    def speak(
        self, text: str, voice: HibariVoice, speed: float = 1.0, seed: int = 0, *, before: str = "", continues: bool = False
    ) -> Spoken:
        """Speak ``text``, in its sentence: what is spoken ``before`` it, and whether the sentence ``continues`` after it.

        Raises NothingToSpeak when nothing in it can be spoken, and Cancelled.
        """
        made, f0 = self._sounded(text, voice, speed, seed, before, continues)
        pcm = as_pcm(level(made.samples, RATE, voice.gain_db))
        return Spoken(pcm, RATE, made.phonemes, made.words, np.round(f0, 1).tolist(), HOP_S)

    def loudness(self, text: str, voice: HibariVoice) -> float:
        """LUFS of what the voice makes of ``text`` before it is levelled: what its gain is measured by."""
        return integrated(self._sounded(text, voice, 1.0, 0, "", continues=False)[0].samples, RATE)

    def _sounded(
        self, text: str, voice: HibariVoice, speed: float, seed: int, before: str, continues: bool
    ) -> tuple[Paced, NDArray[np.float32]]:
        """What ``speak`` speaks, unlevelled, and its F0."""
        pronounced = self._g2p.pronounce(text)
        said = self._g2p.pronounce(before).sentences[-1:]
        found: list[timeline.Sound] = []
        parts = []
        at = 0.0
        for sentence in pronounced.sentences:
            flag.check()
            is_last = sentence is pronounced.sentences[-1]
            part = in_context(self._known(sentence), self._known(*said), continues=continues and is_last)
            asks = rises(f"{before if said else ''} {pronounced.text(sentence)}")
            sounded = self._model.sound([letter.symbol for letter in part.letters], voice, speed, seed, rise=asks)
            sounds = timeline.sounds(part.letters, sounded)
            own, pitch, sounds = cut_out(sounded, sounds, part)
            for sound in sounds:
                sound.start, sound.end = sound.start + at, sound.end + at
            found += sounds
            parts.append((own, pitch))
            at += len(own) / RATE
            said = []
        if not found:
            raise NothingToSpeak("text: holds nothing that this voice can speak", field="text")
        samples, f0 = (np.concatenate(of_parts) for of_parts in zip(*parts, strict=True))
        written = [word for word in (match.group().strip(_PUNCTUATION) for match in _TOKEN.finditer(text)) if word]
        heard = timeline.words(written, [word.strip(_PUNCTUATION) for word in pronounced.words], found)
        made = paced(samples, RATE, text, timeline.phonemes(found, len(samples) / RATE), heard, speed)
        return made, f0[np.minimum(made.before(np.arange(0, len(made.samples), HOP) / RATE) / HOP_S, len(f0) - 1).astype(int)]

    def _known(self, *sentences: Sentence) -> list[Letter]:
        return [letter for sentence in sentences for letter in sentence.letters if self._model.knows(letter.symbol)]
