"""Requests from a megaservice to its nodes: one pool of connections, checked status codes, typed errors, replicas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, TypeGuard

import anyio
import orjson
from opentelemetry.trace import SpanKind
from pydantic import BaseModel
from pydantic_core import from_json

from comps.cores import retry_after
from comps.cores.errors import (
    PROBLEM_JSON,
    KeyRefused,
    ModelNotFound,
    NoAnswer,
    NodeError,
    NodeOverloaded,
    NodeTimeout,
    NodeUnavailable,
    OutOfMemory,
    QuotaUsedUp,
    RelayedProblem,
    ThoughtsOnly,
    ToolCallsOnly,
)
from comps.cores.mega.attempts import Attempts, NotSent
from comps.cores.mega.begun import Begun, begun
from comps.cores.mega.clock import now
from comps.cores.mega.guard import DEADLINE_HEADER
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.outputs import LARGE, JSONText
from comps.cores.mega.replicas import Replica, Replicas, Resolve
from comps.cores.mega.transport import BrokenError, Reply, Transport, UnreachableError
from comps.cores.proto import plain, sse, wire
from comps.cores.telemetry import tracing, turn

#: What a failure of a node's is to its caller, by status; others are NodeError.
_KINDS: dict[int, type[NodeError]] = {503: NodeUnavailable, 504: NodeTimeout}
#: Failures of what is behind a node, which keep their code.
_KNOWN: dict[str, type[NodeError]] = {
    kind.code: kind
    for kind in (NoAnswer, ThoughtsOnly, ToolCallsOnly, KeyRefused, ModelNotFound, QuotaUsedUp, NodeOverloaded, OutOfMemory)
}
_TOO_MANY, _NO_CONTENT = 429, 204
_FAILURES = range(400, 600)
#: A refusal that came without a problem document: not from a service of ours.
_REFUSAL = {"status": _TOO_MANY, "code": "overloaded", "title": "Overloaded", "detail": "is overloaded"}


@dataclass
class ServiceCounts:
    """Of one service: requests made, how many of them again elsewhere, how many are under way."""

    requests: int = 0
    retries: int = 0
    in_flight: int = 0


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    body: Sequence[bytes]
    headers: dict[str, str]


class Relayed:
    """An answer as it comes, in pieces: ``async for piece in relayed``. ``headers`` are the node's."""

    def __init__(self, headers: Mapping[str, str], pieces: AsyncGenerator[bytes, None]) -> None:
        self.headers = headers
        self._pieces = pieces

    def __aiter__(self) -> Relayed:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)


