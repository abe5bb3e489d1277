"""The gateway's end of ``/v1/asr/stream``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from comps.cores.errors import NodeUnavailable, Problem, RelayedProblem
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.recognition import (
    FinalText,
    FinishRecognition,
    PartialText,
    PauseRecognition,
    RecognitionFailed,
    StartRecognition,
)
from comps.cores.telemetry import tracing, turn

_NODE = "asr"
_PATH = "/v1/asr/stream"
_CONNECT_S = 3.0
_ANSWER: TypeAdapter[PartialText | FinalText | RecognitionFailed] = TypeAdapter(PartialText | FinalText | RecognitionFailed)


class Utterance:
    """What somebody is saying. ``feed`` and ``pause`` send; ``answer`` reads."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def feed(self, pcm: bytes) -> None:
        """Mono s16le at 16 kHz."""
        await self._send(pcm)

    async def pause(self) -> None:
        """They may have finished."""
        await self._send(PauseRecognition())

    async def finish(self) -> None:
        """They have."""
        await self._send(FinishRecognition())

    async def answer(self) -> str | Transcript:
        """The next partial text, or the transcript, which comes after ``finish``.

        Raises RelayedProblem (no_speech, too_large …) and NodeUnavailable.
        """
        try:
            answer = _ANSWER.validate_json(await self._connection.recv())
        except ConnectionClosed as error:
            raise NodeUnavailable("broke the connection", node=_NODE) from error
        if isinstance(answer, RecognitionFailed):
            raise _problem(answer)
        return answer.text if isinstance(answer, PartialText) else answer.transcript

    async def _send(self, message: bytes | BaseModel) -> None:
        try:
            await self._connection.send(message if isinstance(message, bytes) else message.model_dump_json())
        except ConnectionClosed as error:
            raise NodeUnavailable("broke the connection", node=_NODE) from error


@asynccontextmanager
async def utterance(url: str, language: str | None = None, token: str = "") -> AsyncIterator[Utterance]:
    """Recognise an utterance at the asr service at ``url`` (http, https); it is shown the mesh's ``token``. Leaving the context
    ends the work there.
    """
    headers = turn.headers() | tracing.headers()
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection = await connect(
            url.replace("http", "ws", 1) + _PATH,
            additional_headers=headers,
            open_timeout=_CONNECT_S,
            close_timeout=1,
            compression=None,
            proxy=None,
        )
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise NodeUnavailable("cannot be reached", node=_NODE) from error
    try:
        await connection.send(StartRecognition(language=language).model_dump_json())
        yield Utterance(connection)
    finally:
        await connection.close()


def _problem(failed: RecognitionFailed) -> Problem:
    status = int(failed.problem.get("status", 500))
    if status < 500:
        return RelayedProblem(failed.problem, node=_NODE)
    return NodeUnavailable(str(failed.problem.get("detail", "failed")), node=str(failed.problem.get("node", _NODE)))
