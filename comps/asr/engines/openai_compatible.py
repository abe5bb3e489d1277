"""Any server that speaks OpenAI's ``/audio/transcriptions``: speaches, vLLM, LocalAI, OpenAI itself, our own service."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from pydantic_core import from_json

from comps.asr.collected import collected, in_one_piece
from comps.asr.engine import NO_HINTS, Hints, Recognition
from comps.asr.language import language_code
from comps.cores import retry_after
from comps.cores.common.openai import BodyTooLong, base_url, read_body
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import (
    BadInput,
    NodeError,
    NodeTimeout,
    NodeUnavailable,
    NoSpeech,
    OtherLanguage,
    Overloaded,
    TooLarge,
    UnsupportedMedia,
)
from comps.cores.proto.avatar import Transcript, Word
from comps.cores.proto.recognition import RecognisedLanguages
from comps.cores.text.from_model import usable
from comps.cores.workers.pool import WorkerPool
from comps.models.state import missing

_NODE = "asr"
_CONNECT_S = 3.0
#: The voice activity detector, and how long its process is kept, seconds.
_DETECTOR, _GATE_IDLE_S = "silero-vad", 60.0
#: What the server blames on the recording, by status; others of 4xx are ours or its operator's.
_CLIENT_FAULTS: dict[int, type[BadInput]] = {400: BadInput, 413: TooLarge, 415: UnsupportedMedia, 422: BadInput}
_SUCCESS = range(200, 300)
#: Codes of our own service that are told on.
_NO_SPEECH, _OTHER_LANGUAGE = "no_speech", "other_language"
#: Characters; more is no transcript of a question.
_LONGEST_TEXT = 20_000
_MOST_WORDS, _LONGEST_WORD = 10_000, 200


@dataclass(frozen=True)
class _Answered:
    status: int
    headers: httpx.Headers
    body: bytes


class OpenAICompatibleEngine:
    name = "openai_compatible"

    def __init__(self, settings: AsrSettings) -> None:
        self._url = f"{base_url(settings.endpoint)}/audio/transcriptions"
        self._models_url = f"{base_url(settings.endpoint)}/models"
        self._model = settings.model
        key = settings.api_key.get_secret_value()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout = settings.timeout_s
        self._max_audio_s = settings.max_audio_s
        self._client: httpx.AsyncClient | None = None
        self._gate: WorkerPool | None = None
        if missing(_DETECTOR) is None:
            limit = {"max_audio_s": settings.max_audio_s}
            self._gate = WorkerPool("comps.listening.speech_gate:SpeechGate", limit, node=_NODE, idle_s=_GATE_IDLE_S)

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return None if settings.endpoint else "ASR_ENDPOINT names no server"

    async def start(self) -> None:
        timeout = httpx.Timeout(self._timeout, connect=_CONNECT_S)
        self._client = httpx.AsyncClient(timeout=timeout, headers=self._headers, trust_env=False)

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._gate is not None:
            await self._gate.stop()

    async def ready(self) -> None:
        """The server answers; what it answers does not matter, since not every such server lists models."""
        await self._send("GET", self._models_url)

    async def transcribe(self, media: bytes, language: str | None, *, timed: bool = False, hints: Hints = NO_HINTS) -> Transcript:
        """A recording in which nobody speaks is not sent: models of this kind write words for music and noise.

        Raises also NodeUnavailable, NodeTimeout, NodeError and Overloaded, as the server does.
        """
        code = language_code(language)
        if self._gate is not None:
            await self._gate.call("check", media, timeout=self._timeout)
        fields: dict[str, str | list[str]] = {"response_format": "verbose_json", "model": self._model, "language": code or ""}
        fields |= {"prompt": hints.prompt, "timestamp_granularities[]": ["word", "segment"] if timed else ""}
        fields["temperature"] = "" if hints.temperature is None else f"{hints.temperature:g}"
        response = await self._send(
            "POST",
            self._url,
            data={name: value for name, value in fields.items() if value},
            files={"file": ("speech", media, "application/octet-stream")},
        )
        answer = _answer(response)
        text = answer.get("text")
        if not isinstance(text, str):
            raise NodeError("answered without a text", node=_NODE)
        text = usable(text.strip(), _LONGEST_TEXT)
        if not text:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        return Transcript(
            asr_result=text,
            duration_s=_seconds(answer.get("duration")),
            language=_spoken(answer.get("language"), code),
            engine=self.name,
            words=_spans(answer.get("words"), "word", _LONGEST_WORD) if timed else [],
            segments=_spans(answer.get("segments"), "text", _LONGEST_TEXT),
        )

    async def languages(self) -> RecognisedLanguages:
        """OpenAI's API has nothing that tells the languages of a model."""
        return RecognisedLanguages(any=True, detects=True)

    def transcribe_streamed(
        self, media: bytes, language: str | None, hints: Hints = NO_HINTS
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        return in_one_piece(partial(self.transcribe, media, language, hints=hints))

    def listen(self, language: str | None) -> AbstractAsyncContextManager[Recognition]:
        return collected(self, language, self._max_audio_s)

    async def _send(self, method: str, url: str, **body: Any) -> _Answered:
        if self._client is None:
            raise NodeUnavailable("has not been started", node=_NODE)
        try:
            async with self._client.stream(method, url, **body) as response:
                return _Answered(response.status_code, response.headers, await read_body(response))
        except BodyTooLong as error:
            raise NodeError("the transcription server sent too long an answer", node=_NODE) from error
        except httpx.ConnectTimeout as error:
            raise NodeUnavailable("the transcription server cannot be reached", node=_NODE) from error
        except httpx.TimeoutException as error:
            raise NodeTimeout(f"the transcription server did not answer within {self._timeout:g} s", node=_NODE) from error
        except httpx.HTTPError as error:
            raise NodeUnavailable("the transcription server cannot be reached", node=_NODE) from error


def _answer(response: _Answered) -> dict[str, Any]:
    """The server's JSON object. Raises what its status means to the one who asked us."""
    try:
        answer = from_json(response.body)
    except ValueError:
        answer = None
    if response.status == httpx.codes.TOO_MANY_REQUESTS:
        wait_s = retry_after.seconds(response.headers.get("Retry-After"))
        raise Overloaded("the transcription server is overloaded", retry_after=wait_s)
    if response.status in _CLIENT_FAULTS:
        if isinstance(answer, dict) and answer.get("code") == _NO_SPEECH:
            raise NoSpeech("audio: no word was understood in it", field="audio")
        if isinstance(answer, dict) and answer.get("code") == _OTHER_LANGUAGE:
            raise OtherLanguage("audio: the language spoken in it is not known", field="audio")
        raise _CLIENT_FAULTS[response.status]("audio: the transcription server cannot use it", field="audio")
    if response.status not in _SUCCESS:
        raise NodeError(f"the transcription server answered {response.status}", node=_NODE, upstream_status=response.status)
    if not isinstance(answer, dict):
        raise NodeError("the transcription server answered something other than JSON", node=_NODE)
    return answer


def _seconds(value: Any) -> float:
    """OpenAI's own server sends durations as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return seconds if 0 <= seconds < math.inf else 0.0


def _spans(answered: Any, name: str, longest: int) -> list[Word]:
    """Words, or segments, whose text is called ``name``: those that have a time; a server may send none."""
    items = answered[:_MOST_WORDS] if isinstance(answered, list) else []
    found = [item for item in items if isinstance(item, dict) and isinstance(item.get(name), str)]
    times = [(_seconds(item.get("start")), _seconds(item.get("end")), usable(item[name], longest).strip()) for item in found]
    return [(start, end, text) for start, end, text in times if text and start <= end]


def _spoken(answered: Any, asked: str | None) -> str:
    """What the server says was spoken, a code or an English name; else what was asked for."""
    try:
        return (language_code(answered) if isinstance(answered, str) else None) or asked or "en"
    except BadInput:
        return asked or "en"
