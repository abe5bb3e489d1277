"""Synthesis with espeak-ng, inside a worker process: its library is GPL-3 and its state global."""

from __future__ import annotations

from dataclasses import dataclass

from comps.cores.errors import BadInput, NodeError
from comps.cores.proto.avatar import Phoneme, Word
from comps.cores.workers.cancel import flag
from comps.tts.engines.espeak_library import Library
from comps.tts.engines.espeak_manner import NORMAL_WPM, Manner
from comps.tts.engines.espeak_timeline import PhonemeEvent, WordEvent, phonemes, speech_end, words

#: Silence after a clause, seconds at normal speed, by its last mark. espeak itself leaves 350 ms after a sentence, which
#: drags when a clause at a time is spoken, or nothing at all; between turns of phrase people leave 100 to 250 ms.
_PAUSES = {".": 0.18, "!": 0.18, "?": 0.18, "…": 0.2, "。": 0.18, "！": 0.18, "？": 0.18, ":": 0.12, ";": 0.12}
_COMMA_PAUSE_S = 0.08
_PAUSE_S = 0.06
_LONGEST_PAUSE_S = 0.2
_CLOSING = "\"'”’»)]}*_ \n\t"


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

    def speak(self, text: str, voice: str, manner: Manner) -> Spoken:
        """Speak ``text`` with espeak's ``voice``. Raises BadInput when nothing in it can be spoken, and Cancelled."""
        try:
            pcm, events = self._library.synthesise(text, voice, manner, _cancelled)
        except (LookupError, OSError) as error:
            raise NodeError("espeak-ng could not speak", node="tts") from error
        flag.check()
        sounds = [PhonemeEvent(event.sample, event.mnemonic) for event in events if event.mnemonic is not None]
        spoken_end = speech_end(sounds, len(pcm) // 2)
        if spoken_end == 0:
            raise BadInput("text: holds nothing that this voice can speak", field="text")
        rate = self._library.rate
        end = spoken_end + round(_pause_s(text, manner.rate) * rate)
        timeline = phonemes(sounds, end, rate)
        onsets = [WordEvent(event.sample, event.position) for event in events if event.mnemonic is None]
        return Spoken(pcm[: 2 * end].ljust(2 * end, b"\0"), rate, timeline, words(text, onsets, timeline, rate))


def _cancelled() -> bool:
    return flag.is_set()


def _pause_s(text: str, rate: int) -> float:
    """How long to be silent after ``text``, shorter the faster it is spoken."""
    last = text.rstrip(_CLOSING)[-1:]
    pause = _PAUSES.get(last, _COMMA_PAUSE_S if last in ",、，–—-" else _PAUSE_S)
    return min(_LONGEST_PAUSE_S, pause * NORMAL_WPM / rate)
