"""What a tts engine does, and the engines there are."""

from __future__ import annotations

from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice


class TtsEngine(Engine, Protocol):
    """Text in, speech out."""

    def voices(self) -> list[Voice]:
        """The voices worth showing to a person; an engine may know more by name."""

    async def choose_voice(self, wanted: str) -> str:
        """The name of the voice that ``wanted`` (a name, or a description of a speaker) means. Raises UnknownVoice."""

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one clause. Raises BadInput (field ``text``) when nothing in it can be spoken, and UnknownVoice."""


#: Best first.
ENGINES: EngineRegistry[TtsEngine] = EngineRegistry("tts", {"espeak": "comps.tts.engines.espeak:EspeakEngine"})
