"""OPEA's wav2lip server: sound in, the path of a video on its own disk out."""

from __future__ import annotations

import base64

from comps.cores.errors import NodeError
from comps.cores.mega.client import NodeClient
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.micro_service import MicroService


class Wav2LipServer:
    """At ``endpoint`` (``http://host:7860``); asked for whole clips of the one face that it was started with."""

    def __init__(self, endpoint: str, timeout_s: float) -> None:
        kind = ServiceType.ANIMATION
        self._server = MicroService.remote("wav2lip", endpoint, "/v1/wav2lip", service_type=kind, timeout=timeout_s)
        self._client = NodeClient()

    async def start(self) -> None:
        await self._client.start()

    async def stop(self) -> None:
        await self._client.stop()

    async def ready(self) -> None:
        """Raises NodeUnavailable."""
        await self._client.call(self._server, None, path="/v1/health", method="GET")

    async def video_path(self, sound: bytes) -> str:
        """Raises NodeUnavailable, NodeTimeout, NodeError."""
        answer = await self._client.call(self._server, {"audio": base64.b64encode(sound).decode()})
        if not isinstance(answer, dict) or "wav2lip_result" not in answer:
            raise NodeError("answered without a wav2lip_result", node=self._server.title)
        return str(answer["wav2lip_result"])
