"""Word times by forced alignment: pocketsphinx's acoustic model, told what is said (27 MB, 13 ms of CPU a second of sound)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from comps.cores.errors import BadInput
from comps.cores.proto.spans import Word
from comps.cores.workers.cancel import flag
from comps.tts.reading import read_aloud

RATE = 16_000
_FRAME_S = 0.01
#: A frame hears 25.6 ms; what it tells is of their middle.
_MIDDLE_S = 0.0128
#: The aligner wants to hear the room before and after speech, and a room is never without a hiss.
_ROOM_S, _HISS = 0.5, 10.0
#: A search that keeps everything, for what the quick one does not find.
_WIDE = {"beam": 0.0, "pbeam": 0.0, "wbeam": 0.0}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: How the letters of unknown words sound, roughly: what counts is how long they are.
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "AE,B,K,D,EH,F,G,HH,IH,JH,K,L,M,N,AA,P,K,R,S,T,AH,V,W,K S,IY,Z".split(","),  # noqa: SIM905
        strict=True,
    )
)

Samples = NDArray[np.int16]


class Aligner:
    """Of English."""

    def __init__(self) -> None:
        self._decoders = [Decoder(loglevel="FATAL", lm=None)]

    def words(self, samples: Samples, text: str) -> list[Word]:
        """When each word of ``text`` is said in int16 [n] at 16 kHz; seconds. Raises Cancelled.

        Numbers are read as people do. Where the sound and the text do not fit, the words share the time by their letters.
        """
        try:
            reading = read_aloud(text, "en")
        except BadInput:
            return []
        words = [word for word in _WORD.findall(reading.spoken) if plain(word)]
        aligned = self._aligned(samples, [plain(word) for word in words]) or spread(words, len(samples) / RATE)
        times = [(start, end, word) for (start, end, _), word in zip(aligned, words, strict=True)]
        return reading.original_words(times)

    def _aligned(self, samples: Samples, spoken: Sequence[str]) -> list[Word]:
        """Nothing where it fails."""
        room = np.pad(samples.astype(np.float64), int(_ROOM_S * RATE))
        room += np.random.default_rng(0).normal(0.0, _HISS, len(room))
        pcm = np.clip(np.round(room), -32768, 32767).astype(np.int16).tobytes()
        for attempt in range(2):
            flag.check()
            if attempt == len(self._decoders):
                self._decoders.append(Decoder(loglevel="FATAL", lm=None, **_WIDE))
            if found := _search(self._decoders[attempt], pcm, spoken):
                return found
        return []


def plain(word: str) -> str:
    """As the dictionary writes it: "Café’s" is "cafe's"."""
    folded = unicodedata.normalize("NFKD", word.lower().replace("’", "'"))
    return "".join(letter for letter in folded if letter in _LETTERS or letter == "'").strip("'")


def spread(words: Sequence[str], duration_s: float) -> list[Word]:
    """Each word as long as its share of the letters."""
    edges = np.cumsum([0, *(len(word) + 1 for word in words)]) * duration_s / max(1, sum(len(word) + 1 for word in words))
    return [(float(start), float(end), word) for start, end, word in zip(edges, edges[1:], words, strict=False)]


def _search(decoder: Decoder, pcm: bytes, words: Sequence[str]) -> list[Word]:
    for word in words:
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, " ".join(_LETTERS[letter] for letter in word if letter != "'"), True)
    decoder.set_align_text(" ".join(words))
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    heard = [segment for segment in decoder.seg() or () if segment.word[0] not in "<["]
    if [segment.word.partition("(")[0] for segment in heard] != list(words):
        return []
    before = _MIDDLE_S - _ROOM_S
    times = [(segment.start_frame * _FRAME_S + before, (segment.end_frame + 1) * _FRAME_S + before) for segment in heard]
    return [(start, end, word) for (start, end), word in zip(times, words, strict=True)]
