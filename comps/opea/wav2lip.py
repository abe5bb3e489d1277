"""OPEA's wav2lip server: sound in, the path of a video on its own disk out."""

from __future__ import annotations

import base64

import httpx

from comps.cores.errors import NodeError, NodeTimeout, NodeUnavailable

_NODE = "wav2lip"


class Wav2LipServer:
    """At ``endpoint`` (``http://host:7860``); asked for whole clips of the one face that it was started with."""

    def __init__(self, endpoint: str, timeout_s: float) -> None:
        self._url = endpoint.rstrip("/")
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._client = httpx.AsyncClient(timeout=self._timeout_s, trust_env=False)

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def ready(self) -> None:
        """Raises NodeUnavailable."""
        await self._asked("GET", "/v1/health")

    async def video_path(self, sound: bytes) -> str:
        """Raises NodeUnavailable, NodeTimeout, NodeError."""
        answer = await self._asked("POST", "/v1/wav2lip", {"audio": base64.b64encode(sound).decode()})
        try:
            path = answer.json()["wav2lip_result"]
        except (ValueError, KeyError, TypeError) as error:
            raise NodeError("answered without a wav2lip_result", node=_NODE) from error
        return str(path)

    async def _asked(self, method: str, path: str, document: dict[str, str] | None = None) -> httpx.Response:
        assert self._client is not None
        try:
            answer = await self._client.request(method, self._url + path, json=document)
        except httpx.TimeoutException as error:
            raise NodeTimeout(f"did not answer within {self._timeout_s:g} s", node=_NODE) from error
        except httpx.HTTPError as error:
            raise NodeUnavailable("cannot be reached", node=_NODE) from error
        if not answer.is_success:
            raise NodeError(f"answered {answer.status_code}", node=_NODE, upstream_status=answer.status_code)
        return answer
