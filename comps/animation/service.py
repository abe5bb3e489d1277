"""The animation microservice: a face and speech in, video out. ``python -m comps.animation.service`` serves it."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from comps.animation.admission import Admission, Load, Reservation, ReservationRequest
from comps.animation.admitted import AdmittedDrawing
from comps.animation.as_wav2lip import serve_as_wav2lip
from comps.animation.ensemble import Ensemble
from comps.animation.idle import IdleClips, IdleRequest
from comps.animation.telemetry import AdmissionCollector
from comps.animation.whole import VIDEOS, ClipMaker, ClipRequest
from comps.cores.common.settings import AnimationSettings
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.begun import begun
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.proto.avatar import (
    AvatarInfo,
    AvatarRequest,
    Chunk,
    ChunkRequest,
    DrawingWish,
    DrawnBy,
    VideoProfile,
)
from comps.cores.proto.docarray import VideoPath
from comps.cores.proto.negotiate import negotiate
from comps.cores.proto.wire import JSON, openapi_body, read_document, render
from comps.cores.telemetry import audit, logs
from comps.opea.wav2lip import Wav2LipServer

NAME = "opea_service@animation"
_PATH = "/v1/animation"
_MP4 = "video/mp4"
#: Options of routes that answer with one.
_VIDEO: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {_MP4: {}}}}}


def build(settings: AnimationSettings) -> MicroService:
    """The service, its port bound, not yet serving."""
    engine = Ensemble.of(settings)
    admission = Admission(
        settings.workers,
        settings.frame_cost_ms / 1000,
        settings.headroom,
        expected_s=engine.picture_s,
        usual=lambda: engine.pinned(VideoProfile()),
    )
    drawing = AdmittedDrawing(engine, admission)
    clips = ClipMaker(engine, drawing, settings)
    elsewhere = Wav2LipServer(settings.wav2lip_endpoint, settings.timeout_s) if settings.wav2lip_endpoint else None
    idle = IdleClips(engine, drawing, settings)
    service = registered(
        MicroService(
            name=NAME,
            service_type=ServiceType.ANIMATION,
            endpoint=_PATH,
            host=settings.host,
            port=settings.port,
            input_datatype=ClipRequest,
            output_datatype=VideoPath,
            description="A face that speaks",
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            token=settings.mesh.token.get_secret_value(),
        )
    )
    _serve_clips(service, clips, elsewhere)
    serve_as_wav2lip(service, clips, settings.outfile)
    _serve_engines(service, engine)
    _serve_avatars(service, engine)
    _serve_chunks(service, drawing)
    _serve_idle(service, idle)
    _serve_admission(service, admission, engine)
    service.metrics.registry.register(AdmissionCollector(admission))
    for resource in (engine, clips, idle, elsewhere):
        if resource is not None:
            service.add_resource(resource)
    return service


def _serve_clips(service: MicroService, clips: ClipMaker, elsewhere: Wav2LipServer | None) -> None:
    @service.route(_PATH, response_model=VideoPath, openapi_extra=openapi_body(ClipRequest, media_types=("audio/*",)))
    @register_statistics(names=[NAME])
    async def animate(request: Request) -> Response:
        """A whole clip: OPEA's answer in JSON, with the path it can be fetched from, or the MP4 itself as it is drawn."""
        started = time.perf_counter()
        chosen = negotiate(request.headers.get("accept"), (JSON, _MP4))
        asked = await read_document(request, ClipRequest, media_field="byte_str")
        if elsewhere is not None and asked.avatar is None and asked.avatar_id is None:
            negotiate(request.headers.get("accept"), (JSON,))
            made_elsewhere = VideoPath(video_path=await elsewhere.video_path(asked.byte_str))
            statistics_dict[NAME].append_latency(time.perf_counter() - started)
            return render(made_elsewhere, request)
        if chosen == _MP4:
            # Headers wait for the first fragment, so that failures before it keep their status.
            fragments = await begun(clips.fragments(asked))
            statistics_dict[NAME].append_latency(time.perf_counter() - started)
            return StreamingResponse(fragments, media_type=_MP4, headers={"Vary": "Accept"})
        video_id = await clips.store(asked)
        statistics_dict[NAME].append_latency(time.perf_counter() - started)
        return render(VideoPath(id=video_id, video_path=f"{VIDEOS}/{video_id}"), request)

    @service.route(VIDEOS + "/{video_id}", ["GET"], **_VIDEO)
    async def video(video_id: str) -> Response:
        """A finished clip."""
        return Response(await clips.stored(video_id), media_type=_MP4)


