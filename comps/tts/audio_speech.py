"""OpenAI's text to speech: a text is spoken clause by clause, and the sound sent while it is made."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import anyio
import numpy as np

from comps.cores.errors import NodeError, NothingToSpeak, as_field
from comps.cores.mega.streamed import Body
from comps.cores.proto import sse
from comps.cores.proto.audio_requests import AudioSpeechRequest
from comps.cores.proto.avatar import Speech, SpeechRequest
from comps.cores.text import clauses
from comps.cores.text.language_of import language_of
from comps.cores.text.words import has_words
from comps.cores.workers.pool import WorkerPool
from comps.media.audio import CONTENT_TYPES, wav_bytes

#: Characters of a text by which its language is told.
_TELLING_CHARS = 1000

Speak = Callable[[SpeechRequest], Awaitable[Speech]]


@asynccontextmanager
async def spoken(speak: Speak, encoder: WorkerPool, asked: AudioSpeechRequest) -> AsyncIterator[Body]:
    """The sound in the format that was asked for, or events with it (``speech.audio.delta``, then ``speech.audio.done``).

    ``encoder``: of ``SpeechEncoder``. Raises NothingToSpeak, BadInput and UnknownVoice.
    """
    async with aclosing(_speeches(speak, asked)) as speeches:
        first = await anext(speeches)
        async with aclosing(_sound(first, speeches, encoder, asked.response_format)) as sound:
            headers = {"X-Voice": first.voice, "X-Engine": first.engine, "X-Sample-Rate": str(first.sample_rate)}
            if asked.stream_format == "sse":
                yield Body(_events(sound), sse.MEDIA_TYPE, headers)
            else:
                yield Body(sound, _content_type(asked.response_format, first.sample_rate), headers)


async def _speeches(speak: Speak, asked: AudioSpeechRequest) -> AsyncGenerator[Speech, None]:
    """At least one. A clause that holds nothing to be spoken is left out."""
    text = asked.input or ""
    language = language_of(text[:_TELLING_CHARS])
    is_spoken = False
    with as_field("text", "input"):
        async with aclosing(clauses.split(_whole(text))) as found:
            async for clause in found:
                if has_words(clause.text):
                    request = SpeechRequest(
                        text=clause.text,
                        voice=asked.voice,
                        language=language,
                        speed=asked.speed,
                        before=clause.before,
                        continues=clause.continues,
                    )
                    try:
                        speech = await speak(request)
                    except NothingToSpeak:
                        continue
                    is_spoken = True
                    yield speech
        if not is_spoken:
            raise NothingToSpeak("text: holds nothing that can be spoken", field="text")


async def _whole(text: str) -> AsyncIterator[str]:
    yield text


async def _sound(first: Speech, rest: AsyncIterator[Speech], encoder: WorkerPool, format: str) -> AsyncGenerator[bytes, None]:
    """All clauses at the first one's rate."""
    rate = first.sample_rate
    if format in ("wav", "pcm"):
        async with aclosing(_pcm(first, rest, encoder)) as pieces:
            if format == "pcm":
                async for piece in pieces:
                    yield piece
            else:
                # Its header tells the length.
                yield wav_bytes(np.frombuffer(b"".join([piece async for piece in pieces]), "<i2"), rate)
        return
    key = uuid.uuid4().hex
    is_whole = False
    try:
        await encoder.call("begin", key, format, rate)
        yield await encoder.call("feed", key, first.pcm, rate)
        async for speech in rest:
            yield await encoder.call("feed", key, speech.pcm, speech.sample_rate)
        end = await encoder.call("finish", key)
        is_whole = True
        yield end
    finally:
        if not is_whole:
            with anyio.CancelScope(shield=True), suppress(NodeError):
                await encoder.call("drop", key)


async def _pcm(first: Speech, rest: AsyncIterator[Speech], encoder: WorkerPool) -> AsyncGenerator[bytes, None]:
    yield first.pcm
    async for speech in rest:
        if speech.sample_rate == first.sample_rate:
            yield speech.pcm
        else:
            yield await encoder.call("resample", speech.pcm, speech.sample_rate, first.sample_rate)


async def _events(sound: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in sound:
        if piece:
            yield _event(type="speech.audio.delta", audio=base64.b64encode(piece).decode())
    yield _event(type="speech.audio.done")


def _event(**members: Any) -> bytes:
    return sse.format_event(json.dumps(members))


def _content_type(format: str, rate: int) -> str:
    # Bare samples say nothing of themselves: RFC 2586's parameters do.
    return f"{CONTENT_TYPES[format]}; rate={rate}; channels=1" if format == "pcm" else CONTENT_TYPES[format]
