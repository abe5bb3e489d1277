"""Moonshine tiny (Useful Sensors; Jeffries et al. 2024): English, on the CPU, from files that a wheel carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from comps.asr.language import language_code
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Transcript
from comps.cores.workers.pool import Lease, WorkerPool
from comps.models.folder import model_folder
from comps.models.state import missing

_NODE = "asr"
#: What it needs: the recogniser, and the voice activity detector.
_MODEL = "moonshine-tiny-en"
_MODELS = (_MODEL, "silero-vad")


class MoonshineEngine:
    name = "moonshine"

    def __init__(self, settings: AsrSettings) -> None:
        self._timeout = settings.timeout_s
        self._workers = WorkerPool(
            "comps.asr.engines.moonshine_worker:MoonshineWorker",
            {"folder": str(model_folder(_MODEL)), "max_audio_s": settings.max_audio_s},
            node=_NODE,
            size=settings.workers,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return next((reason for model in _MODELS if (reason := missing(model)) is not None), None)

    async def start(self) -> None:
        await self._workers.start()

    async def stop(self) -> None:
        await self._workers.stop()

    async def ready(self) -> None:
        await self._workers.ready()

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False) -> Transcript:
        """Raises also OtherLanguage, for speech in which no English is understood."""
        _check(language)
        text, duration_s, words = await self._workers.call("transcribe", media, timed=timed, timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self.name, words=words)

    @asynccontextmanager
    async def listen(self, language: str | None) -> AsyncIterator[MoonshineRecognition]:
        """A worker is the speaker's alone until they have finished."""
        _check(language)
        async with self._workers.lease() as worker:
            await worker.call("begin", timeout=self._timeout)
            yield MoonshineRecognition(worker, self.name, self._timeout)


class MoonshineRecognition:
    def __init__(self, worker: Lease, engine: str, timeout: float) -> None:
        self._worker = worker
        self._engine = engine
        self._timeout = timeout

    async def feed(self, pcm: bytes) -> str:
        return str(await self._worker.call("feed", pcm, timeout=self._timeout))

    async def result(self) -> Transcript:
        """Raises also OtherLanguage."""
        text, duration_s = await self._worker.call("result", timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self._engine)


def _check(language: str | None) -> None:
    if language_code(language) not in (None, "en"):
        raise BadInput("language: this engine knows English (en) only", field="language", languages=["en"])
