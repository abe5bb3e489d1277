"""A microservice, here or elsewhere, and the decorator that registers one."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.datastructures import Headers

from comps.cores.common.settings import MeshSettings
from comps.cores.mega.allocator import keep_freed_memory
from comps.cores.mega.authority import parse as parse_authority
from comps.cores.mega.constants import ServiceRoleType, ServiceType
from comps.cores.mega.http_protocol import BoundedHTTP, BoundedWebSocket
from comps.cores.mega.http_service import HTTPService, Resource
from comps.cores.mega.json_route import PlainJSONResponse
from comps.cores.mega.listening import listen
from comps.cores.mega.server import DrainingServer
from comps.cores.mega.turns import Turns
from comps.cores.proto.docarray import TextDoc
from comps.cores.telemetry import tracing
from comps.cores.telemetry.metrics import ServiceMetrics
from comps.opea.batching import Batching

#: Longer than a reverse proxy keeps an idle connection (nginx and AWS's load balancers: 60 s): it meets none just closed.
_KEEPALIVE_S = 75
#: The longest message of a WebSocket, bytes: a picture as base64 fits in.
_MAX_MESSAGE = 16 << 20

F = TypeVar("F", bound=Callable[..., Any])


class MicroService:
    """A service of the mesh. With ``use_remote_service`` only the description of one that runs elsewhere.

    Otherwise the constructor binds the port (RuntimeError when it is taken; port 0 takes a free one; a socket that a supervisor
    bound is taken as it is: ``listening.hand_over``) and ``start()`` serves until ``stop()``; engines and connections open in
    the service's lifespan, not here.

    ``api_key``: ``host`` then carries scheme and port. With ``ssl_keyfile`` and ``ssl_certfile`` it serves TLS. With
    ``dynamic_batching`` what handlers put into ``request_buffer`` is answered together by ``dynamic_batching_infer``. What
    follows is not OPEA's.

    ``map_over``: the node answers each of many requests; up to ``max_parallel`` run at once, and are passed on in order.
    ``streams``: the node answers one request with many items, as server-sent events.
    ``binary``: documents travel to it as MessagePack instead of JSON. ``repeatable``: a request may be asked again, at another
    replica too, since asking twice does no harm; with ``attempt_timeout`` seconds another replica is asked as well when one
    takes longer. ``drain_s``: what requests under way may take to end when the service is told to stop, seconds.
    ``token``: what requests to it must show (``Authorization: Bearer``), and what a megaservice shows it; empty: nothing.
    ``hosts``: names that it answers for beside ``localhost``, ``host`` and all addresses; ``origins``: those of other pages that
    may ask it from a browser. None: those of ``MESH_HOSTS`` and ``MESH_ORIGINS``.
    ``proxies``: addresses and networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    """

    def __init__(
        self,
        name: str = "",
        service_role: ServiceRoleType = ServiceRoleType.MICROSERVICE,
        service_type: ServiceType = ServiceType.LLM,
        protocol: str = "http",
        host: str = "localhost",
        port: int = 8080,
        api_key: str | None = None,
        ssl_keyfile: str | None = None,
        ssl_certfile: str | None = None,
        endpoint: str = "/",
        input_datatype: type[Any] = TextDoc,
        output_datatype: type[Any] = TextDoc,
        provider: str | None = None,
        provider_endpoint: str | None = None,
        use_remote_service: bool = False,
        description: str | None = None,
        dynamic_batching: bool = False,
        dynamic_batching_timeout: float = 1,
        dynamic_batching_max_batch_size: int = 32,
        *,
        map_over: bool = False,
        streams: bool = False,
        max_parallel: int = 4,
        binary: bool = False,
        repeatable: bool = False,
        attempt_timeout: float | None = None,
        max_body: int = 64 << 20,
        timeout: float = 2000.0,
        drain_s: float = 3.0,
        token: str = "",
        hosts: Sequence[str] | None = None,
        origins: Sequence[str] | None = None,
        proxies: Sequence[str] = (),
    ) -> None:
        self.title = name
        self.name = f"{name}/{type(self).__name__}" if name else type(self).__name__
        self.service_role = service_role
        self.service_type = service_type
        self.protocol = protocol
        self.host = host
        self.port = port
        self.api_key = api_key
        self.token = token
        self.endpoint = endpoint
        self.input_datatype = input_datatype
        self.output_datatype = output_datatype
        self.provider = provider
        self.provider_endpoint = provider_endpoint
        self.description = description or "OPEA Microservice Infrastructure"
        self.map_over = map_over
        self.streams = streams
        self.max_parallel = max_parallel
        self.binary = binary
        self.repeatable = repeatable
        self.attempt_timeout = attempt_timeout
        self._replica_urls: tuple[str, ...] = ()
        self.timeout = timeout
        self.use_remote_service = use_remote_service
        self.event_loop: asyncio.AbstractEventLoop | None = None
        if use_remote_service:
            return
        turns = Turns() if service_role is ServiceRoleType.MEGASERVICE else None
        document = getattr(input_datatype, "__name__", "")
        mesh = MeshSettings()
        self._http = HTTPService(
            name,
            self.description,
            max_body=max_body,
            timeout=timeout,
            document=document,
            turns=turns,
            token=token,
            hosts=[*(mesh.hosts if hosts is None else hosts), *filter(parse_authority, [host])],
            origins=mesh.origins if origins is None else origins,
        )
        if dynamic_batching:
            self._batching = Batching(
                dynamic_batching_timeout, dynamic_batching_max_batch_size, lambda: self.dynamic_batching_infer
            )
            self._http.add_resource(self._batching)
        try:
            self._socket = listen(host, port)
        except OSError as error:
            raise RuntimeError(f"port:{port}") from error
        self.port = self._socket.getsockname()[1]
        self.server = DrainingServer(
            uvicorn.Config(
                self._http.app,
                http=BoundedHTTP,
                ws=BoundedWebSocket,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEPALIVE_S,
                ws_max_size=_MAX_MESSAGE,
                # A kilobyte could become a megabyte; and media, most of what is sent, gets no smaller.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=math.ceil(drain_s),
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                ssl_keyfile=ssl_keyfile,
                ssl_certfile=ssl_certfile,
            ),
            self._http.drain,
        )

    @classmethod
    def remote(cls, name: str, url: str | Sequence[str], endpoint: str, **kwargs: Any) -> MicroService:
        """The description of a service at ``url`` (scheme, host and port); of one with replicas, at several: a sequence, or
        commas between them. ``host`` and ``port`` are the first one's.
        """
        urls = [part.strip() for part in url.split(",")] if isinstance(url, str) else list(url)
        parts = urlsplit(urls[0])
        default = 443 if parts.scheme == "https" else 80
        service = cls(
            name=name,
            protocol=parts.scheme,
            host=parts.hostname or "localhost",
            port=parts.port or default,
            endpoint=endpoint,
            use_remote_service=True,
            **kwargs,
        )
        service._replica_urls = tuple(url.rstrip("/") for url in urls)
        return service

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Of all its replicas, as they were named: what stands before a path."""
        if self.api_key:
            return (self.host,)
        return self._replica_urls or (self.base_url,)

    @property
    def app(self) -> FastAPI:
        return self._http.app

    @property
    def base_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}://{host}:{self.port}"

    def endpoint_path(self, model: str | None = None) -> str:
        """Where requests go. With an api_key ``host`` carries scheme and port itself (OPEA's meaning)."""
        if self.api_key:
            return f"{self.host}{self.endpoint}"
        return f"{self.base_url}{self.endpoint}"

    @property
    def metrics(self) -> ServiceMetrics:
        return self._http.metrics

    @property
    def api_key_value(self) -> str | None:
        return self.api_key

    @property
    def buffer_lock(self) -> asyncio.Lock:
        return self._batching.lock

    @property
    def request_buffer(self) -> defaultdict[ServiceType, deque[dict[str, Any]]]:
        """Of each type, ``{"request": …, "response": Future}`` that wait to be answered together."""
        return self._batching.buffer

    async def dynamic_batching_infer(self, service_type: ServiceType, batch: list[dict[str, Any]]) -> list[Any]:
        """The results for a batch, in its order; set or override it."""
        raise NotImplementedError("dynamic_batching_infer is not set")

    def add_startup_event(self, function: Callable[[], Any]) -> None:
        """Call ``function``, a coroutine function too, when the service starts."""
        self._http.add_resource(_StartupEvent(function))

    def add_gate(
        self, admit: Callable[[Headers], str | None], *, sockets: bool, is_open: Callable[[str], bool] | None = None
    ) -> None:
        """Let in whom ``admit`` lets in, as ``Gate`` says."""
        self._http.add_gate(admit, sockets=sockets, is_open=is_open)

    def add_page(self, path: str, policy: str) -> None:
        """Say what the page at ``path`` may load: a link on another site may open it, and what is below has the same policy."""
        self._http.pages[path] = policy

    def add_resource(self, resource: Resource) -> None:
        """Open ``resource`` when the service starts and close it when it stops; more: ``HTTPService.add_resource``."""
        self._http.add_resource(resource)

    def add_route(self, endpoint: str, handler: Callable[..., Any], methods: list[str] | None = None, **options: Any) -> None:
        """Serve ``handler`` at ``endpoint``; ``options`` are FastAPI's."""
        if self.service_role is ServiceRoleType.MEGASERVICE and _is_silent(handler) and "response_model" not in options:
            # There is no model to check the answer with: it is what the last node answered.
            options = {"response_model": None, "response_class": PlainJSONResponse, **options}
        self.app.add_api_route(endpoint, handler, methods=methods or ["POST"], **options)

    def route(self, endpoint: str, methods: list[str] | None = None, **options: Any) -> Callable[[F], F]:
        """``add_route`` as a decorator."""

        def decorate(handler: F) -> F:
            self.add_route(endpoint, handler, methods, **options)
            return handler

        return decorate

    def start(self) -> None:
        """Serve until ``stop`` or SIGTERM. Blocks."""
        self._validate_env()
        if self.service_role is ServiceRoleType.MEGASERVICE:
            keep_freed_memory()
        try:
            with tracing.exporting(self.title), asyncio.Runner(loop_factory=_event_loop) as runner:
                self.event_loop = runner.get_loop()
                runner.run(self.server.serve(sockets=[self._socket]))
        except KeyboardInterrupt:
            logging.getLogger(__name__).info("%s interrupted", self.title)
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Let ``start`` return once requests under way have ended."""
        self._validate_env()
        self.server.should_exit = True

    def _validate_env(self) -> None:
        """Raises RuntimeError for a service that runs elsewhere."""
        if self.use_remote_service:
            raise RuntimeError(f"{self.name} runs elsewhere: it is only described here")


def _is_silent(handler: Callable[..., Any]) -> bool:
    """Whether it does not say what it returns."""
    return inspect.signature(handler).return_annotation in (inspect.Signature.empty, Any, "Any")


class _StartupEvent:
    """A resource that is a function to call at the start."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function

    async def start(self) -> None:
        value = self._function()
        if inspect.isawaitable(value):
            await value

    async def stop(self) -> None:
        """Nothing was opened."""


