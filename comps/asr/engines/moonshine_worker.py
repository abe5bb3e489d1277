"""Recognition with Moonshine, inside a worker process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.asr.engines.moonshine_guards import Verdict, heard_again, is_agreed, is_better, is_unsure, verdict
from comps.asr.engines.moonshine_model import MoonshineModel
from comps.asr.engines.moonshine_parts import Part, apart, parts
from comps.cores.errors import NoSpeech, OtherLanguage, TooLarge
from comps.cores.proto.spans import Segment, Word
from comps.cores.workers import memory
from comps.listening.noise import without_noise
from comps.listening.speech_gate import raised
from comps.listening.speech_spans import probabilities, seconds, spans
from comps.listening.vad import RATE, WINDOW, Vad
from comps.media.audio import decode_audio

if TYPE_CHECKING:
    from comps.asr.engines.aligner import Aligner

_BYTES = 2
_FULL_SCALE = 32_768.0
#: The words so far are made up this often, seconds of sound: each time costs about 10 ms, and 6 ms a second of the part.
_TOLD_EVERY_S = 0.8
#: The last word is told when so much silence follows: until then it may be cut off. Windows of 32 ms.
_WHOLE = 3
#: A part with so much speech in it, seconds, is done with when so much silence follows, windows: 0.5 s.
_ENOUGH_S, _SILENCE = 4.0, 16
#: What is heard together begins so much later, too; what is heard again is cut closer: 0.3 s less before the onset, 0.25 s less
#: after the end. Samples.
_LATER = 2560
_CLOSER = slice(4800, -4000)
#: Of the windows before a part's onset the last nine may hold its first consonant: noise is measured up to here, in as many
#: samples at least.
_NOISE_UNTIL, _LEAST_NOISE = 4, 2560
#: Freed memory is given back after recordings longer than this, seconds.
_LONG_S = 10.0

Samples = NDArray[np.int16]


class _Heard(NamedTuple):
    """What a part says, if anything."""

    text: str
    verdict: Verdict
    tokens: Sequence[int]


class MoonshineWorker:
    """``folder``: where the model's files lie. ``max_audio_s``: the longest recording, seconds."""

    def __init__(self, folder: str, max_audio_s: float) -> None:
        self._max_audio_s = max_audio_s
        self._model = MoonshineModel(Path(folder))
        self._live = _Live()
        #: Of the recording that was opened, what is heard of one part after the other.
        self._opened: Iterator[_Heard] = iter(())
        #: Loaded when words are to be timed, which few want.
        self._aligner: Aligner | None = None
        memory.trim()

    def transcribe(self, media: bytes, *, timed: bool = False) -> tuple[str, float, list[Word], list[Segment]]:
        """What is said, with capitals and punctuation; the recording's length in seconds; its words, where they are ``timed``;
        and its stretches of speech.

        Raises NoSpeech, OtherLanguage, UnsupportedMedia, TooLarge and Cancelled.
        """
        samples, found = self._read(media)
        heard = [self._hear(samples, part) for part in found]
        text = _joined(heard)
        words = self._timed(samples, found, heard) if timed else []
        duration_s = len(samples) / RATE
        if duration_s > _LONG_S:
            memory.trim()
        return text, duration_s, words, _segments(found, heard)

    def open(self, media: bytes) -> None:
        """A recording is to be heard part by part, by ``hear_next``. Raises UnsupportedMedia, TooLarge and Cancelled."""
        samples, found = self._read(media)
        self._opened = self._each(samples, found)

    def hear_next(self) -> str | None:
        """What is said in the next part, perhaps nothing; None after the last.

        Raises NoSpeech and OtherLanguage after the last, if nothing was said in any; and Cancelled.
        """
        heard = next(self._opened, None)
        if heard is None:
            return None
        return heard.text if heard.verdict is Verdict.WORDS else ""

    def _each(self, samples: Samples, found: Sequence[Part]) -> Iterator[_Heard]:
        heard: list[_Heard] = []
        for part in found:
            heard.append(self._hear(samples, part))
            yield heard[-1]
        _joined(heard)
        if len(samples) / RATE > _LONG_S:
            memory.trim()

    def _read(self, media: bytes) -> tuple[Samples, list[Part]]:
        sound = decode_audio(media, rate=RATE, max_s=self._max_audio_s)
        samples = raised(sound.samples)
        probable = probabilities(samples)
        return samples, parts(spans(probable), probable)

    def _timed(self, samples: Samples, found: Sequence[Part], heard: Sequence[_Heard]) -> list[Word]:
        if self._aligner is None:
            from comps.asr.engines.aligner import Aligner

            self._aligner = Aligner()
        words: list[Word] = []
        for part, one in zip(found, heard, strict=True):
            if one.verdict is Verdict.WORDS:
                start = max(part.start, 0) * WINDOW
                said = self._aligner.words(samples[start : part.end * WINDOW], one.text)
                words += [(begin + start / RATE, end + start / RATE, word) for begin, end, word in said]
        length = len(samples) / RATE
        return [(min(max(begin, 0.0), length), min(max(end, 0.0), length), word) for begin, end, word in words]

    def begin(self) -> None:
        """Somebody begins to speak. What was said before is forgotten."""
        self._live = _Live()

    def feed(self, pcm: bytes) -> str:
        """The next stretch of their speech, mono s16le at 16 kHz; the words so far, as of a moment ago, which may still change.

        Raises TooLarge and Cancelled.
        """
        live = self._live
        live.pcm += pcm
        if live.seconds > self._max_audio_s:
            raise TooLarge(f"the recording is longer than {self._max_audio_s:g} s", field="audio")
        live.listen()
        if live.seconds < live.told_s + _TOLD_EVERY_S:
            return live.told
        live.told_s = live.seconds
        live.told = live.so_far(self._heard())
        return live.told

    def result(self) -> tuple[str, float]:
        """The words of all that was fed, and its length in seconds. More may be fed after.

        Raises NoSpeech, OtherLanguage and Cancelled.
        """
        self._live.listen()
        self._live.doubt()
        return _joined(self._heard()), self._live.seconds

    def _heard(self) -> list[_Heard]:
        """All parts of what is being said; only the last may still change."""
        live = self._live
        while found := live.open_parts():
            part = found[0]
            if live.last is None or live.last_part != (part.start, part.until):
                live.last = self._hear(live.open_samples, part, live.last.tokens if live.last else ())
                live.last_part, live.last_s = (part.start, part.until), live.seconds
            if len(found) == 1 and not live.is_done(part):
                return [*live.done, live.last]
            live.close(part)
        return live.done

    def _hear(self, samples: Samples, part: Part, draft: Sequence[int] = ()) -> _Heard:
        """A part; where no words are understood in all of it, its stretches of speech one by one."""
        heard = self._understand(samples, part, draft)
        if heard.verdict is Verdict.WORDS or len(part.spans) == 1:
            return heard
        each = [self._understand(samples, piece) for piece in apart(part)]
        texts = [piece.text for piece in each if piece.verdict is Verdict.WORDS]
        return _Heard(" ".join(texts), Verdict.WORDS, ()) if texts else heard

    def _understand(self, samples: Samples, part: Part, draft: Sequence[int] = ()) -> _Heard:
        sound = _stretch(samples, part)
        decoded = self._model.decode(sound, draft)
        text = self._model.text(decoded.tokens)
        alone = ""
        if is_unsure(decoded):
            longer = _quieter(samples, part)
            sound = longer[part.earlier * WINDOW :]
            decoded = self._model.decode_together([sound, sound[_LATER:], longer])
            alone, text = text, self._model.text(decoded.tokens)
        said = verdict(decoded, text, part.speech_s)
        if said is Verdict.DOUBTFUL and is_agreed(decoded, text, alone):
            said = Verdict.WORDS
        if said is not Verdict.DOUBTFUL:
            return _Heard(text, said, decoded.tokens)
        again = self._model.decode(sound[_CLOSER], decoded.tokens)
        other = self._model.text(again.tokens)
        if is_better(again, other):
            return _Heard(other, Verdict.WORDS, again.tokens)
        return _Heard(text, heard_again(text, other, part.speech_s), decoded.tokens)


