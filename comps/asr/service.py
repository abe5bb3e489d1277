"""The asr microservice: speech in, text out. ``python -m comps.asr.service`` serves it."""

from __future__ import annotations

import time
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field, model_validator

from comps.asr.engine import ENGINES
from comps.asr.stream import RecognitionSocket
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.proto.avatar import Transcript
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.docarray import LLMParamsDoc
from comps.cores.proto.media import Media
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.cores.telemetry import logs

NAME = "opea_service@asr"


class AsrRequest(BaseDoc):
    """A recording in any container and codec that FFmpeg reads."""

    audio: Media = Field(min_length=1)
    language: str | None = None


class TranscriptionRequest(BaseDoc):
    """A recording: ``file`` as OpenAI's clients send it, or ``byte_str`` as OPEA 1.1's do. ``model`` is taken and ignored."""

    file: Media | None = Field(None, min_length=1)
    byte_str: Media | None = Field(None, min_length=1)
    model: str = ""
    language: str | None = None
    response_format: Literal["json", "text", "verbose_json"] = "json"
    timestamp_granularities: list[Literal["word", "segment"]] = Field(default_factory=list, max_length=2)

    @model_validator(mode="after")
    def _has_sound(self) -> TranscriptionRequest:
        if self.file is None and self.byte_str is None:
            raise BadInput("file: Field required", field="file")
        return self


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

    @service.route("/v1/audio/transcriptions", response_model=None, openapi_extra=openapi_body(TranscriptionRequest))
    async def transcriptions(request: Request) -> Response | dict[str, object]:
        """OpenAI's transcription endpoint, and OPEA 1.1's: ``byte_str`` is answered with a ``query`` for its llm."""
        asked = await read_document(request, TranscriptionRequest)
        timed = asked.response_format == "verbose_json" and "word" in asked.timestamp_granularities
        transcript = await engine.transcribe(asked.file or asked.byte_str or b"", asked.language, timed=timed)
        if asked.byte_str is not None:
            return render(LLMParamsDoc(query=transcript.asr_result), request)
        if asked.response_format == "text":
            return PlainTextResponse(transcript.asr_result)
        answer: dict[str, object] = {"text": transcript.asr_result}
        if asked.response_format == "verbose_json":
            answer |= {"task": "transcribe", "language": transcript.language, "duration": transcript.duration_s}
        if timed:
            answer["words"] = [{"word": word, "start": start, "end": end} for start, end, word in transcript.words]
        return answer

    service.app.add_api_websocket_route("/v1/asr/stream", RecognitionSocket(engine).serve)
    service.add_resource(engine)
    return service


def main() -> None:
    logs.configure()
    build(AsrSettings()).start()


if __name__ == "__main__":
    main()
