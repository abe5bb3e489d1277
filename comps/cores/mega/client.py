"""Requests from a megaservice to its nodes: one pool of connections, checked status codes, typed errors."""

from __future__ import annotations

import json
import logging
from typing import Any

import anyio
import httpx
from pydantic import BaseModel

from comps.cores.errors import PROBLEM_JSON, NodeError, NodeTimeout, NodeUnavailable, Problem, RelayedProblem
from comps.cores.mega.guard import DEADLINE_HEADER
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto import wire

log = logging.getLogger(__name__)

#: Below uvicorn's 5 s keep-alive, so that a pooled connection is seldom one that the other side has just closed.
_KEEPALIVE_S = 4.0
_CONNECT_S = 3.0


class NodeClient:
    """Calls services of the mesh. ``start`` opens the pool, ``stop`` closes it."""

    def __init__(self, max_connections: int = 256) -> None:
        self._limits = httpx.Limits(max_connections=max_connections, keepalive_expiry=_KEEPALIVE_S)
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        if self._client is None:
            timeout = httpx.Timeout(None, connect=_CONNECT_S)
            self._client = httpx.AsyncClient(limits=self._limits, timeout=timeout, trust_env=False)

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def call(self, service: MicroService, document: Any, *, path: str | None = None, method: str = "POST") -> Any:
        """Send ``document`` (a BaseModel, or plain values) to a node; its answer as plain values, or bytes when it is media.

        Raises RelayedProblem for a fault of the client's request that the node found, NodeUnavailable, NodeTimeout, NodeError.
        """
        body, content_type = _encode(service, document)
        headers = {"Accept": f"{wire.MSGPACK}, {wire.JSON};q=0.9, */*;q=0.1" if service.binary else "application/json, */*;q=0.5"}
        if content_type:
            headers["Content-Type"] = content_type
        if service.api_key:
            headers["Authorization"] = f"Bearer {service.api_key}"
        url = service.endpoint_path() if path is None else service.base_url + path
        remaining = min(service.timeout, anyio.current_effective_deadline() - anyio.current_time())
        headers[DEADLINE_HEADER] = str(max(0, int(remaining * 1000)))
        try:
            with anyio.fail_after(service.timeout):
                response = await self._send(method, url, body, headers)
        except TimeoutError as error:
            raise NodeTimeout(f"did not answer within {service.timeout:g} s", node=service.title) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NodeUnavailable("cannot be reached", node=service.title) from error
        except httpx.HTTPError as error:
            raise NodeUnavailable("broke the connection", node=service.title) from error
        _check(service, response)
        return _decode(service, response)

    async def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """One request; repeated once when a pooled connection turns out to have been closed before it was sent."""
        await self.start()
        assert self._client is not None
        try:
            return await self._client.request(method, url, content=body, headers=headers)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await self._client.request(method, url, content=body, headers=headers)


def _encode(service: MicroService, document: Any) -> tuple[bytes, str]:
    if document is None:
        return b"", ""
    if service.binary:
        return wire.pack(document), wire.MSGPACK
    if isinstance(document, BaseModel):
        return document.model_dump_json(exclude_none=True).encode(), wire.JSON
    return json.dumps(document).encode(), wire.JSON


def _decode(service: MicroService, response: httpx.Response) -> Any:
    content_type = response.headers.get("content-type", "").partition(";")[0]
    if content_type == wire.MSGPACK:
        return wire.unpack(response.content)
    if content_type == wire.JSON:
        try:
            return response.json()
        except ValueError as error:
            raise NodeError("answered with broken JSON", node=service.title) from error
    return response.content


def _check(service: MicroService, response: httpx.Response) -> None:
    """Raise what a status other than 2xx means to the one who asked us."""
    if response.is_success:
        return
    document = _problem_document(response)
    if document is None:
        raise NodeError(f"answered {response.status_code}", node=service.title, upstream_status=response.status_code)
    if _is_of_the_request(response.status_code, document):
        retry = response.headers.get("Retry-After")
        raise RelayedProblem(document, node=service.title, headers={"Retry-After": retry} if retry else None)
    kinds: dict[int, type[NodeError]] = {503: NodeUnavailable, 504: NodeTimeout}
    kind = kinds.get(response.status_code, NodeError)
    problem: Problem = kind(str(document.get("detail", "failed")), node=str(document.get("node", service.title)))
    raise problem


def _is_of_the_request(status: int, document: dict[str, Any]) -> bool:
    """Whether the fault lies in what the client asked, or in how the mesh is put together (a route that is not there)."""
    return status in (403, 413, 415, 422, 429) or (status in (400, 404) and "field" in document)


def _problem_document(response: httpx.Response) -> dict[str, Any] | None:
    if not response.headers.get("content-type", "").startswith(PROBLEM_JSON):
        return None
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) and {"status", "code"} <= document.keys() else None