def _event_loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()


#: The services that this process registered, by name.
opea_microservices: dict[str, MicroService] = {}


def registered(service: MicroService) -> MicroService:
    """``service`` under its name, in the place of any that had it: later uses of ``register_microservice`` add routes to it."""
    opea_microservices[service.title] = service
    return service


def register_microservice(
    name: str = "",
    service_role: ServiceRoleType = ServiceRoleType.MICROSERVICE,
    service_type: ServiceType = ServiceType.UNDEFINED,
    endpoint: str = "/",
    methods: list[str] | None = None,
    route_options: dict[str, Any] | None = None,
    input_datatype: type[Any] = TextDoc,
    output_datatype: type[Any] = TextDoc,
    **kwargs: Any,
) -> Callable[[F], F]:
    """Serve the decorated function at ``endpoint`` of the microservice ``name``.

    The first use of a name constructs the service (and binds its port); later uses add routes to it.
    ``route_options`` are FastAPI's; the other keyword arguments are MicroService's.
    """

    def decorate(function: F) -> F:
        if name not in opea_microservices:
            opea_microservices[name] = MicroService(
                name=name,
                service_role=service_role,
                service_type=service_type,
                endpoint=endpoint,
                input_datatype=input_datatype,
                output_datatype=output_datatype,
                **kwargs,
            )
        opea_microservices[name].add_route(endpoint, function, methods, **(route_options or {}))
        return function

    return decorate