def _serve_engines(service: MicroService, engine: Ensemble) -> None:
    @service.route(f"{_PATH}/engines", ["GET"], response_model=DrawnBy)
    async def engines(request: Request, asked: Annotated[DrawingWish, Query()]) -> Response:
        """Who draws a profile that names this engine and this restoration, and who else there is: 422 for what there is not."""
        return render(engine.drawn_by(VideoProfile(**asked.model_dump())), request)


def _serve_avatars(service: MicroService, engine: Ensemble) -> None:
    @service.route(
        f"{_PATH}/avatars",
        response_model=AvatarInfo,
        openapi_extra=openapi_body(AvatarRequest, media_types=("image/*", "video/*")),
    )
    async def register(request: Request) -> Response:
        """Learn a face from a picture or a clip."""
        return render(await engine.register(await read_document(request, AvatarRequest, media_field="media")), request)

    @service.route(_PATH + "/avatars/{avatar_id}", ["GET"], response_model=AvatarInfo)
    async def avatar(avatar_id: str, request: Request) -> Response:
        return render(await engine.info(avatar_id), request)

    @service.route(_PATH + "/avatars/{avatar_id}", ["DELETE"], status_code=204)
    async def forget(avatar_id: str) -> None:
        """Delete the picture and all that was made of it, whoever has it."""
        await engine.forget(avatar_id)
        audit.line("delete", "mesh", f"{_PATH}/avatars/{avatar_id}")


def _serve_chunks(service: MicroService, drawing: AdmittedDrawing) -> None:
    @service.route(f"{_PATH}/chunks", response_model=Chunk, openapi_extra=openapi_body(ChunkRequest))
    async def chunk(request: Request) -> Response:
        """At most 480 ms of an answer's video: a pure function of the request."""
        return render(await drawing.chunk(await read_document(request, ChunkRequest)), request)


def _serve_idle(service: MicroService, idle: IdleClips) -> None:
    @service.route(f"{_PATH}/idle", ["GET"], **_VIDEO)
    async def loop(request: Request, avatar_id: str, asked: Annotated[IdleRequest, Query()]) -> Response:
        """The avatar at rest, as an MP4 that can be played in a loop, as it is drawn."""
        negotiate(request.headers.get("accept"), (_MP4,))
        return StreamingResponse(await begun(idle.fragments(avatar_id, asked)), media_type=_MP4)


def _serve_admission(service: MicroService, admission: Admission, engine: Ensemble) -> None:
    @service.route(f"{_PATH}/load", ["GET"], response_model=Load)
    async def load(request: Request) -> Response:
        """What can be drawn in real time, and what of it is taken."""
        return render(admission.load, request)

    @service.route(
        f"{_PATH}/reservations", response_model=Reservation, status_code=201, openapi_extra=openapi_body(ReservationRequest)
    )
    async def reserve(request: Request) -> Response:
        """A share of the service, for a while: 429 when there is none."""
        asked = await read_document(request, ReservationRequest)
        drawn = engine.pinned(VideoProfile(engine=asked.engine, restore=asked.restore))
        await engine.start_drawer(drawn)
        share = asked.model_copy(update={"engine": drawn.engine, "restore": drawn.restore})
        return render(admission.reserve(share), request, status=201)

    @service.route(_PATH + "/reservations/{key}", ["PUT"], response_model=Reservation)
    async def renew(key: str, request: Request) -> Response:
        """Keep a share for as long again."""
        return render(admission.renew(key), request)

    @service.route(_PATH + "/reservations/{key}", ["DELETE"], status_code=204)
    async def release(key: str) -> None:
        """Give a share back."""
        admission.release(key)


def main() -> None:
    logs.configure()
    build(AnimationSettings()).start()


if __name__ == "__main__":
    main()
