"""Synthesis with hibari, inside a worker process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from comps.cores.errors import BadInput
from comps.cores.proto.spans import Phoneme, Word
from comps.cores.workers.cancel import flag
from comps.tts.engines import hibari_timeline as timeline
from comps.tts.engines.hibari_g2p import HibariG2P
from comps.tts.engines.hibari_model import HOP, HOP_S, RATE, HibariModel
from comps.tts.engines.hibari_voices import HibariVoice
from comps.tts.loudness import as_pcm, level
from comps.tts.pauses import paced
from comps.tts.questions import rises
from comps.tts.speakable import speakable

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

    def speak(self, text: str, voice: HibariVoice, speed: float = 1.0, seed: int = 0) -> Spoken:
        """Speak ``text``. Raises BadInput when nothing in it can be spoken, and Cancelled."""
        clause = speakable(text)
        pronounced = self._g2p.pronounce(clause)
        found: list[timeline.Sound] = []
        parts = []
        at = 0.0
        for sentence in pronounced.sentences:
            flag.check()
            letters = [letter for letter in sentence.letters if self._model.knows(letter.symbol)]
            made = self._model.sound([letter.symbol for letter in letters], voice, speed, seed, rises(pronounced.text(sentence)))
            for sound in timeline.sounds(letters, made.durations, made.samples, HOP_S):
                sound.start, sound.end = sound.start + at, sound.end + at
                found.append(sound)
            parts.append(made)
            at += len(made.samples) / RATE
        if not found:
            raise BadInput("text: holds nothing that this voice can speak", field="text")
        samples = np.concatenate([part.samples for part in parts])
        f0 = np.concatenate([part.f0 for part in parts])
        written = [word for word in (match.group().strip(_PUNCTUATION) for match in _TOKEN.finditer(clause)) if word]
        heard = timeline.words(written, [word.strip(_PUNCTUATION) for word in pronounced.words], found)
        spoken = paced(samples, RATE, clause, timeline.phonemes(found, len(samples) / RATE), heard, speed)
        f0 = f0[np.minimum(spoken.before(np.arange(0, len(spoken.samples), HOP) / RATE) / HOP_S, len(f0) - 1).astype(int)]
        pcm = as_pcm(level(spoken.samples, RATE, voice.gain_db))
        return Spoken(pcm, RATE, spoken.phonemes, spoken.words, np.round(f0, 1).tolist(), HOP_S)
