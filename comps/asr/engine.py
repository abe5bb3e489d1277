"""What an asr engine does, and the engines there are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.recognition import RecognisedLanguages


@dataclass(frozen=True)
class Hints:
    """What a request says besides, to engines that can use it: ``prompt``, text of the same style or with the names that may be
    said; ``temperature`` of sampling, 0 … 1, None: the engine's own.
    """

    prompt: str = ""
    temperature: float | None = None


NO_HINTS = Hints()


class Recognition(Protocol):
    """One utterance while it is spoken: mono s16le at 16 kHz."""

    async def feed(self, pcm: bytes) -> str:
        """The next stretch. The words so far, which may still change; empty where there are none yet. Raises TooLarge."""

    async def result(self) -> Transcript:
        """What all of it says. More may be fed after, as when a pause was not the end. Raises NoSpeech."""


class AsrEngine(Engine, Protocol):
    """Speech in, text out."""

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False, hints: Hints = NO_HINTS) -> Transcript:
        """What is said in ``media`` (any container and codec that FFmpeg reads). ``language``: ISO 639-1 or English name;
        None: the engine finds out, or takes its only one. ``timed``: with the times of its words, where the engine can tell them.

        Raises NoSpeech, OtherLanguage, UnsupportedMedia, TooLarge, and BadInput (field ``language``) for one that the engine
        does not know.
        """

    async def languages(self) -> RecognisedLanguages:
        """What ``language`` may be. Raises what its server or its workers raise where they have to be asked."""

    def transcribe_streamed(
        self, media: bytes, language: str | None, hints: Hints = NO_HINTS
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """The text in pieces as they are recognised; joined, they are what ``transcribe`` gives. Raises as it, before the first.
        Leaving the context early ends the work.
        """

    def listen(self, language: str | None) -> AbstractAsyncContextManager[Recognition]:
        """Recognise an utterance while it is spoken. Leaving the context early ends the work. Raises BadInput as
        ``transcribe``.
        """


#: Best first.
ENGINES: EngineRegistry[AsrEngine] = EngineRegistry(
    "asr",
    {
        "faster_whisper": "comps.asr.engines.faster_whisper:FasterWhisperEngine",
        "openai_compatible": "comps.asr.engines.openai_compatible:OpenAICompatibleEngine",
        "moonshine": "comps.asr.engines.moonshine:MoonshineEngine",
        "pocketsphinx": "comps.asr.engines.pocketsphinx:PocketsphinxEngine",
    },
)
