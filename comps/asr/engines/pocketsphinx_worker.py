"""Recognition with pocketsphinx and its own model of American English, inside a worker process."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from comps.asr.engines.aligner import Aligner
from comps.cores.errors import NoSpeech, TooLarge
from comps.cores.proto.spans import Segment, Word
from comps.cores.workers.cancel import flag
from comps.listening import speech_gate
from comps.media.audio import decode_audio

#: What the acoustic model was trained on, samples a second.
_RATE = 16_000
#: Decoded between two looks at the cancel flag: 0.3 s of sound take about 0.1 s.
_PIECE = int(0.3 * _RATE)
_BYTES = 2

#: Level of speech that the model was trained on, about −20 dB; telephones and phones in pockets are far below.
_LEVEL = 3000.0
_CEILING = 32_000.0

#: While somebody speaks, how loud and with what means is not known yet. After so many seconds of sound the decoding is begun
#: anew with what was measured by then: on 60 questions 0.5 points more word errors than with the whole recording's, with one
#: beginning 2.9.
_ANEW_S = (0.6, 1.1)

#: States and words that a frame's search goes on with: a fifth less CPU than with all, and no more word errors.
_MOST_STATES, _MOST_WORDS = 4000, 20
#: Words so far are asked for this often, seconds of sound: it costs as much as decoding that much.
_TOLD_EVERY_S = 0.8

#: Searches of the decoder: the whole language, and a grammar of one word.
_WORDS, _NOTHING = "_default", "nothing"
_PRONUNCIATION = re.compile(r"\(\d+\)")

Samples = NDArray[np.int16]


class PocketsphinxWorker:
    def __init__(self, max_audio_s: float) -> None:
        self._max_audio_s = max_audio_s
        self._decoder = Decoder(loglevel="FATAL", maxhmmpf=_MOST_STATES, maxwpf=_MOST_WORDS)
        self._decoder.add_jsgf_string(_NOTHING, "#JSGF V1.0; grammar nothing; public <nothing> = a;")
        self._live = _Live()
        self._has_gate = speech_gate.is_there()

    def transcribe(self, media: bytes, *, timed: bool = False) -> tuple[str, float, list[Word], list[Segment]]:
        """The words in lower case; the recording's length in seconds; when each word is said, where they are ``timed``; all of it
        as one stretch.

        Raises NoSpeech, UnsupportedMedia, TooLarge and Cancelled.
        """
        self._stop()
        sound = decode_audio(media, rate=_RATE, max_s=self._max_audio_s)
        samples = speech_gate.spoken(sound.samples) if self._has_gate else sound.samples
        text = self._recognise(prepare(samples))
        if not text:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        words = Aligner().words(sound.samples, text) if timed else []
        return text, sound.duration_s, words, [(0.0, sound.duration_s, text)]

    def begin(self) -> None:
        """Somebody begins to speak. What was said before is forgotten."""
        self._stop()
        self._live = _Live()

    def feed(self, pcm: bytes) -> str:
        """The next stretch of their speech, mono s16le at 16 kHz; the words so far, as of a moment ago, which may still change.

        Raises TooLarge, and Cancelled, after which only ``begin`` may follow.
        """
        live = self._live
        live.pcm += pcm
        if live.seconds > self._max_audio_s:
            raise TooLarge(f"the recording is longer than {self._max_audio_s:g} s", field="audio")
        if live.anew:
            self._stop()
            live.gain = gain(live.samples)
            self._start(self._cepstral_means(live.scaled(0)))
            live.decoded, live.decoding = 0, True
        if live.decoding:
            self._process(live.scaled(live.decoded))
            live.decoded = len(live.pcm) // _BYTES
        if live.decoding and live.seconds >= live.told_s + _TOLD_EVERY_S:
            live.told_s = live.seconds
            hypothesis = self._decoder.hyp()
            live.told = _PRONUNCIATION.sub("", hypothesis.hypstr).strip() if hypothesis else ""
        return live.told

    def result(self) -> tuple[str, float]:
        """The words of all that was fed, and its length in seconds. More may be fed after. Raises NoSpeech and Cancelled."""
        live = self._live
        if self._has_gate:
            speech_gate.spoken(live.samples)
        text = self._end() if live.decoding else self._recognise(prepare(live.samples))
        # Decoding goes on from the beginning if they do.
        live.pause()
        if not text:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        return text, live.seconds

    def _recognise(self, samples: Samples) -> str:
        data = samples.tobytes()
        self._start(self._cepstral_means(data))
        try:
            self._process(data)
        except BaseException:
            self._decoder.end_utt()
            raise
        return self._end()

    def _start(self, means: str) -> None:
        self._decoder.activate_search(_WORDS)
        self._decoder.reinit_feat()
        self._decoder.set_cmn(means)
        self._decoder.start_utt()

    def _process(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE * _BYTES):
            flag.check()
            self._decoder.process_raw(data[start : start + _PIECE * _BYTES])

    def _end(self) -> str:
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return _PRONUNCIATION.sub("", hypothesis.hypstr).strip() if hypothesis else ""

    def _stop(self) -> None:
        if self._live.decoding:
            self._decoder.end_utt()
            self._live.decoding = False

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


class _Live:
    """An utterance while it is spoken. ``decoding``: the decoder is in it, up to sample ``decoded``, at ``gain``."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.gain = 1.0
        self.decoded = 0
        self.decoding = False
        self.told, self.told_s = "", 0.0
        self._marks = list(_ANEW_S)

    @property
    def seconds(self) -> float:
        return len(self.pcm) / _BYTES / _RATE

    @property
    def samples(self) -> Samples:
        return np.frombuffer(bytes(self.pcm[: len(self.pcm) // _BYTES * _BYTES]), "<i2")

    @property
    def anew(self) -> bool:
        """Whether it is time to begin anew, with what has been learnt. Asked once for each stretch."""
        passed = [mark for mark in self._marks if mark <= self.seconds]
        self._marks = self._marks[len(passed) :]
        return bool(passed)

    def pause(self) -> None:
        """The decoder has left it."""
        self.decoding = False
        self._marks = [self.seconds, *(mark for mark in _ANEW_S if mark > self.seconds)]

    def scaled(self, start: int) -> bytes:
        """Samples from ``start`` on, at the level of the model's training."""
        return _scaled(self.samples[start:], self.gain).tobytes()


def prepare(samples: Samples) -> Samples:
    """The recording at the level of the model's training."""
    return _scaled(samples, gain(samples))


def gain(samples: Samples) -> float:
    """The factor that brings a recording to the level of the model's training."""
    sound = samples.astype(np.float64)
    loud = float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
    return min(_LEVEL / loud, _CEILING / float(np.abs(sound).max())) if loud > 0 else 1.0


def _scaled(samples: Samples, factor: float) -> Samples:
    return np.asarray(np.clip(np.round(samples * factor), -32768, 32767), np.int16)
