"""The whole mesh on this machine: each service a process with a port of its own, supervised."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import multiprocessing
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr, ValidationError

from AvatarChatbot import avatars
from AvatarChatbot.ports import GATEWAY, LOOPBACK, STAGES, Part, bind_free, wrong
from comps.cores.common.settings import AnimationSettings, GatewaySettings, MeshSettings
from comps.cores.mega.listening import hand_over

log = logging.getLogger(__name__)

_READY_TIMEOUT_S = 60.0
_POLL_S = 0.05
_STOP_GRACE_S = 5.0
#: A service that keeps crashing is started again after 0.5, 1, 2 … at most 10 seconds.
_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 0.5, 10.0


_PRELOAD = ["AvatarChatbot.preload"]


class ServiceFailedError(RuntimeError):
    """A service did not come up."""


class _Service:
    """A part of the mesh and the process that serves it at the moment.

    Its port is bound once, by the supervisor, whose socket every process that serves it gets: nobody else can take it between.
    """

    def __init__(self, part: Part, listening: socket.socket, environment: Mapping[str, str], log_file: Path | None) -> None:
        self.part = part
        self.port = int(listening.getsockname()[1])
        self._listening = listening
        self._environment = {**environment, f"{part.prefix}PORT": str(self.port), f"{part.prefix}HOST": LOOPBACK}
        self._log_file = log_file
        self.process: BaseProcess | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, context: Any, lifeline: Connection) -> None:
        """Raises OSError or EOFError when the process that services are forked from is killed meanwhile."""
        self.process = None
        args = (self.part.module, self._listening, self._environment, self._log_file, lifeline)
        process = context.Process(target=_serve, args=args, name=self.part.name)
        process.start()
        self.process = process

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """While no process serves it, end connections at once rather than let them wait."""
        self._listening.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listening, self._refuse)
        try:
            yield
        finally:
            loop.remove_reader(self._listening)

    def close(self) -> None:
        """Give the port back, as soon as the process that serves it does."""
        self._listening.close()

    def _refuse(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.accept()[0].close()

    @property
    def exit_code(self) -> int | None:
        return self.process.exitcode if self.process is not None else None


class LocalMesh:
    """``async with LocalMesh(...)``: all stages up and ready inside, all ended after.

    ``sockets``: where each part listens (``ports.bind``); without the gateway's there is none. ``log_file`` takes the services'
    logs instead of stderr. Raises ServiceFailedError for settings that are wrong.
    """

    def __init__(
        self,
        *,
        sockets: Mapping[Part, socket.socket] | None = None,
        log_file: Path | None = None,
    ) -> None:
        self._log_file = log_file
        self._token = _mesh_token()
        sockets = bind_free(STAGES) if sockets is None else sockets
        environment = {f"AVATARCHATBOT_{part.name.upper()}_URL": _url(sockets[part]) for part in STAGES}
        # OPEA's requests to the animation service bring no face.
        environment["ANIMATION_DEFAULT_AVATAR"] = str(AnimationSettings().default_avatar or avatars.default_avatar())
        environment["MESH_TOKEN"] = self._token
        self.services = [_Service(part, sockets[part], environment, log_file) for part in STAGES]
        self.gateway: _Service | None = None
        if GATEWAY in sockets:
            self.gateway = _Service(GATEWAY, sockets[GATEWAY], environment, log_file)
            self.services.append(self.gateway)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOAD)
        # Never written to: it breaks when this process ends, however it ends, and with it the services.
        self._lifeline, self._held = self._context.Pipe(duplex=False)
        self._watching: list[asyncio.Task[None]] = []

    def gateway_settings(self) -> GatewaySettings:
        """Settings with which this process can be the gateway of the mesh itself."""
        urls = {f"{part.part.name}_url": part.url for part in self.services if part is not self.gateway}
        return GatewaySettings(**urls, mesh=MeshSettings(token=SecretStr(self._token)))  # type: ignore[arg-type] # addresses

    async def __aenter__(self) -> LocalMesh:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        try:
            _start_forkserver()
            for service in self.services:
                self._start(service)
            async with httpx.AsyncClient(trust_env=False) as client:
                await asyncio.gather(*(self._until_ready(client, service) for service in self.services))
        except BaseException:
            await self._stop()
            raise
        self._watching = [asyncio.create_task(self._keep(service)) for service in self.services]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._stop()

    def _start(self, service: _Service) -> None:
        try:
            service.start(self._context, self._lifeline)
        except (OSError, EOFError) as error:
            raise ServiceFailedError(f"{service.part.name} could not be started ({type(error).__name__}){self._see()}") from error

    async def _until_ready(self, client: httpx.AsyncClient, service: _Service) -> None:
        assert service.process is not None
        reasons = ["it does not answer"]
        # Connections wait for a service that is still starting: that it has ended instead must be seen beside them.
        ready = asyncio.create_task(_ready(client, service.url, reasons))
        ended = asyncio.create_task(_ended(service.process))
        try:
            await asyncio.wait({ready, ended}, timeout=_READY_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if service.exit_code is not None:
                raise ServiceFailedError(f"{service.part.name} ended with exit code {service.exit_code}{self._see()}")
            if not ready.done():
                raise ServiceFailedError(f"{service.part.name} is not ready: {reasons[-1]}{self._see()}")
            ready.result()
        finally:
            for task in (ready, ended):
                task.cancel()
            await asyncio.gather(ready, ended, return_exceptions=True)

    def _see(self) -> str:
        return f" (see {self._log_file})" if self._log_file else ""

    async def _keep(self, service: _Service) -> None:
        """Start a service again whenever it ends."""
        backoff = _FIRST_BACKOFF_S
        while True:
            started = asyncio.get_running_loop().time()
            if service.process is not None:
                await _ended(service.process)
            lived = asyncio.get_running_loop().time() - started
            backoff = _FIRST_BACKOFF_S if lived > _LONGEST_BACKOFF_S else min(backoff * 2, _LONGEST_BACKOFF_S)
            log.warning("%s ended with exit code %s; starting it again in %.1f s", service.part.name, service.exit_code, backoff)
            with service.refusing():
                await asyncio.sleep(backoff)
            try:
                service.start(self._context, self._lifeline)
            except (OSError, EOFError) as error:
                log.warning("%s could not be started: %s", service.part.name, type(error).__name__)

    async def _stop(self) -> None:
        for service in self.services:
            service.close()
        processes = [service.process for service in self.services if service.process is not None]
        for process in processes:
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_GRACE_S):
                for process in processes:
                    await _ended(process)
        except TimeoutError:
            for process in processes:
                process.kill()
        for process in processes:
            process.join()
        self._held.close()
        self._lifeline.close()


def _start_forkserver() -> None:
    """Start the server that forks the services. Ctrl-C in a terminal reaches it too, and its own handler is set only after its
    imports: it is started with the signal blocked, which processes inherit.
    """
    # It unblocks the signal as it starts.
    resource_tracker.ensure_running()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


async def _ready(client: httpx.AsyncClient, url: str, reasons: list[str]) -> None:
    """Wait until the service at ``url`` is ready; add to ``reasons`` why it is not."""
    while True:
        with contextlib.suppress(httpx.HTTPError):
            response = await client.get(f"{url}/health/ready")
            if response.is_success:
                return
            reasons.append(response.text)
        await asyncio.sleep(_POLL_S)


async def _ended(process: BaseProcess) -> None:
    """Wait until ``process`` has ended."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)


def _mesh_token() -> str:
    """What is given; else, where clients need keys, one made for this start: services must not be a way around them."""
    try:
        settings = GatewaySettings()
    except ValidationError as error:
        raise ServiceFailedError(f"the gateway's settings are wrong: {wrong(error)}") from None
    given = settings.mesh.token.get_secret_value()
    has_keys = settings.keys is not None or bool(settings.api_key.get_secret_value())
    return given or (secrets.token_urlsafe(32) if has_keys else "")


def _url(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"


def _serve(
    module: str, listening: socket.socket, environment: dict[str, str], log_file: Path | None, lifeline: Connection
) -> None:
    """The body of a service's process."""
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    # Ctrl-C in a terminal reaches every process of it; the supervisor alone decides when services end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(environment)
    hand_over(listening)
    if log_file is not None:
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(descriptor, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    importlib.import_module(module).main()


def _end_with(lifeline: Connection) -> None:
    """End this process as soon as the supervisor's end of ``lifeline`` is gone."""
    with contextlib.suppress(EOFError):
        lifeline.recv_bytes()
    os.kill(os.getpid(), signal.SIGTERM)