class _Live:
    """An utterance while it is spoken."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.told, self.told_s = "", 0.0
        #: Parts that are done with, and the last that is not.
        self.done: list[_Heard] = []
        self.last: _Heard | None = None
        self.last_part = (0, 0)
        #: Seconds of sound that it was heard in.
        self.last_s = 0.0
        self._vad = Vad()
        #: Of speech, in each window from ``_first`` on; those before are of parts that are done with.
        self._probable: list[float] = []
        self._first = 0

    @property
    def seconds(self) -> float:
        return len(self.pcm) / _BYTES / RATE

    @property
    def open_samples(self) -> Samples:
        """Of what is not done with."""
        start = self._first * WINDOW * _BYTES
        return np.frombuffer(bytes(self.pcm[start : len(self.pcm) // _BYTES * _BYTES]), "<i2")

    def listen(self) -> None:
        """Look for speech in what has come."""
        start = (self._first + len(self._probable)) * WINDOW * _BYTES
        new = bytes(self.pcm[start : len(self.pcm) // _BYTES * _BYTES])
        self._probable += probabilities(np.frombuffer(new, "<i2"), self._vad)

    def doubt(self) -> None:
        """Hear the last part anew if no words were understood in it, and more of the silence after it has come."""
        if self.last is not None and self.last.verdict is not Verdict.WORDS and self.last_s < self.seconds:
            self.last, self.last_part = None, (0, 0)

    def open_parts(self) -> list[Part]:
        """What is not done with. All but the last stay as they are, whatever comes."""
        return parts(spans(self._probable), self._probable)

    def is_done(self, part: Part) -> bool:
        return part.speech_s >= _ENOUGH_S and self._silence(part) >= _SILENCE

    def close(self, part: Part) -> None:
        """``last`` is what this part, the first, says."""
        assert self.last is not None
        self.done.append(self.last)
        self.last, self.last_part = None, (0, 0)
        del self._probable[: part.until]
        self._first += part.until

    def so_far(self, heard: Sequence[_Heard]) -> str:
        """The words to tell."""
        texts = [part.text for part in heard if part.verdict is Verdict.WORDS]
        last = self.open_parts()[-1:]
        if texts and last and self._silence(last[0]) < _WHOLE:
            texts[-1] = " ".join(texts[-1].split()[:-1])
        return " ".join(filter(None, texts)) or self.told

    def _silence(self, part: Part) -> int:
        """Windows after its speech."""
        return len(self._probable) - part.until


def _stretch(samples: Samples, part: Part) -> NDArray[np.float32]:
    """The part's sound, −1 … 1; silence where it reaches beyond the recording."""
    sound = np.zeros((part.end - part.start) * WINDOW, np.float32)
    there = samples[max(part.start, 0) * WINDOW : part.end * WINDOW]
    begin = max(-part.start, 0) * WINDOW
    sound[begin : begin + len(there)] = there.astype(np.float32) / _FULL_SCALE
    return sound


