"""The endpoints of OPEA's wav2lip server, so that this service can stand in its place: sound in, the path of a video out."""

from __future__ import annotations

import uuid
from pathlib import Path

from anyio import to_thread
from fastapi import Request, Response
from pydantic import BaseModel, Field

from comps.animation.whole import VIDEOS, ClipMaker, ClipRequest
from comps.cores.errors import InsufficientStorage
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto.media import Media
from comps.cores.proto.wire import openapi_body, read_document, read_json, render


class Wav2LipRequest(BaseModel):
    """A recording of speech. OPEA's animation service sends this as ``text/plain``."""

    audio: Media = Field(min_length=1)


class Wav2LipResult(BaseModel):
    """Where the video is: a path on this service's disk (``ANIMATION_OUTFILE``), or one that it can be fetched from."""

    wav2lip_result: str


def serve_as_wav2lip(service: MicroService, clips: ClipMaker, outfile: Path | None) -> None:
    """Add the routes. ``outfile``: where every video is written, over the last one; None: each is kept as any clip is."""

    @service.route(
        "/v1/wav2lip", response_model=Wav2LipResult, openapi_extra=openapi_body(Wav2LipRequest, media_types=("audio/*",))
    )
    async def wav2lip(request: Request) -> Response:
        """The service's own face speaks the recording."""
        # curl's -d calls every body a form, and OPEA's server reads all of them as JSON.
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            asked = await read_json(request, Wav2LipRequest)
        else:
            asked = await read_document(request, Wav2LipRequest, media_field="audio")
        clip = ClipRequest(byte_str=asked.audio)
        if outfile is None:
            path = f"{VIDEOS}/{await clips.store(clip)}"
        else:
            await to_thread.run_sync(_write, outfile, await clips.video(clip))
            path = str(outfile)
        return render(Wav2LipResult(wav2lip_result=path), request)

    @service.route("/v1/health", ["GET"], response_class=Response)
    async def health() -> Response:
        """200 while the service runs."""
        return Response()


def _write(path: Path, video: bytes) -> None:
    """All of it or nothing: who reads ``path`` meanwhile gets the last one. Raises InsufficientStorage."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(video)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InsufficientStorage("the video cannot be written where ANIMATION_OUTFILE says") from error
