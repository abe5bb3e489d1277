"""espeak-ng: every language, no download, exact phoneme and word times; a plain voice. Runs in worker processes (it is GPL-3)."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Sequence

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import UnknownVoice
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice
from comps.cores.workers.pool import WorkerPool
from comps.tts.character import Character
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_voices import Catalogue, data_folder

_NODE = "tts"


class EspeakEngine:
    name = "espeak"

    def __init__(self, settings: TtsSettings) -> None:
        data = data_folder()
        assert data is not None, "unavailable() was not asked"
        self._timeout = settings.timeout_s
        self._catalogue = Catalogue(data)
        self._speakers = WorkerPool("comps.tts.engines.espeak_worker:EspeakWorker", node=_NODE, size=settings.workers)

    @classmethod
    def unavailable(cls, settings: TtsSettings) -> str | None:
        if importlib.util.find_spec("espeakng_loader") is None:
            return "the package espeakng-loader is not installed"
        return None if data_folder() else "espeakng-loader has no data for espeak-ng"

    async def start(self) -> None:
        await self._speakers.start()

    async def stop(self) -> None:
        await self._speakers.stop()

    async def ready(self) -> None:
        await self._speakers.ready()

    def voices(self) -> list[Voice]:
        return self._catalogue.list()

    def languages(self) -> Collection[str]:
        return self._catalogue.codes()

    def named(self, wanted: str) -> Voice | None:
        chosen = self._catalogue.by_name(wanted)
        return None if chosen is None else self._catalogue.voice(chosen)

    def characters(self, language: str) -> Sequence[Character]:
        return self._catalogue.characters(language)

    async def speak(self, request: SpeechRequest) -> Speech:
        voice = self._catalogue.by_name(request.voice)
        if voice is None:
            raise UnknownVoice("voice: espeak-ng has none of that name", field="voice")
        manner = Manner.at_speed(request.speed, voice.pitch)
        spoken = await self._speakers.call("speak", request.text, voice.espeak, manner, timeout=self._timeout)
        return Speech(
            pcm=spoken.pcm,
            sample_rate=spoken.rate,
            phonemes=spoken.phonemes,
            words=spoken.words,
            voice=voice.name,
            engine=self.name,
        )
