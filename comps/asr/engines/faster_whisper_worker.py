"""Recognition with faster-whisper, inside a worker process."""

from __future__ import annotations

import numpy as np
from faster_whisper import WhisperModel

from comps.cores.errors import BadInput, NoSpeech
from comps.cores.proto.spans import Segment, Word
from comps.cores.workers.cancel import flag
from comps.media.audio import decode_audio

#: Whisper's own, samples a second.
_RATE = 16_000
_FULL_SCALE = 32_768.0
#: Segments more likely to be no speech than this are Whisper's inventions ("Thank you for watching").
_NO_SPEECH = 0.6
#: Where Whisper's code is not that of ISO 639-1: Javanese has a code that was withdrawn.
_WHISPERS_CODES = {"jv": "jw"}


class FasterWhisperWorker:
    def __init__(self, model: str, device: str, max_audio_s: float) -> None:
        self._max_audio_s = max_audio_s
        # CPUs compute in int8 several times faster than in float32, in a quarter of the memory.
        self._model = WhisperModel(
            model, device=device, compute_type="auto" if device == "cuda" else "int8", local_files_only=True
        )

    def languages(self) -> list[str]:
        """The ISO 639 codes of the languages that the model knows."""
        iso = {whispers: code for code, whispers in _WHISPERS_CODES.items()}
        return [iso.get(code, code) for code in self._model.supported_languages]

    def transcribe(
        self, media: bytes, language: str | None, *, timed: bool = False, prompt: str = "", temperature: float | None = None
    ) -> tuple[str, float, str, list[Word], list[Segment]]:
        """The text as Whisper writes it, the recording's length in seconds, the language's code, the words where ``timed``, and
        Whisper's segments.

        Raises NoSpeech, UnsupportedMedia, TooLarge, BadInput for a language that the model does not know, and Cancelled.
        """
        sound = decode_audio(media, rate=_RATE, max_s=self._max_audio_s)
        language = _WHISPERS_CODES.get(language or "", language)
        if language is not None and language not in self._model.supported_languages:
            raise BadInput("language: the model does not know it", field="language")
        samples = sound.samples.astype(np.float32) / _FULL_SCALE
        sampled = {} if temperature is None else {"temperature": temperature}
        segments, info = self._model.transcribe(
            samples,
            language=language,
            vad_filter=True,
            condition_on_previous_text=False,
            word_timestamps=timed,
            initial_prompt=prompt or None,
            **sampled,
        )
        pieces: list[Segment] = []
        words: list[Word] = []
        for segment in segments:
            flag.check()
            if segment.no_speech_prob < _NO_SPEECH:
                pieces.append((segment.start, segment.end, segment.text.strip()))
                words += [(word.start, word.end, word.word.strip()) for word in segment.words or ()]
        text = " ".join(piece for _, _, piece in pieces).strip()
        if not text:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        return text, sound.duration_s, str(info.language), words, pieces
