"""Moonshine tiny (Useful Sensors; Jeffries et al. 2024): English, on the CPU, from files that a wheel carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from comps.asr.engine import NO_HINTS, Hints
from comps.asr.engines.english import EnglishEngine, check_language
from comps.cores.common.settings import AsrSettings
from comps.models.folder import model_folder
from comps.models.state import missing

#: What it needs: the recogniser, and the voice activity detector.
_MODEL = "moonshine-tiny-en"
_MODELS = (_MODEL, "silero-vad")


class MoonshineEngine(EnglishEngine):
    """Its methods raise OtherLanguage, too, for speech in which no English is understood."""

    name = "moonshine"

    def __init__(self, settings: AsrSettings) -> None:
        super().__init__(
            "comps.asr.engines.moonshine_worker:MoonshineWorker",
            {"folder": str(model_folder(_MODEL)), "max_audio_s": settings.max_audio_s},
            workers=settings.workers,
            timeout=settings.timeout_s,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return next((reason for model in _MODELS if (reason := missing(model)) is not None), None)

    @asynccontextmanager
    async def transcribe_streamed(
        self, media: bytes, language: str | None, hints: Hints = NO_HINTS
    ) -> AsyncIterator[AsyncIterator[str]]:
        """A piece is what was said without a long pause, 15 s at most. A worker is the request's alone until it has ended."""
        check_language(language)
        async with self._workers.lease() as worker:

            async def pieces() -> AsyncIterator[str]:
                told = ""
                await worker.call("open", media, timeout=self._timeout)
                while (piece := await worker.call("hear_next", timeout=self._timeout)) is not None:
                    if piece:
                        yield f" {piece}" if told else piece
                        told = piece

            yield pieces()
