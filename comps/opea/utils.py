"""OPEA's helpers (comps 1.5, ``comps.cores.mega.utils``)."""

from __future__ import annotations

import re
import socket
from contextlib import AbstractContextManager
from typing import Any


class ConfigError(Exception):
    """Settings that do not work."""


class SafeContextManager:
    """Closes ``item`` at the end, if it can be closed."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __enter__(self) -> Any:
        return self.item.__enter__() if isinstance(self.item, AbstractContextManager) else self.item

    def __exit__(self, *error: Any) -> None:
        if isinstance(self.item, AbstractContextManager):
            self.item.__exit__(*error)
        elif hasattr(self.item, "close"):
            self.item.close()


def is_port_free(host: str, port: int) -> bool:
    """Whether nobody answers there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) != 0


def check_ports_availability(host: str | list[str], port: int | list[int]) -> bool:
    """Whether nobody answers at any of the ports."""
    hosts = [host] if isinstance(host, str) else host
    ports = [port] if isinstance(port, int) else port
    return all(is_port_free(each, number) for each in hosts for number in ports)


def sanitize_env(value: str | None) -> str | None:
    """The value of an environment variable without a comment or spaces; None for none."""
    cleaned = re.sub(r"\s+#.*$", "", value or "").strip()
    return cleaned or None