class NodeClient:
    """Calls services of the mesh. ``start`` opens the pool, ``stop`` closes it. ``resolve`` and ``clock`` as for ``Replicas``."""

    def __init__(
        self,
        max_connections: int = 256,
        *,
        resolve: Resolve | None = None,
        clock: Callable[[], float] = now,
    ) -> None:
        self.counts: dict[str, ServiceCounts] = {}
        self._max_connections = max_connections
        self._transport: Transport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._resolve = resolve
        self._clock = clock
        self._replicas: dict[tuple[str, ...], Replicas] = {}
        self._refreshing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the pool. Harmless to repeat; in another event loop a new one is opened, the old one has ended with its loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._transport is not None:
                self._transport.abandon()
            self._loop, self._transport, self._replicas, self._refreshing = loop, None, {}, set()
        if self._transport is None:
            self._transport = Transport(self._max_connections)

    async def stop(self) -> None:
        for task in self._refreshing:
            task.cancel()
        await asyncio.gather(*self._refreshing, return_exceptions=True)
        if self._transport is not None:
            await self._transport.stop()
            self._transport = None

    async def call(
        self,
        service: MicroService,
        document: Any,
        *,
        path: str | None = None,
        method: str = "POST",
        address: str | None = None,
    ) -> Any:
        """Send ``document`` (a BaseModel, or plain values) to a node; its answer as plain values, or bytes when it is media.

        ``address`` asks one replica (of ``addresses``) alone. Raises RelayedProblem for a fault of the client's request that
        the node found, NodeUnavailable, NodeTimeout, NodeError.
        """
        request = self._request(service, document, path, method, wire.MSGPACK if service.binary else wire.JSON)
        return _decode(service, await self._exchange(service, request, address))

    async def forward(self, service: MicroService, document: Any) -> Any:
        """As ``call``; but large JSON is left as it came: another node can be sent it so. ``document`` may be such a text."""
        reply = await self._exchange(service, self._request(service, document, None, "POST", wire.JSON))
        if reply.content_type == wire.JSON and reply.size >= LARGE:
            return JSONText(service.title, reply.pieces)
        return _decode(service, reply)

    @asynccontextmanager
    async def stream(self, service: MicroService, document: Any, *, path: str | None = None) -> AsyncIterator[AsyncIterator[Any]]:
        """The JSON objects of an answer that comes as server-sent events; one that comes whole is the only one.

        A stream is complete with ``[DONE]``, or where one of its objects had a finish reason (OpenAI's chat); else it was cut,
        which raises NodeError. An event that is a problem's document (it has a member ``error``) raises what that means. Leaving
        the context closes the connection. ``service.timeout`` limits the wait for each event.
        """
        request = self._request(service, document, path, "POST", sse.MEDIA_TYPE)

        with self._counting(service) as counts:
            reply, objects = await self._first_answer(service, partial(self._open, service, request), counts)
            with closing(reply):
                async with aclosing(objects):
                    yield objects

    @asynccontextmanager
    async def relay(self, service: MicroService, document: Any, *, path: str | None = None) -> AsyncIterator[Relayed]:
        """The bytes of an answer as they come: of server-sent events one at a time, of anything else what was read at once.

        Raises as ``call`` before the first; NodeUnavailable where the connection breaks, NodeTimeout where the next takes longer
        than ``service.timeout``. Leaving the context, in whichever task, closes the connection.
        """
        request = self._request(service, document, path, "POST", sse.MEDIA_TYPE)

        with self._counting(service) as counts:
            reply = await self._first_answer(service, partial(self._answered, service, request), counts)
            with closing(reply):
                async with aclosing(_pieces(service, reply)) as pieces:
                    yield Relayed(reply.headers, pieces)

    async def addresses(self, service: MicroService) -> list[str]:
        """The base URLs of a service's replicas, those first that can be asked."""
        return [replica.url for replica in (await self._replicas_of(service)).all]

    def ejections(self, service: MicroService) -> int:
        """How often a replica of the service was left alone for a while."""
        replicas = self._replicas.get(service.base_urls)
        return replicas.ejections if replicas else 0

    def _request(self, service: MicroService, document: Any, path: str | None, method: str, accept: str) -> _Request:
        body, content_type = _encode(service, document)
        headers = {"Accept": f"{accept}, {wire.JSON};q=0.9, */*;q=0.1"}
        if content_type:
            headers["Content-Type"] = content_type
        if credential := service.api_key or service.token:
            headers["Authorization"] = f"Bearer {credential}"
        return _Request(method, service.endpoint if path is None else path, body, headers)

    async def _replicas_of(self, service: MicroService) -> Replicas:
        await self.start()
        known = self._replicas.get(service.base_urls)
        if known is None:
            known = self._replicas[service.base_urls] = Replicas(service.base_urls, resolve=self._resolve, clock=self._clock)
            await known.refresh()
        elif known.is_due:
            task = asyncio.ensure_future(known.refresh())
            self._refreshing.add(task)
            task.add_done_callback(self._refreshing.discard)
        return known

    async def _exchange(self, service: MicroService, request: _Request, address: str | None = None) -> Reply:
        """An answer whose status is good, read."""

        async def ask(replica: Replica) -> Reply:
            with closing(await self._send(service, request, replica)) as reply:
                await _read(service, reply)
            _check(service, reply)
            return reply

        with self._counting(service) as counts:
            reply: Reply = await self._first_answer(service, ask, counts, address)
            return reply

    def _counting(self, service: MicroService) -> _Counting:
        return _Counting(self.counts.setdefault(service.title, ServiceCounts()))

    async def _first_answer(
        self,
        service: MicroService,
        ask: Callable[[Replica], Awaitable[Any]],
        counts: ServiceCounts,
        address: str | None = None,
    ) -> Any:
        """What ``ask`` gives of the replica that answers."""
        replicas = await self._replicas_of(service)
        attempts = Attempts(service, replicas.only(address) if address else replicas, ask)
        try:
            if _remaining() <= service.timeout:
                return await attempts.run()
            with anyio.fail_after(service.timeout):
                return await attempts.run()
        except TimeoutError as error:
            raise _too_slow(service) from error
        except NotSent as error:
            raise NodeUnavailable(error.detail, node=error.node) from error
        finally:
            counts.retries += attempts.retries

    async def _open(self, service: MicroService, request: _Request, replica: Replica) -> tuple[Reply, Begun[Any]]:
        """A streamed answer with its first object read: until then it may be asked elsewhere."""
        reply = await self._answered(service, request, replica)
        try:
            return reply, await begun(_objects(service, reply))
        except BaseException:
            reply.close()
            raise

    async def _answered(self, service: MicroService, request: _Request, replica: Replica) -> Reply:
        """An answer whose status is good and whose body has not been read."""
        reply = await self._send(service, request, replica)
        try:
            if not reply.is_success:
                await _read(service, reply)
                _check(service, reply)
        except BaseException:
            reply.close()
            raise
        return reply

    async def _send(self, service: MicroService, request: _Request, replica: Replica) -> Reply:
        assert self._transport is not None
        headers = {**request.headers, DEADLINE_HEADER: str(int(1000 * max(0.0, min(service.timeout, _remaining()))))}
        server_name = None
        if replica.host:
            headers["Host"] = replica.host
            server_name = replica.host.rpartition(":")[0] or replica.host
        url = replica.url + request.path
        with tracing.part(f"ask {service.title}", SpanKind.CLIENT, {"http.request.method": request.method, "url.full": url}):
            headers |= turn.headers() | tracing.headers()
            try:
                return await self._transport.send(
                    request.method, url, request.body, headers, server_name, repeatable=service.repeatable
                )
            except UnreachableError as error:
                raise NotSent("cannot be reached", node=service.title) from error
            except BrokenError as error:
                raise NodeUnavailable("broke the connection", node=service.title) from error


