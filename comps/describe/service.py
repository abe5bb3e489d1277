"""The describe microservice: a picture or a clip in, a drafted persona out. ``python -m comps.describe.service`` serves it."""

from __future__ import annotations

import time

from fastapi import Request, Response
from pydantic import AliasChoices, Field

from comps.cores.common.settings import DescribeSettings
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService, registered
from comps.cores.proto.avatar import PersonaDraft
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.face_report import FaceReport
from comps.cores.proto.media import Media
from comps.cores.proto.wire import openapi_body, read_document, render
from comps.cores.telemetry import logs
from comps.describe.engine import ENGINES

NAME = "opea_service@describe"


class DescribeRequest(BaseDoc):
    """A picture or a clip with a face in it; ``file`` is taken as well."""

    media: Media = Field(min_length=1, validation_alias=AliasChoices("media", "file"))


def build(settings: DescribeSettings) -> MicroService:
    """The service, its port bound, not yet serving."""
    engine = ENGINES.create(settings.engine, settings)

    service = registered(
        MicroService(
            name=NAME,
            service_type=ServiceType.LVM,
            endpoint="/v1/describe",
            host=settings.host,
            port=settings.port,
            input_datatype=DescribeRequest,
            output_datatype=PersonaDraft,
            description="A persona from a picture or a clip",
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            token=settings.mesh.token.get_secret_value(),
        )
    )

    @service.route(
        service.endpoint,
        response_model=PersonaDraft,
        openapi_extra=openapi_body(DescribeRequest, media_types=("image/*", "video/*")),
    )
    @register_statistics(names=[NAME])
    async def describe(request: Request) -> Response:
        started = time.perf_counter()
        asked = await read_document(request, DescribeRequest, media_field="media")
        draft = await engine.describe(asked.media)
        statistics_dict[NAME].append_latency(time.perf_counter() - started)
        return render(draft, request)

    @service.route(
        f"{service.endpoint}/check",
        response_model=FaceReport,
        openapi_extra=openapi_body(DescribeRequest, media_types=("image/*", "video/*")),
    )
    async def check(request: Request) -> Response:
        """What will look wrong with a face, and what to change; nothing is kept."""
        asked = await read_document(request, DescribeRequest, media_field="media")
        return render(await engine.check(asked.media), request)

    service.add_resource(engine)
    return service


def main() -> None:
    logs.configure()
    build(DescribeSettings()).start()


if __name__ == "__main__":
    main()
