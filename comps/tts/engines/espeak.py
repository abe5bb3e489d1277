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
from comps.tts.engines.espeak_voices import VARIANTS, Catalogue, ChosenVoice, data_folder
from comps.tts.traits import is_description

_NODE = "tts"
#: Kept for descriptions; conversations ask for the same voice with every clause.
_REMEMBERED = 256
#: The matcher holds 90 MB of sentence embeddings, wanted once a persona.
_MATCHER_IDLE_S = 60.0


class EspeakEngine:
    name = "espeak"

    def __init__(self, settings: TtsSettings) -> None:
        data = data_folder()
        assert data is not None, "unavailable() was not asked"
        self._timeout = settings.timeout_s
        self._catalogue = Catalogue(data, settings.voice)
        self._speakers = WorkerPool("comps.tts.engines.espeak_worker:EspeakWorker", node=_NODE, size=settings.workers)
        candidates = [(v.name, v.gender, v.age, v.kind, v.description) for v in VARIANTS.values()]
        self._matcher = WorkerPool(
            "comps.tts.voice_matcher:VoiceMatcher", {"candidates": candidates}, node=_NODE, idle_s=_MATCHER_IDLE_S
        )
        self._matched: dict[str, ChosenVoice] = {}

    @classmethod
    def unavailable(cls, settings: TtsSettings) -> str | None:
        if importlib.util.find_spec("espeakng_loader") is None:
            return "the package espeakng-loader is not installed"
        return None if data_folder() else "espeakng-loader has no data for espeak-ng"

    async def start(self) -> None:
        await self._speakers.start()

    async def stop(self) -> None:
        await self._speakers.stop()
        await self._matcher.stop()

    async def ready(self) -> None:
        await self._speakers.ready()
        await self._matcher.ready()

    def voices(self) -> list[Voice]:
        return self._catalogue.list()

    def languages(self) -> Collection[str]:
        return self._catalogue.codes()

    def named(self, wanted: str) -> Voice | None:
        chosen = self._catalogue.by_name(wanted)
        return None if chosen is None else self._catalogue.voice(chosen)

    def characters(self, language: str) -> Sequence[Character]:
        return self._catalogue.characters(language)

    async def choose_voice(self, wanted: str) -> str:
        return (await self._choose(wanted)).name

    async def speak(self, request: SpeechRequest) -> Speech:
        voice = await self._choose(request.voice)
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

    async def _choose(self, wanted: str) -> ChosenVoice:
        """By name if it is one, else by description. Raises UnknownVoice when it is neither."""
        named = self._catalogue.by_name(wanted)
        if named is not None:
            return named
        if not is_description(wanted):
            known = ", ".join(voice.name for voice in self._catalogue.list()[:8])
            raise UnknownVoice(
                f"voice: there is none of that name; e.g. {known}; all are at /v1/tts/voices, or describe a speaker",
                field="voice",
            )
        if wanted not in self._matched:
            variant = await self._matcher.call("match", wanted, timeout=self._timeout)
            while len(self._matched) >= _REMEMBERED:
                self._matched.pop(next(iter(self._matched)))
            self._matched[wanted] = self._catalogue.described(wanted, variant)
        return self._matched[wanted]