class _Counting:
    """Counts a request while it is under way."""

    def __init__(self, counts: ServiceCounts) -> None:
        self._counts = counts

    def __enter__(self) -> ServiceCounts:
        self._counts.requests += 1
        self._counts.in_flight += 1
        return self._counts

    def __exit__(self, *_: object) -> None:
        self._counts.in_flight -= 1


def _remaining() -> float:
    """Seconds that the caller still waits; minus infinity where it has been cancelled already."""
    return anyio.current_effective_deadline() - now()


def _encode(service: MicroService, document: Any) -> tuple[Sequence[bytes], str]:
    if document is None:
        return (), ""
    if isinstance(document, JSONText):
        return document.pieces, wire.JSON
    try:
        if service.binary:
            return (wire.pack(document),), wire.MSGPACK
        if isinstance(document, BaseModel):
            return (document.model_dump_json(exclude_none=True).encode(),), wire.JSON
        return (orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS),), wire.JSON
    except (TypeError, ValueError, OverflowError):
        # What a megaservice's client sent may be what cannot be sent on: then it is told so.
        plain.check(document.model_dump() if isinstance(document, BaseModel) else document)
        raise


def _decode(service: MicroService, reply: Reply) -> Any:
    if reply.status == _NO_CONTENT:
        return None
    if reply.content_type == wire.MSGPACK:
        return wire.unpack(reply.body)
    if reply.content_type == wire.JSON:
        return _json(service, reply.body)
    return reply.body


async def _read(service: MicroService, reply: Reply) -> None:
    try:
        await reply.read()
    except BrokenError as error:
        raise NodeUnavailable("broke the connection", node=service.title) from error


def _json(service: MicroService, text: str | bytes) -> Any:
    try:
        return from_json(text)
    except ValueError as error:
        raise NodeError("answered with broken JSON", node=service.title) from error


def _event_json(service: MicroService, text: str) -> Any:
    """As ``_json``; halves of surrogate pairs, which a model's server may send in two events, are left for the reader to join."""
    try:
        return from_json(text)
    except ValueError:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NodeError("answered with broken JSON", node=service.title) from error


async def _objects(service: MicroService, reply: Reply) -> AsyncGenerator[Any, None]:
    """The objects of a streamed answer, or the one of a whole one."""
    if reply.content_type != sse.MEDIA_TYPE:
        await _read(service, reply)
        yield _json(service, reply.body)
        return
    finished = False
    async for event in _events(service, reply):
        if event.data.strip() == "[DONE]":
            return
        item = _event_json(service, event.data)
        if isinstance(item, dict) and item.get("error"):
            _raise_event(service, item)
        finished = finished or _has_finished(item)
        yield item
    if not finished:
        raise NodeError("broke off in the middle of its answer", node=service.title)


