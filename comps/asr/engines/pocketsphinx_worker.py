"""Recognition with pocketsphinx and its own model of American English, inside a worker process."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from comps.asr.engines.short_questions import Heard, ShortQuestions
from comps.cores.errors import NoSpeech
from comps.cores.workers.cancel import flag
from comps.media.audio import decode_audio

#: What the acoustic model was trained on, samples a second.
_RATE = 16_000
#: Decoded between two looks at the cancel flag: 0.3 s of sound take about 0.1 s.
_PIECE = int(0.3 * _RATE)
_BYTES = 2

#: Level of speech that the model was trained on, about −20 dB; telephones and phones in pockets are far below.
_LEVEL = 3000.0
_CEILING = 32_000.0

#: Searches of the decoder: the whole language, and a grammar of one word.
_WORDS, _NOTHING = "_default", "nothing"
#: Of the decoder's further hypotheses, most of which differ in pauses alone.
_GUESSES = 40
#: The language model gives whole numbers, logarithms to the base 1.0001.
_NATS = 1e-4
_PRONUNCIATION = re.compile(r"\(\d+\)")

Samples = NDArray[np.int16]


class PocketsphinxWorker:
    def __init__(self, max_audio_s: float) -> None:
        self._max_audio_s = max_audio_s
        self._decoder = Decoder(loglevel="FATAL")
        self._decoder.add_jsgf_string(_NOTHING, "#JSGF V1.0; grammar nothing; public <nothing> = a;")
        self._language = self._decoder.get_lm(_WORDS)
        self._short_questions = ShortQuestions(self._decoder.lookup_word)

    def transcribe(self, media: bytes) -> tuple[str, float]:
        """The words in lower case, and the recording's length in seconds.

        Raises NoSpeech, UnsupportedMedia, TooLarge and Cancelled.
        """
        sound = decode_audio(media, rate=_RATE, max_s=self._max_audio_s)
        text = self._recognise(prepare(sound.samples))
        if not text:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        return text, sound.duration_s

    def _recognise(self, samples: Samples) -> str:
        data = samples.tobytes()
        means = self._cepstral_means(data)
        self._decoder.activate_search(_WORDS)
        self._decoder.reinit_feat()
        self._decoder.set_cmn(means)
        self._decoder.start_utt()
        try:
            for start in range(0, len(data), _PIECE * _BYTES):
                flag.check()
                self._decoder.process_raw(data[start : start + _PIECE * _BYTES])
        finally:
            self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return self._repaired(hypothesis.hypstr) if hypothesis else ""

    def _repaired(self, words: str) -> str:
        text = _PRONUNCIATION.sub("", words).strip()
        if not self._short_questions.concerned(text):
            return text
        guesses = (guess.hypstr for guess in islice(self._decoder.nbest(), _GUESSES) if guess)
        return self._short_questions.repaired(Heard(text, self._fluency(text), (words, *guesses)))

    def _fluency(self, text: str) -> float:
        """Natural logarithm of the text's probability as a sentence of English, three words at a time."""
        words = ["<s>", *text.split(), "</s>"]
        ends = range(2, len(words) + 1)
        return _NATS * sum(int(self._language.prob(words[max(0, end - 3) : end][::-1])) for end in ends)

    def _cepstral_means(self, data: bytes) -> str:
        """The recording's own means, for cepstral mean normalisation.

        Learnt on the way, piece by piece, they would cost 3 to 7 points of word errors; decoding the recording in one go,
        which takes them from all of it, cannot be interrupted. So one pass over it searches for next to nothing.
        """
        self._decoder.activate_search(_NOTHING)
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(data, full_utt=True)
        self._decoder.end_utt()
        return str(self._decoder.get_cmn(False))


def prepare(samples: Samples) -> Samples:
    """The recording at the level of the model's training."""
    sound = samples.astype(np.float64)
    loud = np.sqrt(np.mean(np.square(sound))) if len(sound) else 0.0
    if loud > 0:
        sound *= min(_LEVEL / loud, _CEILING / np.abs(sound).max())
    return np.asarray(np.round(sound), np.int16)
