"""What an asr engine does, and the engines there are."""

from __future__ import annotations

from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import Transcript


class AsrEngine(Engine, Protocol):
    """Speech in, text out."""

    async def transcribe(self, media: bytes, language: str | None) -> Transcript:
        """What is said in ``media`` (any container and codec that FFmpeg reads). ``language``: ISO 639-1 or English name;
        None: the engine finds out, or takes its only one.

        Raises NoSpeech, UnsupportedMedia, TooLarge, and BadInput (field ``language``) for one that the engine does not know.
        """


#: Best first.
ENGINES: EngineRegistry[AsrEngine] = EngineRegistry(
    "asr",
    {
        "faster_whisper": "comps.asr.engines.faster_whisper:FasterWhisperEngine",
        "openai_compatible": "comps.asr.engines.openai_compatible:OpenAICompatibleEngine",
        "pocketsphinx": "comps.asr.engines.pocketsphinx:PocketsphinxEngine",
    },
)
