"""In the place of OPEA's wav2lip server: its route, its request, its answer."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path

from anyio import to_thread
from docarray import BaseDoc
from fastapi import Request
from pydantic import BaseModel, Field

from comps.animation.whole import ClipMaker, ClipRequest
from comps.cores.errors import InsufficientStorage
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto.media import Media
from comps.cores.proto.wire import openapi_body, read_json


class SoundOnly(BaseDoc):
    """A recording of speech; the service's own face speaks it."""

    audio: Media = Field(min_length=1)


class Wav2LipResult(BaseModel):
    """Where the video is."""

    wav2lip_result: str


class StandIn:
    """Clips of the service's own face. ``outfile``: where each is written, whole, over the last one; None: the clips are kept as
    others are, and the path is that at which ``videos`` of this service has it.
    """

    def __init__(self, clips: ClipMaker, videos: str, outfile: Path | None) -> None:
        self._clips = clips
        self._videos = videos
        self._outfile = outfile

    async def video_path(self, sound: bytes) -> str:
        """Raises what making a clip raises, and InsufficientStorage where ``outfile`` cannot be written."""
        request = ClipRequest(byte_str=sound)
        if self._outfile is None:
            return f"{self._videos}/{await self._clips.store(request)}"
        await to_thread.run_sync(_replace, self._outfile, await self._clips.video(request))
        return str(self._outfile)


def _replace(path: Path, data: bytes) -> None:
    """Whoever reads the file meanwhile reads the old one to its end."""
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        new.write_bytes(data)
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise InsufficientStorage(f"the video cannot be written to ANIMATION_OUTFILE: {error.strerror}") from None


def serve(service: MicroService, stand_in: StandIn) -> None:
    """OPEA's ``/v1/wav2lip`` and ``/v1/health``."""

    @service.route("/v1/wav2lip", response_model=Wav2LipResult, openapi_extra=openapi_body(SoundOnly))
    async def wav2lip(request: Request) -> Wav2LipResult:
        """A whole clip of the service's own face; OPEA's clients send the JSON as text."""
        asked = await read_json(request, SoundOnly)
        return Wav2LipResult(wav2lip_result=await stand_in.video_path(asked.audio))

    @service.route("/v1/health", ["GET"])
    async def health() -> None:
        """The process runs."""
