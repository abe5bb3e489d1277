"""``WebSocket /v1/asr/stream``: recognition while somebody speaks (messages: ``comps.cores.proto.recognition``)."""

from __future__ import annotations

import anyio
from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from comps.asr.engine import AsrEngine, Recognition
from comps.cores.errors import BadInput, Problem
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.recognition import (
    RECOGNITION_REQUEST,
    FinalText,
    FinishRecognition,
    PartialText,
    RecognitionFailed,
    RecognitionRequest,
    StartRecognition,
)
from comps.cores.proto.wire import invalid

#: Partial texts come at most this often, seconds.
_PARTIAL_EVERY_S = 0.3
#: A client that says nothing for so long is gone, seconds.
_SILENT_S = 60.0


class RecognitionSocket:
    """The handler of the route."""

    def __init__(self, engine: AsrEngine) -> None:
        self._engine = engine

    async def serve(self, socket: WebSocket) -> None:
        """One utterance after another until the client leaves. What was at work for it ends with the connection."""
        await socket.accept()
        try:
            while True:
                start = await _receive(socket)
                if not isinstance(start, StartRecognition):
                    raise BadInput("the first message is start", field="type")
                await self._utterance(socket, start)
        except Problem as problem:
            await _send(socket, RecognitionFailed(problem=problem.document()))
            await socket.close()
        except TimeoutError:
            await socket.close()
        except WebSocketDisconnect:
            pass

    async def _utterance(self, socket: WebSocket, start: StartRecognition) -> None:
        async with self._engine.listen(start.language) as recognition:
            transcript: Transcript | Problem | None = None
            partials = _Partials(socket)
            while True:
                message = await _receive(socket)
                if isinstance(message, bytes):
                    transcript = None
                    await partials.tell(await recognition.feed(message))
                elif isinstance(message, StartRecognition):
                    raise BadInput("the utterance has not been finished", field="type")
                else:
                    transcript = transcript or await _result(recognition)
                    if isinstance(message, FinishRecognition):
                        break
        if isinstance(transcript, Problem):
            await _send(socket, RecognitionFailed(problem=transcript.document()))
        else:
            await _send(socket, FinalText(transcript=transcript))


class _Partials:
    """Sends the words so far when they have changed, now and then."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._text = ""
        self._at = anyio.current_time()

    async def tell(self, text: str) -> None:
        now = anyio.current_time()
        if text and text != self._text and now - self._at >= _PARTIAL_EVERY_S:
            self._text, self._at = text, now
            await _send(self._socket, PartialText(text=text))


async def _result(recognition: Recognition) -> Transcript | Problem:
    """The text, or why there is none: silence is no reason to end the connection."""
    try:
        return await recognition.result()
    except BadInput as problem:
        return problem


async def _receive(socket: WebSocket) -> RecognitionRequest | bytes:
    """Raises WebSocketDisconnect, TimeoutError, and BadInput for what is no message of the protocol."""
    with anyio.fail_after(_SILENT_S):
        message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    if message.get("bytes") is not None:
        return bytes(message["bytes"])
    try:
        return RECOGNITION_REQUEST.validate_json(message["text"])
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False, include_context=False)) from None


async def _send(socket: WebSocket, message: BaseModel) -> None:
    await socket.send_text(message.model_dump_json(exclude_none=True))
