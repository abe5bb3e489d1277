"""The asr microservice: speech in, text out. ``python -m comps.asr.service`` serves it."""

from __future__ import annotations

import time
from functools import partial

from fastapi import Request, Response
from pydantic import Field

from comps.asr import transcription
from comps.asr.engine import ENGINES
from comps.asr.stream import RecognitionSocket
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import as_field
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.mega.streamed import StreamedResponse
from comps.cores.proto.audio_requests import TRANSCRIPTION_RESPONSES, TranscriptionRequest
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.docarray import LLMParamsDoc
from comps.cores.proto.media import Media
from comps.cores.proto.recognition import RecognisedLanguages
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.cores.telemetry import logs

NAME = "opea_service@asr"


class AsrRequest(BaseDoc):
    """A recording in any container and codec that FFmpeg reads."""

    audio: Media = Field(min_length=1)
    language: str | None = None


def build(settings: AsrSettings) -> MicroService:
    """The service, its port bound, not yet serving."""
    engine = ENGINES.create(settings.engine, settings)

    service = registered(
        MicroService(
            name=NAME,
            service_type=ServiceType.ASR,
            endpoint="/v1/asr",
            host=settings.host,
            port=settings.port,
            input_datatype=AsrRequest,
            output_datatype=Transcript,
            description="Speech to text",
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            token=settings.mesh.token.get_secret_value(),
        )
    )

    @service.route(
        service.endpoint,
        response_model=Transcript,
        openapi_extra=openapi_body(AsrRequest, media_types=("audio/*", "video/*")),
    )
    @register_statistics(names=[NAME])
    async def recognise(request: Request) -> Response:
        started = time.perf_counter()
        asked = await read_document(request, AsrRequest, media_field="audio")
        transcript = await engine.transcribe(asked.audio, asked.language)
        statistics_dict[NAME].append_latency(time.perf_counter() - started)
        return render(transcript, request)

    @service.route(
        "/v1/audio/transcriptions",
        response_model=None,
        responses=TRANSCRIPTION_RESPONSES,
        openapi_extra=openapi_body(TranscriptionRequest),
    )
    async def transcriptions(request: Request) -> Response:
        """OpenAI's transcription endpoint, and OPEA 1.1's: ``byte_str`` is answered with a ``query`` for its llm."""
        asked = await read_document(request, TranscriptionRequest)
        if asked.byte_str is not None:
            transcript = await engine.transcribe(asked.byte_str, asked.language)
            return render(LLMParamsDoc(query=transcript.asr_result), request)
        if asked.stream:
            return StreamedResponse(partial(transcription.events, engine, asked))
        with as_field("audio", "file"):
            transcript = await engine.transcribe(
                asked.file or b"", asked.language, timed=transcription.is_timed(asked), hints=transcription.hints(asked)
            )
        return transcription.response(transcript, asked)

    @service.route("/v1/asr/languages", ["GET"], response_model=RecognisedLanguages)
    async def languages() -> RecognisedLanguages:
        """The languages in which speech is understood."""
        return await engine.languages()

    service.app.add_api_websocket_route("/v1/asr/stream", RecognitionSocket(engine).serve)
    service.add_resource(engine)
    return service


def main() -> None:
    logs.configure()
    build(AsrSettings()).start()


if __name__ == "__main__":
    main()
