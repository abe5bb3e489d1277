"""The tts microservice: text in, speech with phoneme and word times out. ``python -m comps.tts.service`` serves it."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import Query, Request, Response
from pydantic import BaseModel

from comps.cores.common.settings import TtsSettings
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.mega.streamed import StreamedResponse
from comps.cores.proto.audio_requests import SPEECH_RESPONSES, AudioSpeechRequest
from comps.cores.proto.avatar import Phoneme, Speech, SpeechRequest, Voice, Word
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media
from comps.cores.proto.negotiate import negotiate
from comps.cores.proto.wire import JSON, MSGPACK, openapi_body, pack, read_document, render
from comps.cores.telemetry import logs
from comps.cores.workers.pool import WorkerPool
from comps.media.audio import wav_bytes
from comps.opea.payloads import sound_document
from comps.tts.audio_speech import spoken
from comps.tts.engine import ENGINES
from comps.tts.ensemble import Ensemble

NAME = "opea_service@tts"
#: Encoding is wanted by OpenAI's clients only; the mesh takes PCM.
_ENCODER_IDLE_S = 60.0


class TtsResult(BaseDoc):
    """OPEA's answer with what we know besides. ``tts_result`` is a WAV file; times in seconds from its first sample."""

    tts_result: Media
    sample_rate: int
    phonemes: list[Phoneme]
    words: list[Word]
    voice: str
    engine: str


class Voices(BaseModel):
    """``chosen``: the voice that the description asked for."""

    voices: list[Voice]
    chosen: str | None = None


class TtsService:
    """The handlers, over the engines."""

    def __init__(self, engines: Ensemble) -> None:
        self._engines = engines
        self._encoder = WorkerPool("comps.tts.encoder:SpeechEncoder", node="tts", idle_s=_ENCODER_IDLE_S)

    async def start(self) -> None:
        await self._engines.start()

    async def stop(self) -> None:
        await self._engines.stop()
        await self._encoder.stop()

    async def ready(self) -> None:
        await self._engines.ready()
        await self._encoder.ready()

    async def speak(self, request: Request) -> Response:
        """A clause as JSON with a WAV file in it (OPEA), or as a ``Speech`` document in MessagePack."""
        asked = await read_document(request, SpeechRequest)
        chosen = negotiate(request.headers.get("accept"), (JSON, MSGPACK))
        speech = await self._timed(asked)
        body = pack(speech) if chosen == MSGPACK else _opea_result(speech).model_dump_json(exclude_none=True).encode()
        return Response(body, headers={"Vary": "Accept"}, media_type=chosen)

    async def audio_speech(self, request: Request) -> Response:
        """OpenAI's text to speech: sound in the format asked for, sent while it is made. OPEA 1.1's ``text`` is answered with a
        ``byte_str``.
        """
        asked = await read_document(request, AudioSpeechRequest)
        if asked.input is not None:
            return StreamedResponse(partial(spoken, self._timed, self._encoder, asked))
        speech = await self._timed(SpeechRequest(text=asked.text or "", voice=asked.voice, speed=asked.speed))
        return render(sound_document(_wav(speech)), request)

    async def voices(self, description: Annotated[str | None, Query(min_length=1, max_length=500)] = None) -> Voices:
        """All voices; with ``description`` (or a name) also the one that it means."""
        chosen = None if description is None else await self._engines.choose_voice(description)
        return Voices(voices=self._engines.voices(), chosen=chosen)

    async def _timed(self, request: SpeechRequest) -> Speech:
        started = time.perf_counter()
        speech = await self._engines.speak(request)
        statistics_dict[NAME].append_latency(time.perf_counter() - started)
        return speech


def _opea_result(speech: Speech) -> TtsResult:
    return TtsResult(tts_result=_wav(speech), **speech.model_dump(exclude={"id", "pcm"}))


def _wav(speech: Speech) -> bytes:
    return wav_bytes(np.frombuffer(speech.pcm, "<i2"), speech.sample_rate)


def build(settings: TtsSettings) -> MicroService:
    """The service, its port bound, not yet serving."""
    handlers = TtsService(Ensemble(ENGINES.create_all(settings.engine, settings), settings))
    service = registered(
        MicroService(
            name=NAME,
            service_type=ServiceType.TTS,
            endpoint="/v1/tts",
            host=settings.host,
            port=settings.port,
            input_datatype=SpeechRequest,
            output_datatype=Speech,
            description="Text to speech",
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            token=settings.mesh.token.get_secret_value(),
        )
    )
    register_statistics(names=[NAME])(handlers.speak)
    service.add_route(service.endpoint, handlers.speak, response_model=TtsResult, openapi_extra=openapi_body(SpeechRequest))
    service.add_route(
        "/v1/audio/speech",
        handlers.audio_speech,
        response_class=Response,
        responses=SPEECH_RESPONSES,
        openapi_extra=openapi_body(AudioSpeechRequest),
    )
    service.add_route("/v1/tts/voices", handlers.voices, ["GET"], response_model=Voices)
    service.add_resource(handlers)
    return service


def main() -> None:
    logs.configure()
    build(TtsSettings()).start()


if __name__ == "__main__":
    main()