async def _events(service: MicroService, reply: Reply) -> AsyncGenerator[sse.Event, None]:
    parser = sse.Parser()
    async with aclosing(_read_on(service, reply)) as pieces:
        try:
            async for piece in pieces:
                for event in parser.feed(piece):
                    yield event
        except sse.EventTooLong as error:
            raise NodeError("sent an event that is too long", node=service.title) from error
        except NodeUnavailable:
            # Whether that was the end or came too early is for the reader to know.
            return


async def _read_on(service: MicroService, reply: Reply) -> AsyncGenerator[bytes, None]:
    """A body as it comes. Raises NodeTimeout where the next piece takes too long, NodeUnavailable where the connection breaks."""
    async with aclosing(reply.stream()) as pieces:
        while True:
            try:
                with anyio.fail_after(service.timeout):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise _too_slow(service) from error
            except BrokenError as error:
                raise NodeUnavailable("broke the connection", node=service.title) from error
            yield piece


async def _pieces(service: MicroService, reply: Reply) -> AsyncGenerator[bytes, None]:
    """An answer as it comes; an event that has begun is held until it is whole."""
    cutter = sse.Cutter(is_events=reply.content_type == sse.MEDIA_TYPE)
    async with aclosing(_read_on(service, reply)) as pieces:
        async for piece in pieces:
            for part in cutter.feed(piece):
                yield part
    if rest := cutter.rest():
        yield rest


def _has_finished(item: Any) -> bool:
    choices = item.get("choices") if isinstance(item, dict) else None
    return bool(isinstance(choices, list) and choices and isinstance(choices[0], dict) and choices[0].get("finish_reason"))


def _raise_event(service: MicroService, document: dict[str, Any]) -> NoReturn:
    status = document.get("status")
    if _is_status(status) and "code" in document:
        _raise_problem(service, status, document, None)
    raise NodeError("failed in the middle of its answer", node=service.title)


def _check(service: MicroService, reply: Reply) -> None:
    """Raise what a status other than 2xx means to the one who asked us."""
    if reply.is_success:
        return
    document = _problem_document(reply)
    if document is None:
        if reply.status == _TOO_MANY:
            raise RelayedProblem(_REFUSAL, node=service.title, headers=_wait(reply.headers.get("Retry-After", "1")))
        kind = _KINDS.get(reply.status, NodeError)
        raise kind(f"answered {reply.status}", node=service.title, upstream_status=reply.status)
    _raise_problem(service, reply.status, document, reply.headers.get("Retry-After"))


def _raise_problem(service: MicroService, status: int, document: dict[str, Any], retry: str | None) -> NoReturn:
    if _is_of_the_request(status, document):
        raise RelayedProblem(document, node=service.title, headers=_wait(retry) if retry else None)
    detail, node = str(document.get("detail", "failed")), str(document.get("node", service.title))
    known = _KNOWN.get(str(document["code"]))
    if known is NodeOverloaded:
        raise NodeOverloaded(detail, node=node, retry_after=retry_after.seconds(retry or str(document.get("retry_after", ""))))
    raise (known or _KINDS.get(status, NodeError))(detail, node=node)


def _wait(retry: str) -> dict[str, str]:
    """The header that tells our caller to wait as long as we were told to."""
    return {"Retry-After": retry_after.header(retry_after.seconds(retry))}


def _too_slow(service: MicroService) -> NodeTimeout:
    return NodeTimeout(f"did not answer within {service.timeout:g} s", node=service.title)


def _is_of_the_request(status: int, document: dict[str, Any]) -> bool:
    """Whether the fault lies in what the client asked, or in how the mesh is put together (a route that is not there). A full
    disk keeps its status too: it is no failure of the node.
    """
    return status in (403, 413, 415, 422, 429, 507) or (status in (400, 404) and "field" in document)


def _problem_document(reply: Reply) -> dict[str, Any] | None:
    if reply.content_type != PROBLEM_JSON:
        return None
    try:
        document = from_json(reply.body)
    except ValueError:
        return None
    is_one = isinstance(document, dict) and _is_status(document.get("status")) and "code" in document
    return document if is_one else None


def _is_status(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and value in _FAILURES
