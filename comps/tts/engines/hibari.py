"""hibari: natural English voices with phoneme and word times, from a small network that runs on the CPU, in worker processes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import UnknownVoice
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice
from comps.cores.workers.pool import WorkerPool
from comps.models.folder import model_folder
from comps.models.state import missing
from comps.tts.character import Character
from comps.tts.engines.hibari_voices import DEFAULT, LANGUAGE, VOICES, HibariVoice

_NODE = "tts"
_MODEL = "hibari"


class HibariEngine:
    name = "hibari"

    def __init__(self, settings: TtsSettings) -> None:
        folder = model_folder(_MODEL)
        assert folder is not None, "unavailable() was not asked"
        self._timeout = settings.timeout_s
        self._default = VOICES.get(settings.voice.strip().casefold(), VOICES[DEFAULT])
        self._speakers = WorkerPool(
            "comps.tts.engines.hibari_worker:HibariWorker", {"folder": str(folder)}, node=_NODE, size=settings.workers
        )

    @classmethod
    def unavailable(cls, settings: TtsSettings) -> str | None:
        return missing(_MODEL)

    async def start(self) -> None:
        await self._speakers.start()

    async def stop(self) -> None:
        await self._speakers.stop()

    async def ready(self) -> None:
        await self._speakers.ready()

    def voices(self) -> list[Voice]:
        return [_listed(voice) for voice in VOICES.values()]

    def languages(self) -> Collection[str]:
        return {"en"}

    def named(self, wanted: str) -> Voice | None:
        voice = self._voice(wanted)
        return None if voice is None else _listed(voice)

    def characters(self, language: str) -> Sequence[Character]:
        return list(VOICES.values()) if language.casefold() in ("en", "en-us") else ()

    async def speak(self, request: SpeechRequest) -> Speech:
        voice = self._voice(request.voice)
        if voice is None:
            raise UnknownVoice(f"voice: there is none of that name; there are {', '.join(VOICES)}", field="voice")
        spoken = await self._speakers.call(
            "speak",
            request.text,
            voice,
            request.speed,
            before=request.before,
            continues=request.continues,
            timeout=self._timeout,
        )
        return Speech(
            pcm=spoken.pcm,
            sample_rate=spoken.rate,
            phonemes=spoken.phonemes,
            words=spoken.words,
            f0=spoken.f0,
            f0_hop_s=spoken.f0_hop_s,
            voice=voice.name,
            engine=self.name,
        )

    def _voice(self, wanted: str) -> HibariVoice | None:
        name = wanted.strip().casefold()
        return self._default if name in ("", "default") else VOICES.get(name)


def _listed(voice: HibariVoice) -> Voice:
    return Voice(
        name=voice.name,
        language=LANGUAGE,
        gender=voice.gender,
        age=voice.age,
        pitch_hz=voice.pitch_hz,
        description=f"{voice.description}; English (America)",
    )
