"""Where the services of a mesh on this machine listen: settings decide, and every port is bound before anything starts."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from comps.cores.common import settings
from comps.cores.common.settings import ServiceSettings
from comps.cores.mega.listening import listen

LOOPBACK = "127.0.0.1"


class PortError(RuntimeError):
    """A port cannot be had, or a setting of one is wrong. The message names the service, the port and the setting."""


@dataclass(frozen=True)
class Part:
    """One service of the mesh: the module whose ``main`` serves it, and its settings, which say its port."""

    name: str
    module: str
    settings: type[ServiceSettings]

    @property
    def prefix(self) -> str:
        """Of its settings' names in the environment."""
        return str(self.settings.model_config.get("env_prefix", ""))


STAGES = (
    Part("asr", "comps.asr.service", settings.AsrSettings),
    Part("describe", "comps.describe.service", settings.DescribeSettings),
    Part("llm", "comps.llms.service", settings.LlmSettings),
    Part("tts", "comps.tts.service", settings.TtsSettings),
    Part("animation", "comps.animation.service", settings.AnimationSettings),
)
GATEWAY = Part("gateway", "AvatarChatbot.gateway", settings.GatewaySettings)


def bind(gateway_port: int | None) -> dict[Part, socket.socket]:
    """A listening socket for each part: at the port that its setting names, else at its usual port, or a free one where that is
    taken. The gateway gets ``gateway_port``, or what its setting says (None).

    Raises PortError for a port that was asked for and cannot be had; then none is held.
    """
    found: dict[Part, socket.socket] = {}
    try:
        found[GATEWAY] = _bound(GATEWAY, _settings(GATEWAY).port if gateway_port is None else gateway_port)
        chosen = {part: _settings(part) for part in STAGES}
        # Those that were asked for first: a port that is merely usual must not take one of them.
        for part in sorted(STAGES, key=lambda part: not _is_asked_for(chosen[part])):
            port = chosen[part].port
            try:
                found[part] = _bound(part, port, found)
            except PortError:
                if _is_asked_for(chosen[part]):
                    raise
                found[part] = listen(LOOPBACK, 0)
    except BaseException:
        close(found.values())
        raise
    return found


def bind_free(parts: Iterable[Part]) -> dict[Part, socket.socket]:
    """A listening socket at a free port for each of ``parts``."""
    return {part: listen(LOOPBACK, 0) for part in parts}


def close(sockets: Iterable[socket.socket]) -> None:
    for bound in sockets:
        bound.close()


def wrong(error: ValidationError) -> str:
    """What is wrong with settings, without their values."""
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())


def _settings(part: Part) -> ServiceSettings:
    try:
        return part.settings()
    except ValidationError as error:
        raise PortError(f"the settings of {part.name} ({part.prefix}…) are wrong: {wrong(error)}") from None


def _is_asked_for(settings: ServiceSettings) -> bool:
    return "port" in settings.model_fields_set


def _bound(part: Part, port: int, others: dict[Part, socket.socket] | None = None) -> socket.socket:
    try:
        return listen(LOOPBACK, port)
    except OSError as error:
        setting = f"{part.prefix}PORT" + (" (or --port)" if part is GATEWAY else "")
        ours = [other.name for other, bound in (others or {}).items() if bound.getsockname()[1] == port]
        if ours:
            raise PortError(f"port {port} is asked for {ours[0]} and for {part.name}: give {setting} another") from error
        if error.errno == errno.EADDRINUSE:
            why = "another program is listening there; end it, or choose another port"
        else:
            why = f"it cannot be had ({error.strerror})"
        raise PortError(f"port {port} of {part.name}: {why} with {setting}") from error
