"""What the engines share that hear English alone, each in worker processes of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, ClassVar

from comps.asr.collected import in_one_piece
from comps.asr.engine import NO_HINTS, Hints
from comps.asr.language import language_code, recognised
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.recognition import RecognisedLanguages
from comps.cores.workers.pool import Lease, WorkerPool


class EnglishEngine:
    """``target``: the worker, with the methods ``transcribe``, ``begin``, ``feed`` and ``result``; ``kwargs``: its own;
    ``timeout``: of one call, seconds.
    """

    name: ClassVar[str]

    def __init__(self, target: str, kwargs: dict[str, Any], *, workers: int, timeout: float) -> None:
        self._timeout = timeout
        self._workers = WorkerPool(target, kwargs, node="asr", size=workers)

    async def start(self) -> None:
        await self._workers.start()

    async def stop(self) -> None:
        await self._workers.stop()

    async def ready(self) -> None:
        await self._workers.ready()

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False, hints: Hints = NO_HINTS) -> Transcript:
        """Raises what the worker raises, and BadInput (field ``language``) for another language. No hint helps it."""
        check_language(language)
        text, duration_s, words, segments = await self._workers.call("transcribe", media, timed=timed, timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self.name, words=words, segments=segments)

    async def languages(self) -> RecognisedLanguages:
        return recognised(["en"], detects=False)

    def transcribe_streamed(
        self, media: bytes, language: str | None, hints: Hints = NO_HINTS
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        return in_one_piece(partial(self.transcribe, media, language, hints=hints))

    @asynccontextmanager
    async def listen(self, language: str | None) -> AsyncIterator[EnglishRecognition]:
        """A worker is the speaker's alone until they have finished."""
        check_language(language)
        async with self._workers.lease() as worker:
            await worker.call("begin", timeout=self._timeout)
            yield EnglishRecognition(worker, self.name, self._timeout)


class EnglishRecognition:
    def __init__(self, worker: Lease, engine: str, timeout: float) -> None:
        self._worker = worker
        self._engine = engine
        self._timeout = timeout

    async def feed(self, pcm: bytes) -> str:
        return str(await self._worker.call("feed", pcm, timeout=self._timeout))

    async def result(self) -> Transcript:
        """Raises what the worker raises."""
        text, duration_s = await self._worker.call("result", timeout=self._timeout)
        return Transcript(asr_result=text, duration_s=duration_s, language="en", engine=self._engine)


def check_language(language: str | None) -> None:
    """Raises BadInput (field ``language``)."""
    if language_code(language) not in (None, "en"):
        raise BadInput("language: this engine knows English (en) only", field="language", languages=["en"])
