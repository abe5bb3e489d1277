"""pocketsphinx (Huggins-Daines et al. 2006): English, nothing downloaded. Demo grade: it mishears a third of human words."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from comps.asr.language import language_code
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Transcript
from comps.cores.workers.pool import Lease, WorkerPool

_NODE = "asr"


class PocketsphinxEngine:
    name = "pocketsphinx"

    def __init__(self, settings: AsrSettings) -> None:
        self._timeout = settings.timeout_s
        self._workers = WorkerPool(
            "comps.asr.engines.pocketsphinx_worker:PocketsphinxWorker",
            {"max_audio_s": settings.max_audio_s},
            node=_NODE,
            size=settings.workers,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return None if importlib.util.find_spec("pocketsphinx") else "the package pocketsphinx is not installed"

    async def start(self) -> None:
        await self._workers.start()

    async def stop(self) -> None:
        await self._workers.stop()

    async def ready(self) -> None:
        await self._workers.ready()

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False) -> Transcript:
        _check(language)
        text, duration_s, words = await self._workers.call("transcribe", media, timed=timed, timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self.name, words=words)

    @asynccontextmanager
    async def listen(self, language: str | None) -> AsyncIterator[PocketsphinxRecognition]:
        """A worker is the speaker's alone until they have finished."""
        _check(language)
        async with self._workers.lease() as worker:
            await worker.call("begin", timeout=self._timeout)
            yield PocketsphinxRecognition(worker, self.name, self._timeout)


class PocketsphinxRecognition:
    def __init__(self, worker: Lease, engine: str, timeout: float) -> None:
        self._worker = worker
        self._engine = engine
        self._timeout = timeout

    async def feed(self, pcm: bytes) -> str:
        return str(await self._worker.call("feed", pcm, timeout=self._timeout))

    async def result(self) -> Transcript:
        text, duration_s = await self._worker.call("result", timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self._engine)


def _check(language: str | None) -> None:
    if language_code(language) not in (None, "en"):
        raise BadInput("language: this engine knows English (en) only", field="language")
