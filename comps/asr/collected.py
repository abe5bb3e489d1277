"""For engines that recognise whole recordings only: speech is collected, and a recording's text is one piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np

from comps.asr.engine import AsrEngine
from comps.cores.errors import NoSpeech, TooLarge
from comps.cores.proto.avatar import Transcript
from comps.media.audio import wav_bytes

_RATE = 16_000


class CollectedRecognition:
    """``max_audio_s``: the longest utterance, seconds."""

    def __init__(self, engine: AsrEngine, language: str | None, max_audio_s: float) -> None:
        self._engine = engine
        self._language = language
        self._limit = int(2 * _RATE * max_audio_s)
        self._pcm = bytearray()

    async def feed(self, pcm: bytes) -> str:
        self._pcm += pcm
        if len(self._pcm) > self._limit:
            raise TooLarge(f"the recording is longer than {self._limit / 2 / _RATE:g} s", field="audio")
        return ""

    async def result(self) -> Transcript:
        samples = np.frombuffer(bytes(self._pcm[: len(self._pcm) // 2 * 2]), "<i2")
        if not len(samples):
            raise NoSpeech("audio: no word was understood in it", field="audio")
        return await self._engine.transcribe(wav_bytes(samples, _RATE), self._language)


@asynccontextmanager
async def collected(engine: AsrEngine, language: str | None, max_audio_s: float) -> AsyncIterator[CollectedRecognition]:
    """``listen`` of such an engine."""
    yield CollectedRecognition(engine, language, max_audio_s)


@asynccontextmanager
async def in_one_piece(transcribe: Callable[[], Awaitable[Transcript]]) -> AsyncIterator[AsyncIterator[str]]:
    """``transcribe_streamed`` of such an engine."""

    async def whole() -> AsyncIterator[str]:
        yield (await transcribe()).asr_result

    yield whole()
