"""faster-whisper (SYSTRAN; Whisper by Radford et al. 2022 on CTranslate2): the production engine, 99 languages, CPU or CUDA.

Install the extra ``whisper`` and name a model by ASR_MODEL: a folder, or a name ("small", "large-v3") that is in Hugging Face's
cache. Nothing is ever downloaded by the service.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from comps.asr.collected import collected, in_one_piece
from comps.asr.engine import NO_HINTS, Hints, Recognition
from comps.asr.language import language_code, recognised
from comps.cores.common.settings import AsrSettings
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.recognition import RecognisedLanguages
from comps.cores.workers.pool import WorkerPool

_NODE = "asr"
#: large-v3 is 3 GB, read from disk once.
_START_S = 300.0


class FasterWhisperEngine:
    name = "faster_whisper"

    def __init__(self, settings: AsrSettings) -> None:
        self._timeout = settings.timeout_s
        self._max_audio_s = settings.max_audio_s
        #: Codes; empty: the model has not been asked.
        self._languages: list[str] = []
        self._workers = WorkerPool(
            "comps.asr.engines.faster_whisper_worker:FasterWhisperWorker",
            {"model": settings.model, "device": settings.device, "max_audio_s": settings.max_audio_s},
            node=_NODE,
            size=settings.workers,
            start_timeout=_START_S,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        if importlib.util.find_spec("faster_whisper") is None:
            return "the package faster-whisper is not installed (extra: whisper)"
        if settings.endpoint:
            return "ASR_MODEL names a model of the server at ASR_ENDPOINT"
        if not settings.model:
            return "ASR_MODEL names no model"
        return None if _is_here(settings.model) else f"the model {settings.model!r} is not on this machine"

    async def start(self) -> None:
        await self._workers.start()

    async def stop(self) -> None:
        await self._workers.stop()

    async def ready(self) -> None:
        await self._workers.ready()

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False, hints: Hints = NO_HINTS) -> Transcript:
        how = {"timed": timed, "prompt": hints.prompt, "temperature": hints.temperature}
        heard = await self._workers.call("transcribe", media, language_code(language), **how, timeout=self._timeout)
        text, duration_s, spoken, words, segments = heard
        return Transcript(
            asr_result=text, duration_s=duration_s, language=spoken, engine=self.name, words=words, segments=segments
        )

    async def languages(self) -> RecognisedLanguages:
        """What the model knows: about a hundred, or English alone (the models called ``….en``)."""
        if not self._languages:
            self._languages = await self._workers.call("languages", timeout=self._timeout)
        return recognised(self._languages, detects=len(self._languages) > 1)

    def transcribe_streamed(
        self, media: bytes, language: str | None, hints: Hints = NO_HINTS
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        return in_one_piece(partial(self.transcribe, media, language, hints=hints))

    def listen(self, language: str | None) -> AbstractAsyncContextManager[Recognition]:
        return collected(self, language, self._max_audio_s)


def _is_here(model: str) -> bool:
    """Whether ``model`` is a folder with weights, or a name whose files are in the cache."""
    if (Path(model) / "model.bin").is_file():
        return True
    from faster_whisper.utils import download_model
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        download_model(model, local_files_only=True)
    except (LocalEntryNotFoundError, ValueError):
        return False
    return True
