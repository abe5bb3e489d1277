"""What a tts engine does, and the engines there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice
from comps.tts.character import Character


class TtsEngine(Engine, Protocol):
    """Text in, speech out, in its own voices. The service chooses the engine and the voice."""

    def voices(self) -> list[Voice]:
        """The voices worth showing to a person; an engine may know more by name. Names are unique over all engines."""

    def languages(self) -> Collection[str]:
        """ISO 639 codes of the languages it speaks, without region or script; two letters where there are two ("en", "zh")."""

    def named(self, wanted: str) -> Voice | None:
        """Its voice that is called ``wanted`` (case ignored; "default": its own default), listed or not; else None."""

    def characters(self, language: str) -> Sequence[Character]:
        """Its voices for a language ("de") or one accent of it ("en-gb-scotland"), by their full names, best first.

        Empty where it has none. For a bare language it is the accent that the engine speaks best.
        """

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one clause with the voice ``request.voice``: a name from ``named`` or ``characters``, or "default".

        The text is what is to be heard (``comps.tts.reading``). Raises NothingToSpeak when nothing in it can be
        spoken, and UnknownVoice for a name that is none.
        """


#: Best first, for the languages that it speaks.
ENGINES: EngineRegistry[TtsEngine] = EngineRegistry(
    "tts",
    {"hibari": "comps.tts.engines.hibari:HibariEngine", "espeak": "comps.tts.engines.espeak:EspeakEngine"},
    together=True,
)
