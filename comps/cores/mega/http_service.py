"""The HTTP surface that every service has: health, metrics, statistics, documentation, errors as problem+json."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from comps.cores.errors import HTTPProblem, MalformedBody, Problem
from comps.cores.mega import docs_page
from comps.cores.mega.authority import Origin
from comps.cores.mega.base_statistics import collect_all_statistics
from comps.cores.mega.gate import OPEN, Gate, mesh_only
from comps.cores.mega.guard import Guard, problem_response
from comps.cores.mega.hosts import HostNames, Hosts
from comps.cores.mega.json_route import JSONRoute
from comps.cores.mega.openapi import DocumentedApp
from comps.cores.mega.origins import Origins, parse_origins
from comps.cores.mega.security_headers import SecurityHeaders
from comps.cores.mega.turns import Turns
from comps.cores.proto.wire import invalid
from comps.cores.telemetry.metrics import ServiceMetrics
from comps.opea.metrics import orchestrator_metrics
from comps.version import __version__


def _is_untold(scope: MutableMapping[str, Any]) -> bool:
    """Whether no span is made of a request: of probes; and of a socket, each of whose turns is a trace of its own, unless
    whoever opened it tells one.
    """
    if scope["type"] == "websocket":
        return all(name != b"traceparent" for name, _ in scope["headers"])
    return scope["path"] in OPEN


#: What FastAPI tells OpenTelemetry of requests, where ``telemetry.tracing`` exports: nothing of what they hold.
_TRACES: TelemetryConfig = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": _is_untold,
}


class Resource(Protocol):
    """Something a service opens when it starts and closes when it stops."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


Check = Callable[[], Awaitable[None]]


class _SecuredApp(DocumentedApp):
    """Has ``SecurityHeaders`` around all other middleware, and so on what they answer."""

    def __init__(self, policies: Mapping[str, str], **options: Any) -> None:
        self._policies = policies
        super().__init__(**options)

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack(), policies=self._policies)


class HTTPService:
    """Builds ``app``. Resources are started in order before the first request and stopped in reverse after the last."""

    def __init__(
        self,
        title: str,
        description: str,
        *,
        max_body: int,
        timeout: float,
        document: str = "",
        turns: Turns | None = None,
        token: str = "",
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
    ) -> None:
        """``document`` and ``turns`` as for ``Guard``; ``token``, ``hosts`` and ``origins`` as for ``MicroService``."""
        self.title = title
        self.description = description
        self.metrics = ServiceMetrics()
        self._resources: list[Resource] = []
        self._ready_checks: list[Check] = []
        self._drains: list[Check] = []
        #: Path → the Content-Security-Policy of the page there, and of what it is made of.
        self.pages: dict[str, str] = {}
        self.app = self._create_app(max_body, timeout, document, turns)
        self._add_checks(HostNames(hosts), parse_origins(origins))
        if token:
            self.add_gate(mesh_only(token), sockets=True)

    def add_gate(
        self, admit: Callable[[Headers], str | None], *, sockets: bool, is_open: Callable[[str], bool] | None = None
    ) -> None:
        """Let in whom ``admit`` lets in, as ``Gate`` says."""
        # Before the guard, which reads bodies, and after CORS, whose headers a refusal needs too.
        self.app.user_middleware.insert(-1, Middleware(Gate, admit=admit, sockets=sockets, is_open=is_open))

    def _add_checks(self, names: HostNames, allowed: frozenset[Origin]) -> None:
        """Let browsers ask for nobody but this service's own pages and those of origins that are ``allowed``."""
        for kind, options in (
            (Origins, {"allowed": allowed, "is_page": self.pages.__contains__}),
            (Hosts, {"names": names}),
        ):
            self.app.add_middleware(kind, **options)

    def add_resource(self, resource: Resource) -> None:
        """Start and stop ``resource`` with the service. ``ready``, where it has one, is asked by /health/ready too; ``drain``,
        where it has one, is awaited before connections are closed.
        """
        self._resources.append(resource)
        for name, known in (("ready", self._ready_checks), ("drain", self._drains)):
            if method := getattr(resource, name, None):
                known.append(method)

    async def drain(self) -> None:
        """Let what lives longer than a request end."""
        await asyncio.gather(*(drain() for drain in self._drains))

    def _create_app(self, max_body: int, timeout: float, document: str, turns: Turns | None) -> FastAPI:
        app = _SecuredApp(
            self.pages,
            title=self.title,
            description=self.description,
            version=__version__,
            lifespan=self._lifespan,
            telemetry=_TRACES,
            docs_url=None,
            redoc_url=None,
        )
        app.add_middleware(
            Guard,
            node=self.title,
            metrics=self.metrics,
            max_body=max_body,
            timeout=timeout,
            document=document,
            turns=turns,
        )
        app.router.route_class = JSONRoute
        app.add_exception_handler(Problem, _on_problem)
        app.add_exception_handler(RequestValidationError, _on_invalid)
        app.add_exception_handler(HTTPException, _on_http)
        app.add_api_route("/v1/health_check", self._health_check, methods=["GET"], tags=["health"])
        app.add_api_route("/health", self._live, methods=["GET"], tags=["health"], response_class=Response)
        app.add_api_route("/health/live", self._live, methods=["GET"], tags=["health"], response_class=Response)
        app.add_api_route("/health/ready", self._ready, methods=["GET"], tags=["health"], response_class=Response)
        app.add_api_route("/metrics", self._metrics, methods=["GET"], tags=["operation"], response_class=PlainTextResponse)
        app.add_api_route("/v1/statistics", collect_all_statistics, methods=["GET"], tags=["operation"])
        self.pages[docs_page.PATH] = docs_page.serve(app)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for resource in self._resources:
                await resource.start()
                stack.push_async_callback(resource.stop)
            yield

    async def _health_check(self) -> dict[str, str]:
        return {"Service Title": self.title, "Version": __version__, "Service Description": self.description}

    async def _live(self) -> Response:
        return Response(status_code=200)

    async def _ready(self) -> Response:
        """200 when every engine or service behind this one can serve; else the problem that stands in the way."""
        # All at once: a probe waits for the slowest, not for their sum.
        outcomes = await asyncio.gather(*(check() for check in self._ready_checks), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return Response(status_code=200)

    async def _metrics(self) -> Response:
        """Prometheus's text format: the service's own, and OPEA's of the process's megaservices."""
        own = self.metrics.exposition() + orchestrator_metrics().exposition()
        return Response(own, media_type="text/plain; version=0.0.4; charset=utf-8")


def _respond(problem: Problem) -> Response:
    status, headers, body = problem_response(problem)
    return Response(body, status, {name.decode(): value.decode() for name, value in headers})


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _respond(error)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return _respond(MalformedBody("the body is not valid JSON"))
    return _respond(invalid(error.errors()))


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _respond(HTTPProblem(error.status_code, str(error.detail), headers=dict(error.headers or {})))