def _quieter(samples: Samples, part: Part) -> NDArray[np.float32]:
    """The part's sound and what is before it, without the noise that is heard there."""
    sound = _stretch(samples, part._replace(start=part.start - part.earlier))
    # Where the recording ends before the part does, its last silence goes on: noise that stops at once sounds like a consonant.
    missing = part.end * WINDOW - len(samples)
    silence = samples[part.until * WINDOW :].astype(np.float32) / _FULL_SCALE
    if missing > 0 and len(silence):
        sound[-missing:] = np.resize(np.concatenate([silence[::-1], silence]), missing)
    noise = sound[max(part.earlier - part.start, 0) * WINDOW : (part.earlier + _NOISE_UNTIL) * WINDOW]
    return without_noise(sound, noise) if len(noise) >= _LEAST_NOISE else sound


def _segments(found: Sequence[Part], heard: Sequence[_Heard]) -> list[Segment]:
    return [
        (seconds(part.spans[0].start), seconds(part.until), one.text)
        for part, one in zip(found, heard, strict=True)
        if one.verdict is Verdict.WORDS
    ]


def _joined(heard: Sequence[_Heard]) -> str:
    """Raises NoSpeech and OtherLanguage."""
    if text := " ".join(part.text for part in heard if part.verdict is Verdict.WORDS):
        return text
    if any(part.verdict is Verdict.OTHER for part in heard):
        raise OtherLanguage("audio: no English was understood in it", field="audio", languages=["en"])
    raise NoSpeech("audio: no word was understood in it", field="audio")
