"""Synthesis with hibari, inside a worker process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from comps.cores.errors import NothingToSpeak
from comps.cores.proto.spans import Phoneme, Word
from comps.cores.workers.cancel import flag
from comps.tts.engines import hibari_timeline as timeline
from comps.tts.engines.hibari_context import cut_out, in_context
from comps.tts.engines.hibari_g2p import HibariG2P, Letter, Sentence
from comps.tts.engines.hibari_model import HOP, HOP_S, RATE, HibariModel
from comps.tts.engines.hibari_voices import DEFAULT, VOICES, HibariVoice
from comps.tts.loudness import as_pcm, level
from comps.tts.pauses import paced
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
            made = self._model.sound([letter.symbol for letter in part.letters], voice, speed, seed, rise=asks)
            sounds = timeline.sounds(part.letters, made)
            own, pitch, sounds = cut_out(made, sounds, part)
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
        spoken = paced(samples, RATE, text, timeline.phonemes(found, len(samples) / RATE), heard, speed)
        f0 = f0[np.minimum(spoken.before(np.arange(0, len(spoken.samples), HOP) / RATE) / HOP_S, len(f0) - 1).astype(int)]
        pcm = as_pcm(level(spoken.samples, RATE, voice.gain_db))
        return Spoken(pcm, RATE, spoken.phonemes, spoken.words, np.round(f0, 1).tolist(), HOP_S)

    def _known(self, *sentences: Sentence) -> list[Letter]:
        return [letter for sentence in sentences for letter in sentence.letters if self._model.knows(letter.symbol)]
