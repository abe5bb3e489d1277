"""Several tts engines as one: each clause is spoken by the best engine that has the voice, or the language, that it needs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import NothingToSpeak, Problem
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice
from comps.tts.engine import TtsEngine
from comps.tts.reading import read_aloud
from comps.tts.voice_chooser import VoiceChooser

log = logging.getLogger(__name__)


class Ensemble:
    """``engines``: best first. Raises ValueError when the settings' default voice is none."""

    def __init__(self, engines: Sequence[TtsEngine], settings: TtsSettings) -> None:
        self._engines = list(engines)
        # Shares the list: what cannot start has no voices.
        self._chooser = VoiceChooser(self._engines, settings)

    async def start(self) -> None:
        """Start the engines. One that cannot start is passed over, and its voices with it, while another can."""
        outcomes = await asyncio.gather(*(engine.start() for engine in self._engines), return_exceptions=True)
        failed = {engine.name: outcome for engine, outcome in zip(self._engines, outcomes, strict=True) if outcome is not None}
        for name, error in failed.items():
            if len(failed) == len(self._engines) or not isinstance(error, Problem | OSError):
                await self.stop()
                raise error
            log.warning("tts engine %s cannot start and is passed over: %s", name, error)
        self._engines[:] = [engine for engine in self._engines if engine.name not in failed]

    async def stop(self) -> None:
        await asyncio.gather(*(engine.stop() for engine in self._engines), self._chooser.stop())

    async def ready(self) -> None:
        """The best engine speaks most answers: a fault of another's is an error of the clauses that need it."""
        await self._engines[0].ready()
        await self._chooser.ready()

    def voices(self) -> list[Voice]:
        return [voice for engine in self._engines for voice in engine.voices()]

    async def choose_voice(self, wanted: str) -> str:
        """The name of the voice that ``wanted`` means for a text in the default voice's language. Raises UnknownVoice."""
        return (await self._chooser.voice(wanted)).name

    async def speak(self, request: SpeechRequest) -> Speech:
        """Raises NothingToSpeak, BadInput (field ``text``) where no voice can read it, and UnknownVoice."""
        voice = await self._chooser.voice_for(request)
        engine = next(engine for engine in self._engines if engine.named(voice.name) is not None)
        reading = read_aloud(request.text, voice.language)
        before = _spoken(request.before, voice.language)
        speech = await engine.speak(request.model_copy(update={"text": reading.spoken, "before": before, "voice": voice.name}))
        return speech.model_copy(update={"words": reading.original_words(speech.words)})


def _spoken(text: str, language: str) -> str:
    """What of ``text`` is spoken, which may be nothing."""
    with contextlib.suppress(NothingToSpeak):
        return read_aloud(text, language).spoken
    return ""
